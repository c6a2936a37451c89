"""Where the running dbt keeps its manifest and compiled SQL."""

from __future__ import annotations

import os
from pathlib import Path


def target_path() -> Path | None:
    """dbt's target folder, while a Python model runs in dbt's own process; None outside of dbt."""
    from dbt.flags import get_flags

    flags = get_flags()
    directory = getattr(flags, "PROJECT_DIR", None)
    if directory is None:
        return None
    return Path(directory) / (getattr(flags, "TARGET_PATH", None) or os.environ.get("DBT_TARGET_PATH") or "target")
