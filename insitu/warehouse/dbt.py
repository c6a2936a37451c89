"""Runs dbt from our commands: one command in a process of its own, or several in ours that read the project once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from insitu.errors import ConfigurationError, InsituError
from insitu.warehouse.project import Project

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest


def run_dbt(project: Project, *arguments: str, variables: dict[str, Any] | None = None) -> None:
    """Run a dbt command in a process of its own, so that the warehouse file is closed when it ends.

    Its output goes where ours goes.

    Raises:
        InsituError: dbt failed; its own output says why.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments, *_place(project, variables)]
    if subprocess.run(command, check=False).returncode != 0:
        raise InsituError(_failed(arguments))


class InProcess:
    """Runs dbt commands in this process; the project is parsed by the first of them only."""

    def __init__(self, project: Project) -> None:
        self.place = _place(project)
        self.manifest: Manifest | None = None
        self.skipped: list[str] = []  # models and tests that the last command left out, since others failed

    def invoke(self, *arguments: str) -> None:
        """Run a dbt command.

        Raises:
            InsituError: a node or test failed; dbt's own output says which.
            ConfigurationError: dbt could not run at all; it said why.
        """
        from dbt.cli.exceptions import DbtUsageException
        from dbt.cli.main import dbtRunner

        if self.manifest is None:
            self.manifest = self._parsed(dbtRunner())
        outcome = dbtRunner(manifest=self.manifest).invoke([*arguments, *self.place])
        results = getattr(outcome.result, "results", [])
        self.skipped = [result.node.unique_id for result in results if result.status == "skipped"]
        if isinstance(outcome.exception, DbtUsageException):
            raise ConfigurationError(f"`dbt {' '.join(arguments)}`: {outcome.exception}")
        if outcome.exception:
            raise ConfigurationError(_failed(arguments)) from outcome.exception
        if not outcome.success:
            raise InsituError(_failed(arguments))

    def _parsed(self, runner: dbtRunner) -> Manifest:
        from dbt.contracts.graph.manifest import Manifest

        outcome = runner.invoke(["--quiet", "parse", *self.place])
        if not isinstance(outcome.result, Manifest):
            raise ConfigurationError(_failed(("parse",))) from outcome.exception
        return outcome.result

    def close(self) -> None:
        """Close dbt's connections: DuckDB's file has one way of being open in a process."""
        from dbt.adapters.factory import FACTORY

        for adapter in FACTORY.adapters.values():
            adapter.cleanup_connections()
            if hasattr(adapter.connections, "close_all_connections"):
                adapter.connections.close_all_connections()


def _place(project: Project, variables: dict[str, Any] | None = None) -> list[str]:
    """The options by which dbt finds the same project."""
    options = ["--project-dir", str(project.directory), "--profiles-dir", str(project.profiles_dir)]
    if project.target:
        options += ["--target", project.target]
    if project.profile:
        options += ["--profile", project.profile]
    if given := {**project.variables, **(variables or {})}:
        options += ["--vars", json.dumps(given)]
    return options


def _failed(arguments: tuple[str, ...]) -> str:
    return f"`dbt {' '.join(arguments)}` failed; its message is above."
