"""Where a project keeps its packages: what it lists, what dbt has installed, and our place among them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from insitu.errors import ConfigurationError
from insitu.install import yaml_lists
from insitu.install.package import NAME, Copy
from insitu.warehouse import Project
from insitu.warehouse.places import PROJECT_FILE, shown

KEY = "packages"
CREATED = "# This file was written by `insitu init`.\n"
# The first that neither dbt nor the project treats as its own: `dbt deps` and `dbt clean` delete whole folders.
PLACES = ("packages/insitu", "dbt_vendored/insitu")


@dataclass(frozen=True)
class Layout:
    """The files of a project that have to do with packages."""

    project: Project

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.directory.resolve()

    @cached_property
    def list_file(self) -> Path:
        """packages.yml, or dependencies.yml where that has the packages."""
        dependencies = self.root / "dependencies.yml"
        there = dependencies.is_file() and yaml_lists.entries(read(dependencies), KEY)
        return dependencies if there else self.root / "packages.yml"

    @property
    def lock_file(self) -> Path:
        """What `dbt deps` installs exactly; it is not in every project."""
        return self.root / "package-lock.yml"

    @cached_property
    def listed(self) -> list[Any]:
        """The packages that the project lists."""
        return yaml_lists.entries(read(self.list_file), KEY)

    @cached_property
    def install_folder(self) -> Path:
        """dbt's folder of installed packages."""
        return self.root / str(self.project.dbt_project.packages_install_path)

    @property
    def installed(self) -> Path:
        """Where dbt finds our package, by the name that `dbt deps` gives it."""
        return self.install_folder / NAME

    @property
    def others_are_missing(self) -> bool:
        """The project has other packages, and they are not installed."""
        expected = yaml_lists.entries(read(self.lock_file), KEY) or self.listed
        others = [entry for entry in expected if entry != self.entry and entry != self.locked_entry]
        folders = [f for f in self.install_folder.glob("*") if f.is_dir() and not f.name.startswith("__")]
        return len([folder for folder in folders if folder.name != NAME]) < len(others)

    @cached_property
    def place(self) -> str | None:
        """The path, as it is listed, of the package in this project; None if it is not listed."""
        for entry in self.listed:
            path = entry.get("local") if isinstance(entry, dict) else None
            if isinstance(path, str) and (path in PLACES or _package_name(self.root / path) == NAME):
                return path
        return None

    @property
    def entry(self) -> dict[str, str]:
        """The entry in the list of packages."""
        return {"local": self.place or self.free_place}

    @property
    def locked_entry(self) -> dict[str, str]:
        """The entry in dbt's lock file."""
        return {**self.entry, "name": NAME}

    @property
    def copy(self) -> Copy:
        """The package in the project, there or not."""
        return Copy(self.root / self.entry["local"])

    @cached_property
    def free_place(self) -> str:
        """Where the package goes in a project that has none.

        Raises:
            ConfigurationError: each place lies in a folder that dbt deletes, or reads as the project's own.
        """
        found = self.project.dbt_project
        taken = {str(found.packages_install_path): "packages-install-path", str(found.target_path): "target-path"}
        taken |= {str(path): "clean-targets" for path in found.clean_targets}
        for kind in ("model", "macro", "seed", "test", "analysis", "snapshot"):
            taken |= {str(path): f"{kind}-paths" for path in getattr(found, f"{kind}_paths")}
        for place in PLACES:
            if not any(self._lies_in(place, folder) for folder in taken):
                return place
        raise ConfigurationError(
            f"There is no place for the package: `{PLACES[0]}` and `{PLACES[1]}` lie in folders that dbt deletes or "
            f"reads as this project's own ({', '.join(f'{setting}: {path}' for path, setting in taken.items())}). "
            f"Narrow those in `{shown(self.root / PROJECT_FILE)}`."
        )

    def _lies_in(self, place: str, folder: str) -> bool:
        path, above = Path(os.path.normpath(self.root / place)), Path(os.path.normpath(self.root / folder))
        return path.is_relative_to(above) or above.is_relative_to(path)


def read(path: Path) -> str:
    """The text of a file, its ends of lines as they are; empty for a file that is not there."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _package_name(folder: Path) -> str | None:
    path = folder / PROJECT_FILE
    try:
        loaded = yaml.safe_load(path.read_text()) if path.is_file() else None
    except yaml.YAMLError:
        return None
    return loaded.get("name") if isinstance(loaded, dict) else None


def relative(path: Path, root: Path) -> str:
    """A path as the project's files have it."""
    return PurePosixPath(os.path.relpath(path, root)).as_posix()
