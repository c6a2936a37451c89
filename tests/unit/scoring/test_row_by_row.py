"""A model that is judged to go row by row has the same rows when it is given some of its spine; shown by rows."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from insitu.scoring.row_by_row import is_row_by_row

ASKED = ("spine", "feat_other")
NAMES = {"SPINE": "{{ ref('spine') }}", "OTHER": "{{ ref('feat_other') }}", "EVENTS": "{{ ref('events') }}"}
DUE = "as_of in (timestamp '2024-01-03', timestamp '2024-01-05')"

ROW_BY_ROW = {
    "a join": "select s.id, s.as_of, e.x from SPINE as s left join EVENTS as e on e.id = s.id and e.at < s.as_of",
    "grouped by as-of": "select s.id, s.as_of, count(e.x) as n from SPINE as s "
    "left join EVENTS as e on e.at < s.as_of group by s.id, s.as_of",
    "of all that are asked at the same time": "select as_of, count(*) as n from SPINE group by as_of",
    "ranked among those": "select id, as_of, rank() over (partition by as_of order by id) as r from SPINE",
    "other features of the same row": "select s.id, s.as_of, f.y from SPINE as s "
    "inner join OTHER as f on s.id = f.id and s.as_of = f.as_of",
    "by using": "select s.id, as_of, f.y from SPINE as s inner join OTHER as f using (id, as_of)",
    "a subquery over events": "select id, as_of, (select max(x) from EVENTS as e where e.at < s.as_of) as m "
    "from SPINE as s",
    "a subquery over the row's own features": "select id, as_of, (select sum(y) from OTHER as f "
    "where f.as_of = s.as_of) as m from SPINE as s",
    "over a CTE": "with s as (select * from SPINE), n as (select as_of, count(*) as n from s group by as_of) "
    "select s.id, s.as_of, n.n from s left join n on s.as_of = n.as_of",
    "lateral": "select s.id, s.as_of, l.m from SPINE as s left join lateral "
    "(select max(e.x) as m from EVENTS as e where e.at < s.as_of) as l on true",
    "incremental": "select id, as_of from SPINE "
    "{% if is_incremental() %} where as_of > (select max(as_of) from {{ this }}) {% endif %}",
}
MIXED = {
    "those before": "select s.id, s.as_of, count(p.id) as n from SPINE as s left join SPINE as p "
    "on p.id = s.id and p.as_of < s.as_of group by s.id, s.as_of",
    "the how manieth": "select id, as_of, row_number() over (partition by id order by as_of) as n from SPINE",
    "since the last": "select id, as_of, lag(as_of) over w as before from SPINE "
    "window w as (partition by id order by as_of)",
    "of all": "select s.id, s.as_of, (select count(*) from SPINE) as n from SPINE as s",
    "of its entity": "with n as (select id, count(*) as n from SPINE group by id) "
    "select s.id, s.as_of, n.n from SPINE as s left join n on s.id = n.id",
    "the latest features": "select s.id, s.as_of, f.y from SPINE as s asof left join OTHER as f "
    "on s.id = f.id and f.as_of < s.as_of",
    "through a subquery": "select id, as_of, exists (select 1 from SPINE as p where p.id = s.id "
    "and p.as_of < s.as_of) as again from SPINE as s",
    "by names that are the same inside and outside": "select id, as_of, 1 as n from SPINE where id in "
    "(select id from SPINE where as_of < timestamp '2024-01-02')",
    "less those before": "select id, as_of, 1 as n from SPINE where id in "
    "(select id from SPINE except select id from SPINE where as_of < timestamp '2024-01-02')",
    "both now and before": "select id, as_of, 1 as n from SPINE as s where id in "
    "(select p.id from SPINE as p intersect select q.id from SPINE as q where q.as_of < timestamp '2024-01-02')",
    "not among those before": "select id, as_of, 1 as n from SPINE as s where id not in "
    "(select p.id from SPINE as p where p.as_of < timestamp '2024-01-02')",
    "the first": "select id, as_of from SPINE order by as_of limit 1",
    "one of each": "select distinct on (id) id, as_of from SPINE order by id, as_of",
    "another time under the name": "with p as (select id, as_of + interval '1 day' as as_of from SPINE) "
    "select s.id, s.as_of, p.id as before from SPINE as s left join p on s.id = p.id and s.as_of = p.as_of",
    "another name for the time": "with p as (select id, as_of as t from SPINE) "
    "select s.id, s.as_of, count(p.id) as n from SPINE as s left join p on p.t < s.as_of "
    "group by s.id, s.as_of",
    "without a condition": "select s.id, s.as_of, count(*) as n from SPINE as s "
    "cross join OTHER as f group by s.id, s.as_of",
    "by an or": "select s.id, s.as_of, count(*) as n from SPINE as s inner join OTHER as f "
    "on s.as_of = f.as_of or f.id = s.id group by s.id, s.as_of",
}
# Not understood: whole, to be safe.
UNKNOWN = (
    "{% for x in [1] %} select id, as_of from {{ ref('spine') }} {% endfor %}",
    "select * from {{ some_macro(ref('spine')) }}",
    "{{ insitu.window_features(spine=ref('spine'), events=ref('feat_other'), keys=['id'], measures=[]) }}",
    "{% set events = ref('feat_other') %} {{ insitu.window_features(spine=ref('spine'), events=events, keys=['id']) }}",
    "with spine as (select * from {{ ref('events') }}) select * from spine",
    "select id, as_of from",
)
MACROS = (
    "{{ insitu.window_features(spine=ref('spine'), events=ref('events'), keys=['id'], measures=[]) }}",
    "{{ insitu.join_features(spine=ref('spine'), key=['id', 'as_of'], features=[ref('feat_other')]) }}",
    "with a as ({{ insitu.latest_before(spine=ref('spine'), events=ref('events')) | indent(4) }}) "
    "select s.id, s.as_of, a.x from {{ ref('spine') }} as s inner join a on s.as_of = a.as_of",
)


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        """
        create table spine as select i % 3 as id, timestamp '2024-01-01' + i // 2 * interval '1 day' as as_of
        from range(14) as r(i);
        create table feat_other as select *, id * 10 + day(as_of) as y from spine;
        create table events as select i % 3 as id, timestamp '2024-01-01' + i * interval '7 hours' as at, i as x
        from range(25) as r(i)
        """
    )
    return connection


def template(case: str) -> str:
    """The model's file."""
    for name, called in NAMES.items():
        case = case.replace(name, called)
    return case


