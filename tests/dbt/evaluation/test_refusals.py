"""What is refused, and in which words. These do not depend on the warehouse: DuckDB only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dbt.evaluation.conftest import Stub, duckdb_stub


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    stub = duckdb_stub(tmp_path_factory.mktemp("refusals"))
    (stub.folder / "models" / "lost__models.sql").write_text("select 1 as one")
    (stub.folder / "models" / "lost__metrics.sql").write_text("select '{{ use_case_config('lost') }}' as config")
    (stub.folder / "models" / "gone__metrics.sql").write_text("select '{{ use_case_config('gone') }}' as config")
    yield stub


def test_an_unknown_limit(stub: Stub) -> None:
    outcome = stub.dbt("parse", "--vars", "{monitoring_limits: {score_pis: 1}}")
    assert outcome.returncode == 2
    assert "There is no alert limit `score_pis` (in the variable monitoring_limits)" in outcome.stdout
    assert "score_psi" in outcome.stdout, "it says which there are"


def test_no_use_case(stub: Stub) -> None:
    outcome = stub.dbt("parse", "--vars", "{use_cases: []}")
    assert outcome.returncode == 2
    assert "The variable `use_cases` names no use case" in outcome.stdout


def test_a_use_case_without_declaration(stub: Stub) -> None:
    outcome = stub.dbt("run", "--select", "lost__metrics", "gone__metrics")
    assert outcome.returncode == 1
    assert "`lost__models` declares no `config.meta.ml`" in outcome.stdout
    assert "There is no model `gone__models`" in outcome.stdout


def test_an_alert_raised_to_error_fails_the_build(stub: Stub) -> None:
    severity = "{alert_score_drift: error}"
    outcome = stub.dbt("build", "--select", "+alert_score_drift", "--vars", f"{{alert_severity: {severity}}}")
    assert outcome.returncode == 1
    assert "Failure in test no_findings_alert_score_drift" in outcome.stdout
