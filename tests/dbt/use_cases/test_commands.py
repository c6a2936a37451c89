"""`insitu reproduce`, `backtest`, `model-card` and `check` on a built warehouse."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import declare


def versions(shop: Shop, use_case: str) -> dict[str, str]:
    rows = shop.query(f"select candidate, model_version from training.{use_case}__models where status = 'trained'")
    return dict(rows.itertuples(index=False, name=None))


@pytest.mark.parametrize("candidate", ["linear", "gbm", "blend"])
def test_reproduce(shop: Shop, candidate: str) -> None:
    version = versions(shop, "tier")[candidate]
    outcome = shop.run("insitu", "reproduce", version)
    assert outcome.returncode == 0, outcome.stdout
    assert re.search(
        rf"`{version}` reproduced: [\d,]+ predictions identical bit for bit; the same artifact", outcome.stdout
    )


def test_reproduce_an_unknown_version(duckdb_shop: Shop) -> None:
    outcome = duckdb_shop.run("insitu", "reproduce", "gbm_20200101_00000000")
    assert outcome.returncode == 2
    assert "There is no model version `gbm_20200101_00000000`. The latest are: " in outcome.stdout


def test_backtest(shop: Shop, tmp_path: Path) -> None:
    output = tmp_path / "backtest.parquet"
    command = ("backtest", "spend", "linear", "--dates", "2", "--every", "21 days", "--step", "7 days")
    outcome = shop.run("insitu", *command, "--output", str(output))
    assert outcome.returncode == 0, outcome.stdout
    assert "linear: mae by beginning of the scored period" in outcome.stdout
    found = pd.read_parquet(output)
    rows = shop.query("select training_as_of, as_of, matured_at, spend from training.spend__snapshots")
    trained = rows["training_as_of"].iloc[0]
    assert set(found["trained_at"]) == {trained - pd.Timedelta(days, "D") for days in (21, 42)}
    assert set(found["to_as_of"] - found["from_as_of"]) == {pd.Timedelta(7, "D")}
    for one in found.itertuples():
        seen = rows[rows["matured_at"] <= one.trained_at]
        judged = rows[(rows["as_of"] >= one.from_as_of) & (rows["as_of"] < one.to_as_of)]
        assert (one.train_rows, one.n_rows) == (len(seen), len(judged))
        assert 0 < one.value < (judged["spend"] - seen["spend"].mean()).abs().mean()


def test_backtest_of_what_is_not_there(duckdb_shop: Shop) -> None:
    outcome = duckdb_shop.run("insitu", "backtest", "spend", "forest")
    assert outcome.returncode == 1
    assert "`spend` has no candidate `forest` to backtest; there are: gbm, linear" in outcome.stdout
    outcome = duckdb_shop.run("insitu", "backtest", "spend", "linear", "--every", "soon")
    assert outcome.returncode == 2
    assert "'soon' is not a duration" in outcome.stdout


def test_model_card(shop: Shop) -> None:
    version = versions(shop, "spend")["gbm"]
    outcome = shop.run("insitu", "model-card", version)
    assert outcome.returncode == 0, outcome.stdout
    header = yaml.safe_load(outcome.stdout.split("---")[1])
    assert header["pipeline_tag"] == "tabular-regression"
    assert header["model-index"][0]["name"] == version
    measured = {m["type"] for m in header["model-index"][0]["results"][0]["metrics"]}
    assert {"mae", "rmse", "coverage_p10_p90"} <= measured
    for heading in ("Intended use and limits", "Training data", "Evaluation", "What it looks at", "Provenance"):
        assert f"## {heading}" in outcome.stdout


def test_the_report_shows_both_use_cases(duckdb_shop: Shop, tmp_path: Path) -> None:
    outcome = duckdb_shop.run("insitu", "report", "--output", str(tmp_path / "report.html"))
    assert outcome.returncode == 0, outcome.stdout
    page = (tmp_path / "report.html").read_text()
    for use_case in ("tier", "spend"):
        for version in versions(duckdb_shop, use_case).values():
            assert version in page.replace("<wbr>", "")


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"candidats": []}, "`spend__models`: meta.ml.candidats is unknown; did you mean `candidates`?"),
        (
            {"candidates": [{"name": "one", "family": "hist_gbm"}]},
            "`spend__models`: meta.ml.candidates[0].family is 'hist_gbm'; allowed: average, custom",
        ),
    ],
)
def test_a_mistake_in_the_declaration(duckdb_shop: Shop, tmp_path: Path, mistake: dict[str, Any], message: str) -> None:
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    shop = shop_at(tmp_path / "shop")
    declare(shop.folder, "spend", mistake)
    shop.dbt("parse")
    outcome = shop.run("insitu", "check", "--no-witness")
    assert outcome.returncode == 2
    assert message in outcome.stdout
    assert "Traceback" not in outcome.stdout