def rows(tables: duckdb.DuckDBPyConnection, model: str, due: bool) -> list[tuple[object, ...]]:
    """The rows of the model that are due, computed for the whole spine or for what is due of it."""

    def ref(name: str) -> str:
        return f"(select * from {name} where {DUE})" if due and name in ASKED else name

    sql = jinja2.Template(model).render(ref=ref, is_incremental=lambda: False)
    return sorted(tables.sql(f"select * from ({sql}) as model where {DUE}").fetchall(), key=str)


@pytest.mark.parametrize("name", ROW_BY_ROW)
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_some_rows_of_the_spine_will_do(tables: duckdb.DuckDBPyConnection, name: str, dialect: str) -> None:
    model = template(ROW_BY_ROW[name])
    assert is_row_by_row(model, ASKED, "as_of", dialect)
    found = rows(tables, model, due=True)
    assert found and found == rows(tables, model, due=False)


@pytest.mark.parametrize("name", MIXED)
def test_rows_that_meet_others_need_the_whole_spine(tables: duckdb.DuckDBPyConnection, name: str) -> None:
    model = template(MIXED[name])
    assert not is_row_by_row(model, ASKED, "as_of", "duckdb")
    assert rows(tables, model, due=True) != rows(tables, model, due=False)


@pytest.mark.parametrize("model", UNKNOWN)
def test_what_is_not_understood_is_computed_whole(model: str) -> None:
    assert not is_row_by_row(model, ASKED, "as_of", "duckdb")


@pytest.mark.parametrize("model", MACROS)
def test_the_macros_go_row_by_row(model: str) -> None:
    assert is_row_by_row(model, ASKED, "as_of", "duckdb")
