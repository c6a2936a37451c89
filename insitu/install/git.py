"""What git says of a project's files."""

from __future__ import annotations

import subprocess
from pathlib import Path


def is_ignored(path: Path) -> bool:
    """Git leaves it out; without git nothing does."""
    try:
        return subprocess.run(["git", "check-ignore", "-q", path], cwd=path.parent, capture_output=True).returncode == 0
    except OSError:
        return False
