"""Made-up predictions of a registered version are found by computing them again, on both warehouses."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.dbt.use_cases.conftest import Shop, shop_at

Run = Callable[[str], object]

SPEND, TIER = "predictions.spend__predictions", "predictions.tier__predictions"
ROW = {
    "batch_id": "batch_id",
    "batch_as_of": "batch_as_of",
    "model_version": "model_version",
    "order_id": "order_id",
    "as_of": "as_of",
    "score": "score",
    "score_p10": "score_p10",
    "score_p50": "score_p50",
    "score_p90": "score_p90",
    "predicted_at": "predicted_at",
}
FORGED = {  # what is changed of a row of the only batch, and what is found
    "a": ({"score": "score + 0.001"}, "1 of 1 scores are not what the model says"),
    "b": ({"score_p90": "coalesce(score_p90, 0) + 0.001"}, "1 of 1 scores are not what the model says"),
    "c": ({"score_p10": "case when score_p10 is null then 1 end"}, "1 of 1 scores are not what the model says"),
    "d": ({"model_version": "'mine'"}, "the version is not registered"),
    "e": ({"order_id": "999999"}, "1 rows are of nobody who is in the features"),
    "f": ({}, None),  # honest, under another name
}


@pytest.fixture
def kept(shop: Shop, tmp_path: Path) -> Iterator[tuple[Shop, Run]]:
    """The shop, and what runs a statement in its warehouse; what is made up is gone afterwards."""
    if shop.kind == "duckdb":
        shutil.copytree(shop.folder, tmp_path / "shop")
        path = str(tmp_path / "shop/shop.duckdb")

        def run(statement: str) -> object:
            with duckdb.connect(path) as connection:
                return connection.execute(statement)

        yield shop_at(tmp_path / "shop"), run
        return
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    place = {name: shop.environment[key] for name, key in names.items() if key in shop.environment}
    with psycopg.connect(autocommit=True, **place) as connection:  # type: ignore[arg-type]
        for table in (SPEND, TIER):
            connection.execute(f"create table {table}_kept as select * from {table}")  # type: ignore[arg-type]
        yield shop, lambda statement: connection.execute(statement)  # type: ignore[arg-type]
        for table in (SPEND, TIER):
            connection.execute(f"delete from {table}")  # type: ignore[arg-type]
            connection.execute(f"insert into {table} select * from {table}_kept")  # type: ignore[arg-type]
            connection.execute(f"drop table {table}_kept")  # type: ignore[arg-type]


def test_what_is_made_up_is_found(kept: tuple[Shop, Run]) -> None:
    shop, run = kept
    honest = shop.run("insitu", "score", "audit", "--rows", "0")
    assert honest.returncode == 0, honest.stdout
    for use_case in ("spend", "tier", "order"):  # quantiles; classes; a key of two columns, a name that is SQL
        n = shop.query(f"select count(*) as n from predictions.{use_case}__predictions").n[0]
        assert f"{use_case}: 1 batches, {n} rows computed again, no findings" in honest.stdout

    for name, (changes, _) in FORGED.items():
        values = {**ROW, "batch_id": f"'{name}'", **changes}
        run(f"insert into {SPEND} ({', '.join(values)}) select {', '.join(values.values())} from {SPEND} limit 1")
    stranger = {**ROW, "order_id": "999998"}  # in the batch that was logged
    run(
        f"insert into {SPEND} ({', '.join(stranger)}) select {', '.join(stranger.values())} from {SPEND} "
        f"where length(batch_id) > 1 limit 1"
    )
    run(f"update {TIER} set score = score + 0.01 where class = 'gold'")
    found = shop.run("insitu", "score", "audit", "spend", "tier", "--rows", "0")
    assert found.returncode == 1
    of_spend, of_tier = found.stdout.split("tier: ")
    for name, (_, finding) in FORGED.items():
        said = re.findall(rf"batch {name} \([^)]*\): (.*)", of_spend)
        assert len(said) == (1 if finding else 0)
        assert not finding or said[0].startswith(finding)
    assert re.findall(r"batch \w\w+ \([^)]*\): (.*)", of_spend) == [
        "1 rows are of nobody who is in the logged features"
    ]
    n = shop.query(f"select count(*) as n, count(distinct order_id) as n_gold from {TIER}").iloc[0]
    assert f"{n.n_gold} of {n.n} scores are not what the model says of the logged features" in of_tier

    run(f"delete from {SPEND} where length(batch_id) = 1 or order_id = 999998")
    sampled = shop.run("insitu", "score", "audit", "spend", "--rows", "3")
    assert "spend: 1 batches, 3 rows computed again, no findings" in sampled.stdout
