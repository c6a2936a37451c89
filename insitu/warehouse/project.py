"""The dbt project as dbt last saw it: profile, manifest, names of relations, use cases."""

import json
import os
from argparse import Namespace
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from insitu.errors import ConfigurationError
from insitu.quoting import qualified


@dataclass(frozen=True)
class Project:
    """A dbt project on disk.

    Attributes:
        directory: folder of dbt_project.yml.
        profiles_dir: folder of profiles.yml.
        target: name of the profile's target; None for its default.
    """

    directory: Path = Path("dbt_project")
    profiles_dir: Path = Path()
    target: str | None = None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The contents of dbt_project.yml."""
        return _read_yaml(self.directory / "dbt_project.yml")

    @cached_property
    def credentials(self) -> Any:
        """Credentials of the target, rendered and validated by dbt itself."""
        from dbt.config.profile import Profile
        from dbt.config.renderer import ProfileRenderer
        from dbt.flags import set_from_args
        from dbt_common.context import set_invocation_context
        from dbt_common.exceptions import DbtBaseException

        set_invocation_context(os.environ)
        set_from_args(Namespace(), {})
        profiles = _read_yaml(self.profiles_dir / "profiles.yml")
        try:
            profile = Profile.from_raw_profiles(
                profiles, str(self.settings.get("profile")), ProfileRenderer({}), target_override=self.target
            )
        except DbtBaseException as error:
            raise ConfigurationError(f"profiles.yml: {error}") from error
        return profile.credentials

    @property
    def target_path(self) -> Path:
        """dbt's target folder."""
        return Path(os.environ.get("DBT_TARGET_PATH", self.directory / "target"))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest.json of the last command, from dbt's target folder."""
        path = self.target_path / "manifest.json"
        if not path.is_file():
            raise ConfigurationError(
                f"There is no `{path}`: dbt has not run in this project yet. "
                f"Run `dbt build --project-dir {self.directory} --profiles-dir {self.profiles_dir}` first."
            )
        manifest: dict[str, Any] = json.loads(path.read_text())
        return manifest

    @cached_property
    def models(self) -> dict[str, dict[str, Any]]:
        """Manifest nodes of the models, by name."""
        return {n["name"]: n for n in self.manifest["nodes"].values() if n["resource_type"] in ("model", "seed")}

    @property
    def use_cases(self) -> list[str]:
        """The use cases, in the order of the variable `insitu_use_cases`."""
        return list(self.settings.get("vars", {}).get("insitu_use_cases", []))

    def use_case_config(self, use_case: str) -> dict[str, Any]:
        """`meta.ml` of a use case."""
        if use_case not in self.use_cases:
            raise ConfigurationError(
                f"There is no use case `{use_case}` (there are: {', '.join(self.use_cases) or 'none'}). "
                "Use cases are listed in the variable `insitu_use_cases` of dbt_project.yml."
            )
        config: dict[str, Any] = self.node(f"{use_case}__models")["config"]["meta"].get("ml", {})
        return config

    def node(self, name: str) -> dict[str, Any]:
        """Manifest node of a model or seed."""
        if name not in self.models:
            raise ConfigurationError(f"The project has no model `{name}`. Run `dbt parse` if it was just added.")
        return self.models[name]

    def relation(self, name: str) -> str:
        """Quoted `"schema"."table"` of a model."""
        node = self.node(name)
        return qualified(node["schema"], node["alias"])


def _read_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigurationError(f"There is no `{path}`. Run from the root of the project, or set --project-dir.")
    contents: dict[str, Any] = yaml.safe_load(path.read_text()) or {}
    return contents
