"""Runs command lines in processes of their own, forked from one that has dbt and scikit-learn loaded already.

Importing them takes longer than most commands here; exit codes and output are those of a shell.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import dbt.adapters.duckdb  # noqa: F401
from dbt.cli.main import cli as dbt_cli

import insitu.cli
import insitu.nodes
import insitu.serving.http.app

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `dbt …` or `insitu …` in a folder; stdout holds both streams."""
    with tempfile.NamedTemporaryFile("r", prefix="insitu-e2e-") as output:
        process = start(command, folder, environment, output.name)
        process.join()
        return subprocess.CompletedProcess(command, process.exitcode or 0, output.read())


def start(
    command: list[str], folder: Path, environment: Mapping[str, str], output: str
) -> multiprocessing.context.ForkServerProcess:
    """Start one, which writes both streams to a file. Another than `dbt` or `insitu` is the `main` of a module."""
    process = _context.Process(target=_run, args=(command, str(folder), dict(environment), output))
    process.start()
    return process


def _run(command: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = command
    try:
        main = {"dbt": dbt_cli, "insitu": insitu.cli.main}.get(command[0])
        (main or importlib.import_module(command[0]).main)()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out; dbt-duckdb closes the warehouse in one
