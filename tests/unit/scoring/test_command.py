"""`insitu score run`, and `python -m scoring run` in this repository: the same command, the same moment for dbt."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from insitu.cli import cli, run_command
from insitu.commands import score
from insitu.errors import ConfigurationError
from insitu.nodes.ledger import Batch
from insitu.scoring import batch, progress
from insitu.scoring import run as live_run
from insitu.scoring.options import Options
from insitu.warehouse import Project

NOON = datetime(2024, 3, 10, 12)
REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Parsed:
    """What stands for dbt on a project."""

    project: Project
    moments: dict[str, Any]

    def at(self, moments: dict[str, Any]) -> Parsed:
        return replace(self, moments=moments)


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command hands to dbt and to the scorer."""
    seen: dict[str, Any] = {}

    def score_now(dbt: Parsed, use_case: str, as_of: str, options: Options, publishes: bool = True) -> batch.Scored:
        if use_case == "unknown":
            raise ConfigurationError("there is no use case `unknown`; expected another")
        seen.update(project=dbt.project, moments=dbt.moments, scored=as_of)
        seen.setdefault("runs", []).append((as_of, publishes))
        options.progress(1, 2)
        return batch.Scored(use_case, as_of, 1234, is_behind=True)

    def score_built(project: Project, use_case: str, as_of: str | None, options: Options) -> batch.Scored:
        seen.update(built=as_of)
        return batch.Scored(use_case, as_of, 1234)

    monkeypatch.setattr(batch, "score_built", score_built)
    monkeypatch.setattr(live_run, "parsed", Parsed)
    monkeypatch.setattr(live_run, "score_now", score_now)
    return seen


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["insitu", *arguments])
    return run_command(cli)


