"""`insitu.open()` on the built shop, and the notebook of the docs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import insitu
from insitu.api import Insitu
from insitu.errors import ConfigurationError, InsituError
from tests.dbt.use_cases.conftest import Shop
from tools import run_notebook

DOCS = Path(__file__).parents[3] / "docs"
USE_CASES = ["tier", "spend", "order"]


@pytest.fixture
def at_home(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, as somebody has it who works in its folder."""
    for name, value in {**shop.environment, "DBT_TARGET": shop.kind, "DBT_PROFILES_DIR": str(shop.folder)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(shop.folder)
    return shop


@pytest.fixture
def opened(at_home: Shop) -> Iterator[Insitu]:
    with insitu.open() as found:
        yield found


def test_the_notebook_prints_what_is_kept(at_home: Shop) -> None:
    notebook = json.loads((DOCS / "python.ipynb").read_text())
    assert run_notebook.outputs(notebook) == run_notebook.kept(notebook)
    assert len(run_notebook.kept(notebook)) > 5


def test_what_is_documented_is_there(opened: Insitu) -> None:
    """Every name of docs/python.md, and no public name beside them."""
    text = (DOCS / "python.md").read_text()
    use_case = opened["tier"]
    for thing in (opened, use_case, use_case.champion(), use_case.models()):
        public = {name for name in dir(thing) if not name.startswith("_")} - {"table"}
        assert public <= set(re.findall(r"`(?:\w+\.)?(\w+)", text)), type(thing)


def test_the_use_cases(opened: Insitu) -> None:
    assert sorted(opened.use_cases) == sorted(USE_CASES)
    assert opened["tier"].config["task"] == "multiclass"
    with pytest.raises(ConfigurationError, match="There is no use case `tear`"):
        opened["tear"]


@pytest.mark.parametrize("use_case", USE_CASES)
def test_the_champion_scores_as_the_build_did(opened: Insitu, use_case: str) -> None:
    """Its held-out predictions are made again from the snapshot, if the model that is in charge was not fitted anew."""
    found = opened[use_case]
    champion, key = found.champion(), [*found.config["entity"], "as_of"]
    assert champion.model_version in found.models().to_pandas()["model_version"].tolist()
    snapshot = found.training_snapshot()
    assert set(champion.features) < set(snapshot.columns)
    scores = champion.predict(snapshot)
    assert np.array_equal(scores, champion.predict(snapshot.to_arrow()))
    assert np.array_equal(scores, champion.predict(snapshot.to_pandas()))
    assert np.array_equal(scores, champion.predict(snapshot.to_polars()))
    rows = found.predictions().to_pandas()
    rows = rows[rows["model_version"] == champion.model_version]
    assert len(rows) > 0
    features = opened._read(f"{use_case}__features", "", "").to_pandas()
    again = rows[key].drop_duplicates().merge(features, on=key)
    made = champion.predict(again)
    if champion.classes:
        made = pd.DataFrame(made, columns=champion.classes).assign(**again[key])
        made = made.melt(key, var_name="class", value_name="again")
        both = rows.merge(made, on=[*key, "class"])
    else:
        both = rows.merge(again[key].assign(again=made), on=key)
    assert len(both) == len(rows)
    assert np.allclose(both["score"], both["again"], rtol=0, atol=1e-12)


def test_the_estimator_is_scikit_learns(opened: Insitu) -> None:
    champion = opened["order"].champion()
    rows = opened["order"].training_snapshot().to_pandas().head(20)
    assert np.array_equal(champion.estimator.predict_proba(champion.frame(rows))[:, 1], champion.predict(rows))


def test_the_same_rows_in_every_shape(opened: Insitu) -> None:
    snapshot = opened["spend"].training_snapshot()
    arrow, pandas, polars = snapshot.to_arrow(), snapshot.to_pandas(), snapshot.to_polars()
    assert arrow.num_rows == len(pandas) == polars.height == len(snapshot) > 1000
    assert arrow.column_names == list(pandas.columns) == polars.columns == snapshot.columns
    assert pandas["spend"].tolist() == polars["spend"].to_list() == arrow["spend"].to_pylist()
    assert set(pandas["split"]) >= {"train", "validation", "test"}
    assert "artifact" not in opened["spend"].models().columns


def test_predictions_of_a_time(opened: Insitu, shop: Shop) -> None:
    every = opened["order"].predictions().to_pandas()
    middle = every["as_of"].sort_values().iloc[len(every) // 2].to_pydatetime()
    before, after = opened["order"].predictions(until=middle), opened["order"].predictions(since=middle)
    assert (len(before), len(after)) == ((every["as_of"] < middle).sum(), (every["as_of"] >= middle).sum())
    with pytest.raises(ValueError, match="has a time zone"):
        opened["order"].predictions(since=middle.astimezone())


def test_alerts_are_those_of_the_table(opened: Insitu, shop: Shop) -> None:
    for use_case in USE_CASES:
        found = opened[use_case].alerts(all_episodes=True).to_pandas()
        assert len(found) == len(shop.query(f"select * from monitoring.alert_episodes where use_case = '{use_case}'"))
        assert set(opened[use_case].alerts().to_pandas()["state"]) <= {"opened", "still_open", "acknowledged"}


def test_nothing_is_written(opened: Insitu) -> None:
    with pytest.raises(Exception, match=r"(?i)read.only"):
        opened._warehouse.query("create table made_by_mistake as select 1 as one")


def test_what_is_not_there(at_home: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no `.*dbt_project.yml`"):
        insitu.open(tmp_path)
    with insitu.open(at_home.folder / "dbt_project" / "models", target=at_home.kind) as found:  # the project above
        assert "tier" in found.use_cases
        with pytest.raises(InsituError, match="has no snapshot `none`"):
            found["tier"].training_snapshot("none")
    if at_home.kind == "duckdb":
        monkeypatch.setenv("SHOP_DUCKDB", str(tmp_path / "empty.duckdb"))
        duckdb.connect(os.environ["SHOP_DUCKDB"]).close()
        with insitu.open() as found, pytest.raises(ConfigurationError, match="`tier__champion` is not built yet"):
            found["tier"].champion()
