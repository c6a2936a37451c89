"""The dbt package of this repository, as a project has it that installed it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "insitu" / "dbt"


def install(project: Path) -> None:
    """Put a link to the package where dbt looks for installed packages."""
    folder = project / "dbt_packages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "insitu").symlink_to(PACKAGE, target_is_directory=True)
