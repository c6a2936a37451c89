"""Insitu: SQL-first, in-warehouse machine learning with dbt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from insitu.api import Insitu

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(project_dir: str | Path | None = None, target: str | None = None) -> Insitu:
    """Open a project for reading, in scripts and notebooks; docs/python.md says what there is.

    Args:
        project_dir: folder of the dbt project, or one below it; by default as the commands find it.
        target: of the profile; by default as the profile says.

    Raises:
        insitu.errors.InsituError: there is no such project, or its warehouse cannot be opened.
    """
    # what it needs takes a second to import: not for `insitu.__version__`
    from insitu.api import Insitu

    return Insitu(project_dir, target)
