"""Incremental models by hand: what dbt has after two runs, against a full build, and what the proof says of it.

The rows decide, not the checker: a model whose increments give another table than a full build must be refused.
"""

# ruff: noqa: E501 — a query per line reads better

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from insitu.proof.project.checking import check
from tests.dbt.features.project import FeaturesProject

COUNT = """select s.id, s.as_of, count(e.k) as n
from {{ source('raw', 'spine') }} as s
left join {{ source('raw', 'events') }} as e on e.k = s.k and e.ts < s.as_of EVENTS
WHERE
group by s.id, s.as_of"""
FINAL = """with events as (select * from {{ source('raw', 'events') }} INNER),
final as (select s.id, s.as_of, count(e.k) as n from {{ source('raw', 'spine') }} as s
left join events as e on e.k = s.k and e.ts < s.as_of group by 1, 2)
select * from final
OUTER"""
NEWEST = "(select max(as_of) from {{ this }})"
IN = "{% if is_incremental() %}"
OUT = "{% endif %}"


def config(**settings: Any) -> str:
    shown = ", ".join(f"{k}={v!r}" for k, v in settings.items())
    return f"{{{{ config(materialized='incremental'{', ' + shown if shown else ''}) }}}}\n"


def count(where: str = "", events: str = "", **settings: Any) -> str:
    return config(**settings) + COUNT.replace("WHERE", where).replace("EVENTS", events)


def final(outer: str = "", inner: str = "", **settings: Any) -> str:
    return config(**settings) + FINAL.replace("OUTER", outer).replace("INNER", inner)


def only(text: str) -> str:
    return f"{IN} {text} {OUT}"


KEY = ["id", "as_of"]
HOLD = {
    "after_the_newest": count(only(f"where s.as_of > {NEWEST}")),
    "after_the_newest_at_the_end": final(only(f"where as_of > {NEWEST}")),
    "the_newest_or_none": final(only("where as_of > (select coalesce(max(as_of), timestamp '1900-01-01') from {{ this }})")),
    "not_incremental_else": final("{% if not is_incremental() %}{% else %} where as_of > " + NEWEST + " {% endif %}"),
    "with_another_condition": final("where n >= 0 " + only(f"and as_of > {NEWEST}")),
    "not_there_yet": final(only("where not exists (select 1 from {{ this }} as t where t.id = final.id and t.as_of = final.as_of)")),
    "from_the_newest_on": final(only(f"where as_of >= {NEWEST}"), unique_key=KEY),
    "three_days_again": final(only(f"where as_of > {NEWEST} - interval '3 days'"), unique_key=KEY),
    "all_again": final(unique_key=KEY),
    "by_the_library": config() + "{{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), ['k'], [{'name': 'n', 'agg': 'count'}], spine_key=['id']) }}",
    "of_the_library": config() + "with x as ({{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), ['k'], [{'name': 'n', 'agg': 'count'}], spine_key=['id']) | indent(4) }})\nselect id, as_of, 2 * n_all as n from x",
}  # fmt: skip
DIFFER = {
    "only_new_events": count("", only(f"and e.ts > {NEWEST}"), unique_key=KEY),
    "only_new_events_in_a_cte": final(only(f"where as_of > {NEWEST}"), only(f"where ts > {NEWEST}")),
    "later_events_too": count(only(f"where s.as_of > {NEWEST}"), only("or e.ts >= s.as_of")),
    "another_query": config() + f"{IN} select id, as_of, 0 as n from {{{{ source('raw', 'spine') }}}} as s where as_of > {NEWEST} {{% else %}} select s.id, s.as_of, 1 as n from {{{{ source('raw', 'spine') }}}} as s {OUT}",
    "another_value": config() + f"select s.id, s.as_of, {IN} 1 {{% else %}} 0 {OUT} as n from {{{{ source('raw', 'spine') }}}} as s {only(f'where as_of > {NEWEST}')}",
    "again_and_again": final(),
    "from_the_newest_on_twice": final(only(f"where as_of >= {NEWEST}")),
    "only_the_last": final(unique_key="id"),
    "only_the_last_of_all": final(only(f"where as_of > {NEWEST}"), unique_key=["id"]),
    "after_the_oldest": final(only("where as_of > (select min(as_of) from {{ this }})")),
    "a_day_later": final(only(f"where as_of > {NEWEST} + interval '1 day'")),
    "a_number": final(only("where n > (select max(n) from {{ this }})")),
    "new_ids": final(only("where id not in (select id from {{ this }})")),
    "before_a_window": config() + "select s.id, s.as_of, row_number() over (order by s.as_of, s.id) as n from {{ source('raw', 'spine') }} as s " + only(f"where s.as_of > {NEWEST}"),
    "before_the_rows_are_compared": config() + "with s as (select * from {{ source('raw', 'spine') }} " + only(f"where as_of > {NEWEST}") + ") select id, as_of, count(*) over (partition by k order by as_of, id) as n from s",
    "in_a_macro": config() + "select s.id, s.as_of, {{ n_rows() }} as n from {{ source('raw', 'spine') }} as s " + only(f"where as_of > {NEWEST}"),
    "by_a_setting": final(unique_key=KEY, incremental_strategy="merge", merge_exclude_columns=["n"]) + only(f"where as_of >= {NEWEST}").replace("where", "where 1 = 1 and"),
    "ranked_over_the_library": config() + "with x as ({{ insitu.window_features(source('raw', 'spine'), source('raw', 'events'), ['k'], [{'name': 'n', 'agg': 'count'}], spine_key=['id']) | indent(4) }})\nselect id, as_of, row_number() over (order by as_of, id) as n from x",
}  # fmt: skip
SAME_ROWS = {"by_a_setting", "only_the_last"}  # refused all the same: on these rows nothing shows
MACRO = "{% macro n_rows() %}{% if is_incremental() %}2{% else %}1{% endif %}{% endmacro %}"
COLUMNS = {"spine": {"id": "bigint", "k": "bigint", "as_of": "timestamp"}, "events": {"k": "bigint", "ts": "timestamp"}}
DECLARED: dict[str, dict[str, Any]] = {
    "spine": {"kind": "spine", "key": ["id"]},
    "events": {"kind": "event", "available_at": "ts"},
}
FIRST = {
    "spine": ["(1, 1, '2024-01-02')", "(2, 2, '2024-01-02')", "(1, 1, '2024-01-03')"],
    "events": ["(1, '2024-01-01')", "(1, '2024-01-02 12:00')", "(2, '2024-01-01')"],
}
SECOND = {
    "spine": ["(1, 1, '2024-01-04')", "(3, 1, '2024-01-04')", "(2, 2, '2024-01-06')"],
    "events": ["(1, '2024-01-03 12:00')", "(2, '2024-01-04')"],
}


