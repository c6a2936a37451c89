"""dbt in our own process: what it keeps of an earlier parse is no reason to fail."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from insitu.errors import ConfigurationError
from insitu.warehouse import Project
from insitu.warehouse.dbt import InProcess


class Runner:
    """Stands for dbt, which parses a sound project, or fails by what it keeps, or always."""

    def __init__(self, is_sound: bool, keeps_what_is_right: bool = False) -> None:
        self.is_sound, self.keeps_what_is_right = is_sound, keeps_what_is_right
        self.commands: list[list[str]] = []

    def invoke(self, arguments: list[str]) -> Any:
        self.commands.append(arguments)
        parses = self.is_sound and (self.keeps_what_is_right or "--no-partial-parse" in arguments)
        return SimpleNamespace(result=Manifest() if parses else None, exception=None)


def in_process(folder: Path, keeps: bool) -> InProcess:
    if keeps:
        (folder / "partial_parse.msgpack").touch()
    return InProcess(Project(folder, folder), target_path=folder)


def test_a_parse_that_fails_by_what_is_kept_is_done_without(tmp_path: Path) -> None:
    runner = Runner(is_sound=True)
    assert isinstance(in_process(tmp_path, keeps=True)._parsed(runner), Manifest)  # type: ignore[arg-type]
    quiet, aloud = runner.commands
    assert quiet[:3] == ["--quiet", "--log-level", "none"], "what fails is said once, by the parse that counts"
    assert aloud[:2] == ["--quiet", "--no-partial-parse"]


def test_what_is_kept_is_used_where_it_will_do(tmp_path: Path) -> None:
    runner = Runner(is_sound=True, keeps_what_is_right=True)
    in_process(tmp_path, keeps=True)._parsed(runner)  # type: ignore[arg-type]
    assert len(runner.commands) == 1


@pytest.mark.parametrize(("keeps", "attempts"), [(True, 2), (False, 1)])
def test_a_project_that_is_wrong_is_refused(tmp_path: Path, keeps: bool, attempts: int) -> None:
    runner = Runner(is_sound=False)
    with pytest.raises(ConfigurationError, match="`dbt parse` failed"):
        in_process(tmp_path, keeps)._parsed(runner)  # type: ignore[arg-type]
    assert len(runner.commands) == attempts
