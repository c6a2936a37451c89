"""Where a dbt project and its profile are, from the folder that a command is run in: as dbt finds them."""

import os
from pathlib import Path

PROJECT_FILE = "dbt_project.yml"
PROFILES_FILE = "profiles.yml"


def project_folder(start: Path) -> Path:
    """The folder of the dbt project: `start` or the nearest above it, else the only one right below.

    Where there is none, or several lie below, `start` itself: what reads it says so.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    below = projects_below(start)
    return below[0] if len(below) == 1 else start


def projects_below(folder: Path) -> list[Path]:
    """The dbt projects that are direct subfolders."""
    return sorted(path.parent for path in folder.glob(f"*/{PROJECT_FILE}"))


def dbts_profiles_folder() -> Path:
    """Where dbt looks for the profile when nobody tells it."""
    here = Path.cwd()
    return here if (here / PROFILES_FILE).is_file() else Path.home() / ".dbt"


def profiles_folder(project: Path) -> Path:
    """dbt's own place; where dbt finds nothing, the folder of the project."""
    usual = dbts_profiles_folder()
    beside = (project / PROFILES_FILE).is_file() and not (usual / PROFILES_FILE).is_file()
    return project if beside else usual


def shown(path: Path) -> str:
    """A path as people would type it here."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def from_environment(name: str) -> Path | None:
    """The folder in an environment variable, if it is set."""
    value = os.environ.get(name)
    return Path(value) if value else None
