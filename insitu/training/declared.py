"""Every check of `meta.ml` that needs no data."""

from __future__ import annotations

from typing import Any

from insitu import config as configuration
from insitu.training import candidates


def check(config: dict[str, Any], use_case: str) -> None:
    """Raises ConfigurationError: with one line per mistake, what was found and what is allowed."""
    candidates.check(configuration.parse(config, use_case), use_case)
