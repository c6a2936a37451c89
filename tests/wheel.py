"""The wheel of this repository, built without the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SOURCES = ("insitu", "scoring", "pyproject.toml", "setup.py", "README.md")


def build(folder: Path) -> Path:
    """The wheel, built in a folder from a copy of the sources."""
    for name in SOURCES:
        source, copy = REPOSITORY / name, folder / "source" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run(command, check=True)
    [wheel] = folder.glob("*.whl")
    return wheel
