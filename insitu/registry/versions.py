"""What a model was made with: library versions and git revision."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import subprocess

# A fitted model depends on these: their versions are part of the training key.
RELEVANT = ("scikit-learn", "numpy", "scipy", "pandas", "skops")
# Only for the candidates that use them.
OPTIONAL = {"lightgbm": "lightgbm", "xgboost": "xgboost-cpu"}
# Libraries whose objects are inside the artifact: loading needs the version that wrote it, in its first two numbers.
CHECKED = ("scikit-learn", "lightgbm", "xgboost-cpu")


def library_versions(*families: str) -> dict[str, str]:
    """Versions of Python and of the libraries that models of these families depend on."""
    names = [*RELEVANT, *(OPTIONAL[family] for family in sorted(set(families)) if family in OPTIONAL)]
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def incompatible(versions: dict[str, str]) -> str | None:
    """Say which library's recorded version cannot be loaded here, or None.

    Patch releases are compatible, others are not.
    """
    for name in CHECKED:
        recorded = versions.get(name)
        if recorded is None:
            continue
        try:
            present = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return f"{name} {recorded}, which is not installed"
        if recorded.split(".")[:2] != present.split(".")[:2]:
            return f"{name} {recorded}, and {present} is installed"
    return None


@functools.cache
def git_revision() -> str:
    """The commit of the working directory, with `+changes` when files differ from it; empty outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10).stdout.strip()
