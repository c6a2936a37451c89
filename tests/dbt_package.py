"""The dbt package of this repository, as a project has it that installed it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "insitu" / "dbt"


def install(project: Path) -> None:
    """What `dbt deps` leaves in a project that lists the package: the list, and a link where dbt looks."""
    (project / "packages.yml").write_text(f"packages: [{{local: {PACKAGE}}}]\n")
    folder = project / "dbt_packages"
    folder.mkdir(exist_ok=True)
    (folder / "insitu").symlink_to(PACKAGE, target_is_directory=True)


def example_settings(directory: Path) -> dict[str, Any]:
    """Make a project's folder with our package and the example's macros; the example's settings, to be changed."""
    (directory / "models").mkdir(parents=True)
    install(directory)
    shutil.copytree(ROOT / "dbt_project/macros", directory / "macros")
    settings: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project/dbt_project.yml").read_text())
    return settings
