"""`insitu score run`, `backfill`, `list`, `verify` and `publish` over a built project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at
from tests.dbt.use_cases.shop import AS_OF

WRITTEN = (
    "select * exclude (predicted_at) from predictions.spend__predictions order by order_id",
    "select * from predictions.spend__scored_features where batch_id in "
    "(select batch_id from predictions.spend__predictions) order by order_id",
)


@pytest.fixture
def shop(duckdb_shop: Shop, tmp_path: Path) -> Shop:
    """A copy without predictions of `spend`."""
    shutil.copytree(duckdb_shop.folder, tmp_path / "shop")
    found = shop_at(tmp_path / "shop")
    change(found, "delete from predictions.spend__predictions", "delete from predictions.spend__batches")
    return found


def change(shop: Shop, *statements: str) -> None:
    with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
        for statement in statements:
            connection.execute(statement)


def told(shop: Shop, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    outcome = shop.run("insitu", "score", *arguments, "--json")
    assert outcome.returncode == code, outcome.stdout
    line = next(line for line in outcome.stdout.splitlines() if line.startswith(("{", "[")))
    return json.loads(line)


def test_from_due_to_published(shop: Shop, tmp_path: Path) -> None:
    versions = set(shop.query("select model_version from training.spend__models").model_version)
    (champion,) = shop.query("select model_version from evaluation.spend__champion").model_version
    (other,) = versions - {champion}

    dry = told(shop, "run", "spend", "--shadow", other, "--dry-run")
    assert dry["dry_run"] and shop.query("select * from predictions.spend__predictions").empty
    run = told(shop, "run", "spend", "--shadow", other)
    n_rows = run["rows"] // 2
    assert n_rows > 0 and run["batch_as_of"] == AS_OF
    assert {(batch["model_version"], batch["is_shadow"], batch["n_rows"]) for batch in run["batches"]} == {
        (champion, 0, n_rows),
        (other, 1, n_rows),
    }
    assert [batch["batch_id"] for batch in dry["batches"]] == [batch["batch_id"] for batch in run["batches"]]
    assert told(shop, "run", "spend")["rows"] == 0
    decisions = shop.query(
        "select model_version, is_in_charge, count(*) as n from actions.spend__decisions group by 1, 2"
    )
    assert {tuple(row) for row in decisions.itertuples(index=False)} == {(champion, 1, n_rows), (other, 0, n_rows)}
    logged = shop.query("select batch_id, count(*) as n from predictions.spend__scored_features group by 1")
    own = {batch["batch_id"]: n_rows for batch in run["batches"]}
    assert own.items() <= dict(logged.itertuples(index=False)).items()

    listed = told(shop, "list", "spend")
    assert {row["batch_id"]: row["n_rows"] for row in listed} == own
    assert [each["findings"] for each in told(shop, "verify")] == [[], [], []]
    change(shop, "delete from predictions.spend__batches where is_shadow = 0")
    (found,) = told(shop, "verify", "spend", code=1)
    assert [finding["what"] for finding in found["findings"]] == ["the ledger does not have it"]
    (repaired,) = told(shop, "verify", "spend", "--repair")
    assert repaired["is_sound"] and told(shop, "verify", "spend")[0]["findings"] == []

    published = told(shop, "publish", "--to", str(tmp_path / "bi"))
    with duckdb.connect(published["published"][0], read_only=True) as copy:
        assert copy.execute("select count(*) from predictions.spend__predictions").fetchall() == [(2 * n_rows,)]
    refused = shop.run("insitu", "score", "publish")
    assert refused.returncode == 2 and "Say where to" in refused.stdout


def test_a_backfill_scores_each_time_what_was_due_then(shop: Shop) -> None:
    between = ("--from", "2024-06-01", "--to", AS_OF, "--every", "12 hours")
    found = told(shop, "backfill", "spend", *between)
    moments = ["2024-06-01 00:00:00", "2024-06-01 12:00:00", "2024-06-02 00:00:00"]
    assert [each["batch_as_of"] for each in found] == moments
    scored = shop.query("select count(*) as n, count(distinct order_id) as orders from predictions.spend__predictions")
    assert sum(each["rows"] for each in found) == scored.n[0] == scored.orders[0] > 0
    assert [each["rows"] for each in told(shop, "backfill", "spend", *between)] == [0, 0, 0]
    # dbt reads the project once for all of them; each has what a run of its own has.
    at_once = [shop.query(query) for query in WRITTEN]
    assert at_once[0].batch_as_of.astype(str).unique().tolist() == [
        each["batch_as_of"] for each in found if each["rows"]
    ]
    change(shop, "delete from predictions.spend__scored_features")
    change(shop, "delete from predictions.spend__predictions", "delete from predictions.spend__batches")
    for moment in moments:
        assert shop.run("insitu", "score", "run", "spend", "--as-of", moment).returncode == 0
    for query, rows in zip(WRITTEN, at_once, strict=True):
        pd.testing.assert_frame_equal(shop.query(query), rows)