def a_project(folder: Path, variables: str) -> None:
    (folder / "dbt_project.yml").write_text(f"name: shop\nprofile: shop\nvars: {{shop: {variables}}}\n")
    (folder / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n")


def where(folder: Path) -> tuple[str, ...]:
    return ("--project-dir", str(folder), "--profiles-dir", str(folder))


def test_an_offset_is_converted_for_dbt_and_for_the_scorer(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("score", "run", "flight_delay", "--as-of", "2013-11-02T06:00:00+02:00", "--vars", "{raw: landing}")
    assert run(monkeypatch, *given) == 0
    assert handed_on["project"].variables == {"raw": "landing"}
    assert handed_on["moments"] == {"insitu_as_of": "2013-11-02 04:00:00"}
    assert handed_on["scored"] == "2013-11-02 04:00:00"


@pytest.mark.parametrize("written", ["2013-11-02T06:00:00+02:00", "'2013-11-02 04:00:00'", "2013-11-02 04:00:00"])
def test_a_moment_among_the_variables_too(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    assert run(monkeypatch, "score", "run", "flight_delay", "--vars", f"{{insitu_as_of: {written}}}") == 0
    assert handed_on["moments"] == {"insitu_as_of": "2013-11-02 04:00:00"}
    assert handed_on["scored"] == "2013-11-02 04:00:00"


def test_it_says_what_it_did(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "score", "run", "late", "--as-of", "2013-11-02") == 0
    assert capsys.readouterr().out == "late: 1,234 new predictions for 2013-11-02 00:00:00\n"


@pytest.mark.parametrize("given", [(), ("--as-of", "now"), ("--vars", "{insitu_as_of: now}")])
def test_now_is_one_moment_for_all_that_a_run_does(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: tuple[str, ...]
) -> None:
    a_project(tmp_path, "{}")
    before = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    assert run(monkeypatch, *where(tmp_path), "score", "run", "late", *given) == 0
    assert before <= datetime.fromisoformat(handed_on["scored"]) <= datetime.now(UTC).replace(tzinfo=None)
    assert handed_on["moments"] == {"insitu_as_of": handed_on["scored"]}


def test_what_was_built_is_scored_if_asked_for(handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "score", "run", "flight_delay", "--no-refresh") == 0
    assert handed_on == {"built": None}  # the time that was built, whatever it is


def test_a_use_case_that_is_not_there(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "score", "run", "unknown", "--as-of", "2013-11-02") == 2
    assert not handed_on and "there is no use case `unknown`" in capsys.readouterr().err


def test_the_option_goes_before_the_variable(handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("--as-of", "2013-11-03", "--vars", "{insitu_as_of: '2013-11-02'}")
    assert run(monkeypatch, "score", "run", "flight_delay", *given) == 0
    assert handed_on["moments"] == {"insitu_as_of": "2013-11-03 00:00:00"}
    assert handed_on["scored"] == "2013-11-03 00:00:00"


@pytest.mark.parametrize(
    ("use_case", "options", "moments"),
    [
        ("loss", ("--as-of", "2013-11-02"), {"loss": "2013-11-02 00:00:00", "late": "2013-05-01"}),
        ("loss", (), {"loss": "2013-04-01 00:00:00", "late": "2013-05-01"}),
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
    a_project(tmp_path, "{insitu_use_case_as_of: {loss: '2013-04-01', late: '2013-05-01'}}")
    assert run(monkeypatch, *where(tmp_path), "score", "run", use_case, *options) == 0
    assert handed_on["moments"].get("insitu_use_case_as_of") == moments


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


def test_the_place_may_be_told_before_and_after(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a_project(tmp_path, "{}")
    _, project_dir, _, profiles_dir = where(tmp_path)
    before, after = ("--project-dir", project_dir, "--target", "dev"), ("--profiles-dir", profiles_dir)
    assert run(monkeypatch, *before, "score", "run", "u", *after) == 0
    assert handed_on["project"] == Project(tmp_path, tmp_path, "dev")


def test_the_repository_has_the_command_as_a_module() -> None:
    command = [sys.executable, "-m", "scoring", "run"]
    shown = subprocess.run([*command, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for option in ("--as-of", "--vars", "--no-refresh", "--project-dir", "--profiles-dir", "--target"):
        assert option in shown
    refused = subprocess.run(
        [*command, "demo", "--project-dir", "/nowhere"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert refused.returncode == 2 and refused.stderr.startswith("Error: ") and "Traceback" not in refused.stderr


def test_a_backfill_runs_for_each_moment_and_publishes_once(
    handed_on: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_project(tmp_path, "{}")
    between = ("--from", "2024-01-31", "--to", "2024-04-30", "--every", "1 month")
    assert run(monkeypatch, "score", "backfill", "late", *between, "--json", *where(tmp_path)) == 0
    moments = [f"2024-{day} 00:00:00" for day in ("01-31", "02-29", "03-31", "04-30")]
    assert handed_on["runs"] == [(moment, moment == moments[-1]) for moment in moments]
    found = json.loads(capsys.readouterr().out)
    assert [(each["batch_as_of"], each["rows"]) for each in found] == [(moment, 1234) for moment in moments]


@pytest.mark.parametrize(
    ("between", "message"),
    [
        (("2024-01-02", "2024-01-01", "1 day"), "before --from"),
        (("2024-01-01", "2024-01-02", "daily"), "--every: 'daily' is not a duration"),
        (("now and then", "2024-01-02", "1 day"), "--from is `now and then`"),
    ],
)
def test_a_backfill_of_nothing(
    handed_on: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    between: tuple[str, str, str],
    message: str,
) -> None:
    given = [each for pair in zip(("--from", "--to", "--every"), between, strict=True) for each in pair]
    assert run(monkeypatch, "score", "backfill", "late", *given) == 2
    assert message in capsys.readouterr().err and not handed_on


def test_progress_is_a_line_that_changes_on_a_terminal_and_plain_lines_elsewhere() -> None:
    for on_terminal, expected in (
        (True, "\rlate: 100 of 1,000 rows, 100 rows/s, 0:09 left\x1b[K" + "\r\x1b[K"),
        (False, ""),
    ):
        stream, now = io.StringIO(), iter([0.0, 0.1, 1.0])
        stream.isatty = lambda on_terminal=on_terminal: on_terminal
        told = progress.Progress("late", stream, lambda now=now: next(now))
        told(10, 1000)
        told(100, 1000)
        told.end()
        assert stream.getvalue() == expected
    stream, now = io.StringIO(), iter([0.0, 12.0])
    progress.Progress("late", stream, lambda: next(now))(120, 1320)
    assert stream.getvalue() == "late: 120 of 1,320 rows, 10 rows/s, 2:00 left\n"


def test_a_dry_run_says_what_would_be_scored(capsys: pytest.CaptureFixture[str]) -> None:
    batches = [
        Batch("a", NOON, "champion", "hash", "set", is_shadow=False, rows_due=80, predicted_at=NOON),
        Batch("b", NOON, "other", "hash", "set", is_shadow=True, rows_due=80, predicted_at=NOON),
    ]
    scored = batch.Scored("late", str(NOON), 160, batches, is_dry=True)
    score._tell(scored)
    assert capsys.readouterr().out.splitlines() == [
        "late: 160 predictions would be made for 2024-03-10 12:00:00",
        "  80 rows by champion",
        "  80 rows by other, in shadow",
    ]
    assert [(row["status"], row["n_rows"]) for row in scored.as_dict()["batches"]] == [("due", 80), ("due", 80)]
