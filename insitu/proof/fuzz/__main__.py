"""`python -m insitu.proof.fuzz`."""

from __future__ import annotations

from insitu.proof.fuzz.fuzzer import main

main()
