"""Runs dbt from our commands, in a process of its own, so that the warehouse file is closed when it ends."""

import json
import subprocess
import sys
from typing import Any

from insitu.errors import InsituError
from insitu.warehouse.project import Project


def run_dbt(project: Project, *arguments: str, variables: dict[str, Any] | None = None) -> None:
    """Run a dbt command; its output goes where ours goes.

    Raises:
        InsituError: dbt failed; its own output says why.
    """
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments]
    command += ["--project-dir", str(project.directory), "--profiles-dir", str(project.profiles_dir)]
    if project.target:
        command += ["--target", project.target]
    if project.profile:
        command += ["--profile", project.profile]
    if given := {**project.variables, **(variables or {})}:
        command += ["--vars", json.dumps(given)]
    if subprocess.run(command, check=False).returncode != 0:
        raise InsituError(f"`dbt {' '.join(arguments)}` failed; its message is above.")
