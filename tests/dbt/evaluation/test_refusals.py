"""What is refused, and in which words. These do not depend on the warehouse: DuckDB only."""

from __future__ import annotations

import copy
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from dbt_common.exceptions import CompilationError

from tests.dbt.evaluation.conftest import Stub, reading
from tests.unit.metrics.render import render


def test_an_unknown_limit(duckdb_build: Stub) -> None:
    outcome = duckdb_build.dbt("parse", "--vars", "{insitu_monitoring_limits: {score_pis: 1}}")
    assert outcome.returncode == 2
    assert "There is no alert limit `score_pis` (in the variable insitu_monitoring_limits)" in outcome.stdout
    assert "score_psi" in outcome.stdout, "it says which there are"


def test_no_use_case_switches_the_overall_models_off(duckdb_build: Stub, tmp_path: Path) -> None:
    # The use cases of this project read pins and vetoes, so it must have its own once the package's are off.
    folder = tmp_path / "project"
    shutil.copytree(duckdb_build.folder, folder, symlinks=True)
    (folder / "seeds").mkdir(exist_ok=True)
    (folder / "seeds/promotion_overrides.csv").write_text("use_case,model_version,override,effective_from,reason\n")
    project = replace(duckdb_build, folder=folder)
    outcome = project.dbt("ls", "--select", "package:insitu", "--vars", "{insitu_use_cases: []}", "--quiet")
    assert outcome.returncode == 0, outcome.stdout
    assert "No nodes selected" in outcome.stdout or outcome.stdout.split() == []


def test_an_unknown_evaluation_setting() -> None:
    with pytest.raises(CompilationError, match=r"unknown key `treshold`\. There are: threshold, capacity"):
        render("duckdb", "metric_options", config={"evaluation": {"treshold": 0.3}})


def test_a_use_case_without_declaration(duckdb_build: Stub) -> None:
    models = duckdb_build.folder / "models"
    (models / "lost__models.sql").write_text("select 1 as one")
    (models / "lost__metrics.sql").write_text("select '{{ insitu.use_case_config('lost') }}' as config")
    (models / "gone__metrics.sql").write_text("select '{{ insitu.use_case_config('gone') }}' as config")
    outcome = duckdb_build.dbt("run", "--select", "lost__metrics", "gone__metrics")
    assert outcome.returncode == 1
    assert "`lost__models` declares no `config.meta.ml`" in outcome.stdout
    assert "There is no model `gone__models`" in outcome.stdout


def own_warehouse(build: Stub, folder: Path) -> Stub:
    """The same with a copy of the warehouse: others read what this one would change."""
    path = str(shutil.copy(build.environment["STUB_DUCKDB"], folder / "stub.duckdb"))
    return replace(build, environment={"STUB_DUCKDB": path}, query=reading(path))


def test_an_alert_raised_to_error_fails_the_build_once_it_is_told(duckdb_build: Stub, tmp_path: Path) -> None:
    project = own_warehouse(duckdb_build, tmp_path)
    severity = "{insitu_alert_severity: {alert_score_drift: error}}"
    outcome = project.dbt("build", "--select", "alert_score_drift+", "--vars", severity)
    assert outcome.returncode == 1
    # dbt 1.11 says "Failure in …", 1.12 "[ERROR]: in …"
    assert "in test insitu_no_grave_episodes_alert_episodes" in outcome.stdout
    grave = "select alert from {} where severity = 'error'"
    for relation in ("alerts", "alert_history", "alert_episodes"):
        assert set(project.query(grave.format(relation)).alert) == {"alert_score_drift"}, relation


def test_a_severity_of_no_alert(duckdb_build: Stub) -> None:
    for severity, told in (
        ("{alert_score_drft: error}", "`alert_score_drft` is `error`"),
        ("{alert_score_drift: fatal}", "`alert_score_drift` is `fatal`"),
    ):
        outcome = duckdb_build.dbt(
            "compile", "--select", "alert_calibration", "--vars", f"{{insitu_alert_severity: {severity}}}"
        )
        assert outcome.returncode != 0
        assert f"In the variable insitu_alert_severity, {told}; expected the name of an alert" in outcome.stdout


MUTES = "use_case,alert,subject,effective_from,effective_until,kind,reason\n"
TYPES = "{+column_types: {effective_from: timestamp, effective_until: timestamp, reason: varchar, kind: varchar}}"


def test_a_mute_without_an_end(duckdb_build: Stub, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(duckdb_build.folder, folder, symlinks=True)
    (folder / "seeds").mkdir(exist_ok=True)
    settings = (folder / "dbt_project.yml").read_text()
    settings = settings.replace(
        "insitu: {+schema: null}", "insitu: {+schema: null, monitoring: {alert_mutes: {+enabled: false}}}", 1
    )
    (folder / "dbt_project.yml").write_text(settings + f"  evaluation_stub: {{alert_mutes: {TYPES}}}\n")
    project = replace(own_warehouse(duckdb_build, tmp_path), folder=folder)
    for row, is_one in (
        ("basket,*,*,2024-01-01,,mute,we know", False),
        ("basket,*,*,2024-01-01,2024-12-31,hush,we know", False),
        ("basket,*,*,2024-01-01,2024-12-31,mute,we know", True),
    ):
        (folder / "seeds/alert_mutes.csv").write_text(MUTES + row + "\n")
        outcome = project.dbt("build", "--select", "alert_mutes", "alert_episodes")
        assert outcome.returncode == (0 if is_one else 1), outcome.stdout
        assert ("mutes nothing. Expected: use_case, alert" in outcome.stdout) is not is_one, row
    found = project.query("select distinct state from alert_episodes where use_case = 'basket'")
    assert found.state.tolist() == ["muted"]


def test_a_policy_that_names_what_is_not_there(duckdb_build: Stub, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(duckdb_build.folder, folder, symlinks=True)
    project, declared = replace(duckdb_build, folder=folder), folder / "models/_use_cases.yml"
    usual = yaml.safe_load(declared.read_text())
    for policy, model, told in (
        (
            {"capacity": {"rows": 1, "by": "shop"}},
            "basket__decisions",
            "`basket__models`: meta.ml.policy names the column `shop`, which is not kept when rows are scored",
        ),
        (
            {"compare": [{"name": "old", "policy_version": "abc"}]},
            "ml_policy_values",
            "meta.ml.policy.compare (old) names the policy_version `abc`; `basket__decisions` knows",
        ),
    ):
        models = copy.deepcopy(usual)
        (basket,) = (node for node in models["models"] if node["name"] == "basket__models")
        basket["config"]["meta"]["ml"]["policy"] = policy
        declared.write_text(yaml.safe_dump(models))
        outcome = project.dbt("compile", "--select", model)
        assert outcome.returncode == 2, outcome.stdout
        assert told in " ".join(outcome.stdout.split()), outcome.stdout
