"""Runs dbt from our commands: several in one process, which read the project once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insitu.errors import ConfigurationError, InsituError
from insitu.warehouse.project import Project

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest


class InProcess:
    """Runs dbt commands in this process; the project is parsed by the first of them only.

    Args:
        at_run: variables that the commands are given and parsing is not: another time makes dbt read the whole project
            again, though nothing that is read then depends on it.
        target_path: a folder of its own for what dbt writes; the project's by default.
    """

    def __init__(
        self, project: Project, at_run: Mapping[str, Any] | None = None, target_path: Path | None = None
    ) -> None:
        self.kept_parse = (target_path or project.target_path) / "partial_parse.msgpack"
        self.folder = ["--target-path", str(target_path.resolve())] if target_path else []
        self.written = ["--no-write-json"] if target_path else []  # nobody reads a manifest that is there
        kept = {name: value for name, value in project.variables.items() if name not in (at_run or {})}
        self.project = project
        self.parsed_with = [*_place(project, kept), *self.folder]
        self.variables = {**kept, **(at_run or {})}
        self.kept: Manifest | None = None
        self.skipped: list[str] = []  # models and tests that the last command left out, since others failed
        self.failed: list[str] = []  # those that failed

    @property
    def manifest(self) -> Manifest:
        """The project, parsed when it is first asked for."""
        if self.kept is None:
            from dbt.cli.main import dbtRunner

            _check_not_held(self.project)
            self.kept = self._parsed(dbtRunner())
        return self.kept

    def at(self, variables: Mapping[str, Any]) -> InProcess:
        """The same project, not parsed again, with other variables at run."""
        self.manifest  # noqa: B018  # parsed once for both
        other = copy(self)
        other.variables = {**self.variables, **variables}
        return other

    def invoke(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> list[Any]:
        """Run a dbt command and return its results, one for each node.

        Args:
            variables: for this command, besides.

        Raises:
            InsituError: a node or test failed; dbt's own output says which.
            ConfigurationError: dbt could not run at all; it said why.
        """
        from dbt.cli.exceptions import DbtUsageException
        from dbt.cli.main import dbtRunner

        place = [*_place(self.project, {**self.variables, **(variables or {})}), *self.folder]
        outcome = dbtRunner(manifest=self.manifest).invoke([*arguments, *place])
        results = list(getattr(outcome.result, "results", []))
        self.skipped = [result.node.unique_id for result in results if result.status == "skipped"]
        self.failed = [result.node.unique_id for result in results if result.status in ("error", "fail")]
        if isinstance(outcome.exception, DbtUsageException):
            raise ConfigurationError(f"`dbt {' '.join(arguments)}`: {outcome.exception}")
        if outcome.exception:
            raise ConfigurationError(_failed(arguments)) from outcome.exception
        if not outcome.success:
            raise InsituError(_failed(arguments))
        return results

    def stopped_by(self, node: str) -> list[str]:
        """Names of what failed in the last command before a node: of models that it reads, and of tests on them."""
        assert self.manifest is not None
        known = self.manifest.nodes
        pending, before = [node], set[str]()
        while pending:
            key = pending.pop()
            if key not in before:
                before.add(key)
                pending += known[key].depends_on_nodes if key in known else []  # not of a source
        return [
            known[failed].name
            for failed in self.failed
            if failed in before or (failed.startswith("test.") and before & set(known[failed].depends_on_nodes))
        ]

    def models_not_built_in_full(self) -> list[str]:
        """Selectors of the models whose SQL of a full build the commands so far have not compiled."""
        nodes = self.manifest.nodes.values() if self.manifest else []
        models = [node for node in nodes if node.resource_type == "model"]
        return [
            "fqn:" + ".".join(model.fqn)
            for model in models
            if model.config.materialized == "incremental" or not model.compiled
        ]

    def _parsed(self, runner: dbtRunner) -> Manifest:
        from dbt.contracts.graph.manifest import Manifest

        # By what dbt keeps of an earlier parse, it may fail where the project itself is sound: then without, aloud.
        attempts = [["--log-level", "none"], ["--no-partial-parse"]] if self.kept_parse.exists() else [[]]
        for options in attempts:
            outcome = runner.invoke(["--quiet", *options, *self.written, "parse", *self.parsed_with])
            if isinstance(outcome.result, Manifest):
                return outcome.result
        raise ConfigurationError(_failed(("parse",))) from outcome.exception

    def close(self) -> None:
        """Close dbt's connections: DuckDB's file has one way of being open in a process."""
        from dbt.adapters.factory import FACTORY

        for adapter in FACTORY.adapters.values():
            adapter.cleanup_connections()
            if hasattr(adapter.connections, "close_all_connections"):
                adapter.connections.close_all_connections()


def _check_not_held(project: Project) -> None:
    """Raises ConfigurationError where another process holds the warehouse's file: dbt ends in a traceback."""
    credentials = project.credentials
    if credentials.type == "duckdb" and Path(credentials.path).is_file():
        from insitu.warehouse.duckdb import open_file

        open_file(credentials.path).close()


def _place(project: Project, variables: Mapping[str, Any]) -> list[str]:
    """The options by which dbt finds the same project, with these variables."""
    options = ["--project-dir", str(project.directory), "--profiles-dir", str(project.profiles_dir)]
    if project.target:
        options += ["--target", project.target]
    if project.profile:
        options += ["--profile", project.profile]
    if variables:
        options += ["--vars", json.dumps(dict(variables))]
    return options


def _failed(arguments: tuple[str, ...]) -> str:
    return f"`dbt {' '.join(arguments)}` failed; its message is above."
