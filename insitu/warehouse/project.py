"""The dbt project as dbt last saw it: profile, manifest, names of relations, use cases."""

from __future__ import annotations

import json
import os
import shlex
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from insitu.errors import ConfigurationError
from insitu.quoting import qualified
from insitu.warehouse import places

USE_CASES = "insitu_use_cases"
PACKAGE = "insitu"


@dataclass(frozen=True)
class Project:
    """A dbt project on disk.

    Attributes:
        directory: folder of dbt_project.yml.
        profiles_dir: folder of profiles.yml.
        target: name of the profile's target; None for its default.
        profile: name of the profile; None for what dbt_project.yml says.
        variables: as `dbt --vars` would have them.
    """

    directory: Path
    profiles_dir: Path
    target: str | None = None
    profile: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @classmethod
    def find(
        cls,
        project_dir: Path | None = None,
        profiles_dir: Path | None = None,
        target: str | None = None,
        profile: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Project:
        """The project as told, else as the environment says (`DBT_PROJECT_DIR` …), else as dbt would find it here."""
        directory = project_dir or places.from_environment("DBT_PROJECT_DIR") or places.project_folder(Path.cwd())
        return cls(
            directory,
            profiles_dir or places.from_environment("DBT_PROFILES_DIR") or places.profiles_folder(directory),
            target or os.environ.get("DBT_TARGET") or None,
            profile or os.environ.get("DBT_PROFILE") or None,
            variables or {},
        )

    def command(self, text: str) -> str:
        """A dbt command with the options that it needs, run from here, to mean this project."""
        options = []
        if not _same(_dbts_project_folder(), self.directory):
            options += ["--project-dir", places.shown(self.directory)]
        if not _same(places.from_environment("DBT_PROFILES_DIR") or places.dbts_profiles_folder(), self.profiles_dir):
            options += ["--profiles-dir", places.shown(self.profiles_dir)]
        if self.target and self.target != os.environ.get("DBT_TARGET"):
            options += ["--target", self.target]
        return f"{text} {shlex.join(options)}".rstrip()

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The contents of dbt_project.yml, unrendered."""
        path = self.directory / places.PROJECT_FILE
        if not path.is_file():
            below = [places.shown(folder) for folder in places.projects_below(self.directory)]
            hint = f"; several lie below ({', '.join(below)})" if below else ", nor in a folder above"
            raise ConfigurationError(
                f"There is no `{places.shown(path)}`{hint}. Run in the folder of a dbt project, or set --project-dir "
                "or DBT_PROJECT_DIR."
            )
        return _read_yaml(path)

    @cached_property
    def dbt_profile(self) -> Any:
        """The profile, its target chosen, rendered and validated by dbt itself."""
        from dbt.config.profile import Profile
        from dbt.config.renderer import ProfileRenderer
        from dbt_common.exceptions import DbtBaseException

        _prepare_dbt()
        name = self.profile or self.settings.get("profile")
        path = self.profiles_dir / places.PROFILES_FILE
        if name is None:
            raise ConfigurationError(
                f"`{places.shown(self.directory / places.PROJECT_FILE)}` names no profile. Add `profile: <name>`."
            )
        if not path.is_file():
            raise ConfigurationError(
                f"There is no `{places.shown(path)}` with the profile `{name}`. Write one, or set --profiles-dir or "
                "DBT_PROFILES_DIR."
            )
        try:
            renderer = ProfileRenderer(dict(self.variables))
            return Profile.from_raw_profiles(
                _read_yaml(path), str(renderer.render_value(name)), renderer, target_override=self.target
            )
        except DbtBaseException as error:
            raise ConfigurationError(f"profiles.yml: {error}") from error

    @property
    def credentials(self) -> Any:
        """Credentials of the target."""
        return self.dbt_profile.credentials

    @property
    def dialect(self) -> str:
        """That of the warehouse's SQL, as sqlglot calls it."""
        return "duckdb" if self.credentials.type == "duckdb" else "postgres"

    @cached_property
    def dbt_project(self) -> Any:
        """dbt_project.yml and packages.yml, rendered and validated by dbt itself."""
        from dbt.config.project import Project as DbtProject
        from dbt.config.renderer import DbtProjectYamlRenderer
        from dbt_common.exceptions import DbtBaseException

        self.settings  # noqa: B018  # says it if there is none
        try:
            profile = self.dbt_profile
        except ConfigurationError:
            profile = None  # only a project that asks for its target needs one
            _prepare_dbt()
        try:
            renderer = DbtProjectYamlRenderer(profile, dict(self.variables))
            return DbtProject.from_project_root(str(self.directory.resolve()), renderer, verify_version=False)
        except DbtBaseException as error:
            raise ConfigurationError(f"{places.shown(self.directory)}: {error}") from error

    def variable(self, name: str, default: Any = None, package: str = PACKAGE) -> Any:
        """A variable as dbt gives it to the nodes and macros of a package, however it is written."""
        if name in self.variables:
            return self.variables[name]
        return self.dbt_project.vars.vars_for(Namespace(package_name=package), "").get(name, default)

    @property
    def target_path(self) -> Path:
        """dbt's target folder."""
        told = os.environ.get("DBT_TARGET_PATH")
        if told or not (self.directory / places.PROJECT_FILE).is_file():
            return self.directory / (told or "target")
        written = str(self.settings.get("target-path") or "target")
        return self.directory / (self.dbt_project.target_path if "{{" in written else written)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest.json of the last command, from dbt's target folder."""
        path = self.target_path / "manifest.json"
        if not path.is_file():
            self.settings  # noqa: B018  # says it if there is no project at all
            raise ConfigurationError(
                f"There is no `{places.shown(path)}`: dbt has not run in this project yet. "
                f"Run `{self.command('dbt build')}` first."
            )
        manifest: dict[str, Any] = json.loads(path.read_text())
        return manifest

    @cached_property
    def models(self) -> dict[str, dict[str, Any]]:
        """Manifest nodes of the models and seeds, by name; the project's own before those of its packages."""
        nodes = [n for n in self.manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
        own = self.manifest.get("metadata", {}).get("project_name")
        return {n["name"]: n for n in sorted(nodes, key=lambda node: node.get("package_name") == own)}

    @property
    def declared_use_cases(self) -> dict[str, dict[str, Any]]:
        """`meta.ml` of every model `<use case>__models`, by use case."""
        return {
            name.removesuffix("__models"): node["config"]["meta"]["ml"]
            for name, node in self.models.items()
            if name.endswith("__models") and "ml" in (node["config"].get("meta") or {})
        }

    @property
    def listed_use_cases(self) -> list[str]:
        """What the variable `insitu_use_cases` lists: the use cases that the models over all of them cover."""
        listed = self.variable(USE_CASES) or self.variable(USE_CASES, package=str(self.settings.get("name"))) or []
        if not isinstance(listed, list | tuple):
            raise ConfigurationError(
                f"The variable `{USE_CASES}` is `{listed}`; expected a list such as [churn], in the reports' order."
            )
        return [str(name) for name in listed]

    @property
    def use_cases(self) -> list[str]:
        """The use cases that there are models of, in the order of the variable; others after them."""
        declared, listed = self.declared_use_cases, self.listed_use_cases
        return [name for name in listed if name in declared] + sorted(declared.keys() - set(listed))

    def use_case_config(self, use_case: str) -> dict[str, Any]:
        """`meta.ml` of a use case."""
        declared = self.declared_use_cases
        if use_case not in declared:
            raise ConfigurationError(
                f"There is no use case `{use_case}` (there are: {', '.join(self.use_cases) or 'none'}): no model "
                f"`{use_case}__models` with `meta.ml`. `insitu new {use_case}` makes one; after a change run "
                f"`{self.command('dbt parse')}`."
            )
        return declared[use_case]

    def node(self, name: str) -> dict[str, Any]:
        """Manifest node of a model or seed."""
        if name not in self.models:
            raise ConfigurationError(f"The project has no model `{name}`. Run `dbt parse` if it was just added.")
        return self.models[name]

    def relation(self, name: str) -> str:
        """Quoted `"schema"."table"` of a model."""
        node = self.node(name)
        return qualified(node["schema"], node["alias"])


def _prepare_dbt() -> None:
    """What dbt's own functions expect to be set before they are called."""
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context

    set_invocation_context(os.environ)
    set_from_args(Namespace(), {})


def _dbts_project_folder() -> Path:
    here = Path.cwd()
    above = (folder for folder in (here, *here.parents) if (folder / places.PROJECT_FILE).is_file())
    return places.from_environment("DBT_PROJECT_DIR") or next(above, here)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        contents = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigurationError(f"`{places.shown(path)}` is no YAML: {error}") from error
    if contents is not None and not isinstance(contents, dict):
        raise ConfigurationError(f"`{places.shown(path)}` is no mapping; expected `key: value` lines.")
    return contents or {}