class Built:
    """The tables after two runs, after a full build, and what the proof says."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "w.duckdb"
        self._execute("create schema raw")
        for name, columns in COLUMNS.items():
            self._execute(f"create table raw.{name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
        models = {**HOLD, **DIFFER}
        project = FeaturesProject(
            directory / "project", {"type": "duckdb", "path": str(self.path), "schema": "main"}, models
        )
        tables = [
            {
                "name": n,
                "config": {"meta": {"point_in_time": DECLARED[n]}},
                "columns": [{"name": c, "data_type": t} for c, t in columns.items()],
            }
            for n, columns in COLUMNS.items()
        ]
        declared = {"meta": {"point_in_time": {"kind": "features", "key": ["id"]}}}
        described = {
            "sources": [{"name": "raw", "schema": "raw", "tables": tables}],
            "models": [{"name": n, "config": declared} for n in models],
        }
        (project.directory / "models" / "_models.yml").write_text(yaml.safe_dump(described))
        (project.directory / "macros").mkdir(exist_ok=True)
        (project.directory / "macros" / "n_rows.sql").write_text(MACRO)
        for rows in (FIRST, SECOND):
            for name, values in rows.items():
                self._execute(f"insert into raw.{name} values {', '.join(values)}")
            ok, said = project.run("run")
            assert ok, said
        self.grown = self._tables(models)
        assert project.run("run", "--full-refresh")[0]
        self.full = self._tables(models)
        assert project.run("compile", "--full-refresh")[0]
        outcome = check(project.directory / "target")
        self.verdicts = {r.name: (r.ok, [f.message for c in r.columns for f in c.findings]) for r in outcome.results}

    def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(sql).fetchall()

    def _tables(self, names: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self._execute(f"from {name} order by all") for name in names}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("increments"))


@pytest.mark.parametrize("name", HOLD)
def test_what_grows_as_it_should_is_proved(built: Built, name: str) -> None:
    assert built.grown[name] == built.full[name]
    ok, said = built.verdicts[name]
    assert ok, said


@pytest.mark.parametrize("name", DIFFER)
def test_what_grows_otherwise_is_refused(built: Built, name: str) -> None:
    assert (built.grown[name] == built.full[name]) is (name in SAME_ROWS)
    ok, said = built.verdicts[name]
    assert not ok and all("incremental: " in message for message in said), said
