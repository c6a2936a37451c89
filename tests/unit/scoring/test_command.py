"""`insitu score run`, and `python -m scoring run` in this repository: the same command, the same moment for dbt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from insitu.cli import cli, run_command
from insitu.commands import score
from insitu.errors import ConfigurationError
from insitu.scoring import batch
from insitu.warehouse import Project

REPOSITORY = Path(__file__).parents[3]
PUBLISHED = ("scored_features", "policies", "decisions", "predictions_latest")


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command hands to dbt and to the scorer."""
    seen: dict[str, Any] = {}

    def use_case_config(project: Project, use_case: str) -> dict[str, Any]:
        if use_case == "unknown":
            raise ConfigurationError("there is no use case `unknown`; expected another")
        return {}

    def run_dbt(project: Project, *arguments: str, variables: dict[str, Any]) -> None:
        seen.update(project=project, variables=variables)
        seen.setdefault("steps", []).append(arguments)

    def score_batch(project: Project, use_case: str, as_of: str | None) -> batch.Scored:
        seen.update(scored=as_of)
        seen.setdefault("steps", []).append("score")
        return batch.Scored(use_case, str(as_of), 1234)

    monkeypatch.setattr(Project, "use_case_config", use_case_config)
    monkeypatch.setattr(score, "run_dbt", run_dbt)
    monkeypatch.setattr(batch, "score_batch", score_batch)
    return seen


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["insitu", *arguments])
    return run_command(cli)


def test_an_offset_is_converted_for_dbt_and_for_the_scorer(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("score", "run", "flight_delay", "--as-of", "2013-11-02T06:00:00+02:00", "--vars", "{raw: landing}")
    assert run(monkeypatch, *given) == 0
    assert handed_on["variables"] == {"raw": "landing", "insitu_as_of": "2013-11-02 04:00:00"}
    assert handed_on["scored"] == "2013-11-02 04:00:00"


@pytest.mark.parametrize("written", ["2013-11-02T06:00:00+02:00", "'2013-11-02 04:00:00'", "2013-11-02 04:00:00"])
def test_a_moment_among_the_variables_too(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    assert run(monkeypatch, "score", "run", "flight_delay", "--vars", f"{{insitu_as_of: {written}}}") == 0
    assert handed_on["variables"] == {"insitu_as_of": "2013-11-02 04:00:00"}
    assert handed_on["scored"] == "2013-11-02 04:00:00"


def test_what_is_due_is_built_first_and_what_analysts_read_afterwards(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "score", "run", "late", "--as-of", "2013-11-02") == 0
    assert handed_on["steps"] == [
        ("--quiet", "run", "--select", "+late__scoring_set", "late__due", "late__champion"),
        "score",
        ("--quiet", "run", "--select", *(f"late__{name}" for name in PUBLISHED)),
    ]
    assert capsys.readouterr().out == "late: 1,234 new predictions for 2013-11-02 00:00:00\n"


def test_nothing_is_built_unless_wanted(handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "score", "run", "flight_delay", "--no-refresh") == 0
    # the time that was built, whatever it is
    assert handed_on == {"scored": None, "steps": ["score"]}


def test_nothing_is_built_for_a_use_case_that_is_not_there(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "score", "run", "unknown", "--as-of", "2013-11-02") == 2
    assert not handed_on and "there is no use case `unknown`" in capsys.readouterr().err


def test_the_option_goes_before_the_variable(handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("--as-of", "2013-11-03", "--vars", "{insitu_as_of: '2013-11-02'}")
    assert run(monkeypatch, "score", "run", "flight_delay", *given) == 0
    assert handed_on["variables"] == {"insitu_as_of": "2013-11-03 00:00:00"}
    assert handed_on["scored"] == "2013-11-03 00:00:00"


@pytest.mark.parametrize(
    ("use_case", "options", "moments"),
    [
        ("loss", ("--as-of", "2013-11-02"), {"loss": "2013-11-02 00:00:00", "late": "2013-05-01"}),
        ("loss", (), None),  # it stays as the project has it
        ("other", ("--as-of", "2013-11-02"), None),  # it has no moment of its own
    ],
)
def test_a_use_case_with_a_moment_of_its_own(
    handed_on: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    use_case: str,
    options: tuple[str, ...],
    moments: dict[str, str] | None,
) -> None:
    (tmp_path / "dbt_project.yml").write_text(
        "name: shop\nprofile: shop\nvars: {shop: {insitu_use_case_as_of: {loss: '2013-04-01', late: '2013-05-01'}}}\n"
    )
    (tmp_path / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n")
    where = ("--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path))
    assert run(monkeypatch, *where, "score", "run", use_case, *options) == 0
    assert handed_on["variables"].get("insitu_use_case_as_of") == moments


@pytest.mark.parametrize(
    "options", [("--as-of", "tomorrow"), ("--vars", "{insitu_as_of: tomorrow}"), ("--vars", "[1]")]
)
def test_nonsense_is_one_clear_error(
    handed_on: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
) -> None:
    assert run(monkeypatch, "score", "run", "flight_delay", *options) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "expected a" in said
    assert not handed_on


def test_the_place_may_be_told_before_and_after(handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--project-dir", "a", "--target", "t", "score", "run", "u", "--profiles-dir", "p") == 0
    assert handed_on["project"] == Project(Path("a"), Path("p"), "t")


def test_the_repository_has_the_command_as_a_module() -> None:
    command = [sys.executable, "-m", "scoring", "run"]
    shown = subprocess.run([*command, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for option in ("--as-of", "--vars", "--no-refresh", "--project-dir", "--profiles-dir", "--target"):
        assert option in shown
    refused = subprocess.run(
        [*command, "demo", "--project-dir", "/nowhere"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert refused.returncode == 2 and refused.stderr.startswith("Error: ") and "Traceback" not in refused.stderr
