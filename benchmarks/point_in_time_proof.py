"""How long the point-in-time proof takes: per model, for 100 models, and on a chain of self joins.

Run `python -m benchmarks.point_in_time_proof`. Processor time, beside that of parsing the same SQL alone.
"""

from __future__ import annotations

import gc
import re
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import sqlglot

sys.path.insert(0, str(Path(__file__).parents[1]))
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from tests.dbt.features.project import FeaturesProject

SPINE = Node(
    "spine",
    "source",
    columns={"id": "bigint", "k": "bigint", "as_of": "timestamp"},
    meta={"kind": "spine", "key": ["id"]},
)
EVENTS = Node(
    "events",
    "source",
    columns={"event_id": "bigint", "k": "bigint", "ts": "timestamp", "v": "double"},
    meta={"kind": "event", "available_at": "ts", "unique": [["event_id"]]},
)
MODEL = """
with recent as (
    select s.id, s.as_of, e.ts, e.v, row_number() over (partition by s.id, s.as_of order by e.ts desc, e.event_id) as n
    from spine as s
    left join events as e on e.k = s.k and e.ts < s.as_of and e.ts >= s.as_of - interval '28 days'
)

select
    id,
    as_of,
    count(ts) filter (where ts >= as_of - interval '{days} days') as n_recent,
    sum(case when ts >= as_of - interval '7 days' then v end) as v_week,
    avg(v) as v_month,
    max(ts) as last_ts,
    max(v) filter (where n = 1) as last_v
from recent
group by id, as_of
"""


def hundred() -> list[Node]:
    """Models of some twenty lines, and a view that joins ten of them each."""
    features = {"kind": "features", "key": ["id"]}
    models = [Node(f"f{i}", "model", MODEL.format(days=i + 1), meta=features) for i in range(90)]
    for j in range(10):
        joins = " ".join(f"left join f{i} on f{i}.id = s.id and f{i}.as_of = s.as_of" for i in range(9 * j, 9 * j + 9))
        columns = ", ".join(f"f{i}.n_recent as n{i}" for i in range(9 * j, 9 * j + 9))
        models.append(Node(f"v{j}", "model", f"select s.id, s.as_of, {columns} from spine as s {joins}", meta=features))
    return models


def chain(length: int) -> list[Node]:
    """Each model joins the one before with itself."""
    features = {"kind": "features", "key": ["id"]}
    first = (
        "select s.id, s.as_of, sum(e.v) as v from spine s "
        "left join events e on e.k = s.k and e.ts < s.as_of group by s.id, s.as_of"
    )
    nodes = [Node("m0", "model", first, meta=features)]
    for i in range(1, length):
        sql = (
            f"select a.id, a.as_of, a.v + b.v as v from m{i - 1} a join m{i - 1} b on b.id = a.id and b.as_of = a.as_of"
        )
        nodes.append(Node(f"m{i}", "model", sql, meta=features))
    return nodes


def generated(count: int) -> list[Node]:
    """What `window_features` writes for five aggregates of two measures over four windows."""
    text = (
        "{{ insitu.window_features(spine=source('raw', 'spine'), events=source('raw', 'events'), keys=['k'], "
        "available_at='ts', spine_key=['id'], windows=['1 hour', '6 hours', '1 day', '7 days'], measures=["
        "{'name': 'n', 'agg': 'count'}, {'name': 'v', 'expr': 'v', 'agg': ['avg', 'max', 'last', 'sum']}]) }}"
    )
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "w.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema raw; create table raw.spine (id bigint, k bigint, as_of timestamp)")
            connection.execute("create table raw.events (event_id bigint, k bigint, ts timestamp, v double)")
        profile = {"type": "duckdb", "path": str(path), "schema": "main"}
        sql = FeaturesProject(Path(directory), profile, {"generated": text}).compiled()["generated"]
    sql = re.sub(r'"w"\."raw"\.', "", sql)
    return [Node(f"g{i}", "model", sql, meta={"kind": "features", "key": ["id"]}) for i in range(count)]


def measure(models: list[Node]) -> tuple[float, float]:
    """Processor seconds for the proof of all (parsing included), and for parsing alone."""
    start = time.process_time()
    for node in models:
        sqlglot.parse_one(node.sql or "", dialect="duckdb")
    parsing = time.process_time() - start
    gc.disable()  # as `insitu check` does
    start = time.process_time()
    results = Project([SPINE, EVENTS, *models]).check()
    total = time.process_time() - start
    gc.enable()
    assert all(r.ok for r in results), [str(f) for r in results for c in r.columns for f in c.findings][:3]
    return total, parsing


def main() -> None:
    cases = {"100 models": hundred(), "chain of 20 self joins": chain(20), "20 generated models": generated(20)}
    for name, models in cases.items():
        total, parsing = measure(models)
        per, size = 1000 * total / len(models), sum(len(m.sql or "") for m in models) / len(models) / 1000
        print(
            f"{name} of {size:.1f} kB: {total:.2f} s, {per:.1f} ms a model, {total / parsing:.1f} × parsing alone",
            flush=True,
        )


if __name__ == "__main__":
    main()
