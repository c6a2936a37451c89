"""A project compiled by dbt on each warehouse: the same verdicts, with the lines of the model files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from insitu.proof.project.checking import Outcome, check
from insitu.proof.rerun.witness import attach
from tests.dbt.features.project import FeaturesProject
from tests.dbt.proof.conftest import Warehouse

TABLES = {
    "spine": ({"id": "bigint", "key": "bigint", "as_of": "timestamp"}, {"kind": "spine", "key": ["id"]}),
    "events": (
        {"event_id": "bigint", "key": "bigint", "ts": "timestamp", "x": "double precision"},
        {"kind": "event", "available_at": "ts", "unique": [["event_id"]]},
    ),
}
MODELS = {
    "feat_engine": """{{ insitu.window_features(spine=source('raw', 'spine'), spine_key=['id'],
        events=source('raw', 'events'), keys=['key'], available_at='ts', windows=['1 hour', '7 days'],
        measures=[{'name': 'n', 'agg': 'count'},
            {'name': 'x', 'expr': 'x', 'agg': ['avg', 'max', 'last', 'count_distinct']}]) }}""",
    "feat_plain": """select s.id, s.as_of, count(e.event_id) as n
from {{ source('raw', 'spine') }} as s
left join {{ source('raw', 'events') }} as e on e.key = s.key and e.ts < s.as_of and e.x is not null
group by s.id, s.as_of""",
    "feat_leak": """-- a comment
select s.id, s.as_of, count(e.event_id) as n
from {{ source('raw', 'spine') }} as s
left join {{ source('raw', 'events') }} as e on e.key = s.key and e.ts <= s.as_of
group by s.id, s.as_of""",
}


@pytest.fixture
def outcome(warehouse: Warehouse, tmp_path: Path) -> Outcome:
    profile, run = warehouse
    run("create schema raw")
    for name, (columns, _) in TABLES.items():
        run(f"create table raw.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
    project = FeaturesProject(tmp_path / "project", profile, MODELS)
    tables = [
        {
            "name": name,
            "config": {"meta": {"point_in_time": declaration}},
            "columns": [{"name": c, "data_type": t} for c, t in columns.items()],
        }
        for name, (columns, declaration) in TABLES.items()
    ]
    features = {"meta": {"point_in_time": {"kind": "features", "key": ["id"]}}}
    models = [{"name": name, "config": features} for name in MODELS]
    described = {"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": tables}], "models": models}
    (project.directory / "models" / "_models.yml").write_text(yaml.safe_dump(described))
    project.compiled()
    return check(project.directory / "target", witnesses=attach)


def test_verdicts(outcome: Outcome) -> None:
    by_model = {r.name: {c.column: c.status for c in r.columns} for r in outcome.results}
    assert set(by_model["feat_engine"].values()) == {"proved"}, str(outcome)
    assert len(by_model["feat_engine"]) > 10
    assert by_model["feat_plain"] == {"id": "proved", "as_of": "proved", "n": "proved"}
    assert by_model["feat_leak"] == {"id": "proved", "as_of": "proved", "n": "refuted"}
    assert "models/feat_leak.sql:4: 003 column n" in str(outcome)
    assert not outcome.ok
