"""The dbt package of this repository, as a project has it that installed it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "insitu" / "dbt"


def install(project: Path) -> None:
    """What `dbt deps` leaves in a project that lists the package: the list, and a link where dbt looks."""
    (project / "packages.yml").write_text(f"packages: [{{local: {PACKAGE}}}]\n")
    folder = project / "dbt_packages"
    folder.mkdir(exist_ok=True)
    (folder / "insitu").symlink_to(PACKAGE, target_is_directory=True)
