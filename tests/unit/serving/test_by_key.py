"""Which features can be asked for by key, and what is said of those that cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb
import pytest

from insitu.config import UseCase, parse
from insitu.scoring.compiled import Model
from insitu.scoring.instead import place
from insitu.serving.by_key import ByKey, NotByKey, by_key, spine_name

CONFIG: UseCase = parse(
    {"task": "binary", "entity": "k", "label": "y", "candidates": [{"name": "a", "family": "logistic_regression"}]}, "u"
)


def model(name: str, template: str, *reads: str, kind: str | None = "features", **more: object) -> Model:
    sql = template
    for read in reads:
        sql = sql.replace(f"{{{{ ref('{read}') }}}}", f'"db"."s"."{read}"')
    made = Model(name, name, f'"s"."{name}"', "table", False, False, reads, kind, "as_of", template, sql)
    return replace(made, **more)  # type: ignore[arg-type]


SPINE = model("u__spine", "select k, as_of, region from raw", kind="spine")
EVENTS = model("events", "select * from raw_events", kind="event")
OWN = model(
    "feat_own",
    "select spine.k, spine.as_of, count(events.seen) as n from {{ ref('u__spine') }} as spine "
    "left join {{ ref('events') }} as events on spine.region = events.region and events.seen < spine.as_of "
    "group by spine.k, spine.as_of",
    *("u__spine", "events"),
)
JOINED = (
    "select s.k, s.as_of, f.* exclude (k, as_of) from {{ ref('u__spine') }} as s inner join {{ ref('FEAT') }} as f "
)
JOINED += "on s.k = f.k and s.as_of = f.as_of"


def features(name: str) -> Model:
    return model("u__features", JOINED.replace("FEAT", name), "u__spine", name)


def made(*models: Model, later: Mapping[str, Model] | None = None) -> ByKey:
    known = {each.id: each for each in (SPINE, EVENTS, *models)}
    places = {name: [place("db", "s", name), place("", "s", name)] for name in known}
    return by_key("u", CONFIG, known, {**known, **(later or {})}, places, "duckdb")


def test_rows_that_are_asked_for_stand_for_the_spine() -> None:
    found = made(OWN, features("feat_own"))
    assert (found.spines, found.reads) == (("u__spine",), ("events",))
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as db; create schema db.s")
        connection.execute(
            "create table db.s.events as select * from (values ('n', 1), ('n', 2), ('s', 1)) t (region, seen)"
        )
        asked = "select * from (values (7, 2, 'n'), (8, 9, 'n'), (9, 9, 'w')) as asked (k, as_of, region)"
        rows = connection.sql(found.over({spine_name(0): asked})).fetchall()
    assert sorted(rows) == [(7, 2, 1), (8, 9, 2), (9, 9, 0)]


OTHER_ROWS = model(
    "feat_others",
    "select spine.k, spine.as_of, count(*) over (partition by spine.as_of) as n from {{ ref('u__spine') }} as spine",
    "u__spine",
)
INLINED = model(
    "inlined",
    "select other.as_of, count(*) as n from {{ ref('u__spine') }} as other group by other.as_of",
    "u__spine",
    kind="labels",
    materialized="ephemeral",
)
OVER_INLINED = model(
    "feat_inlined",
    "select spine.k, spine.as_of, inlined.n from {{ ref('u__spine') }} as spine "
    "left join {{ ref('inlined') }} as inlined on inlined.as_of < spine.as_of",
    *("u__spine", "inlined"),
)
PYTHON = model("feat_python", "def model(dbt, session): ...", "u__spine", is_python=True)
ROOTLESS = model("feat_rootless", "select k, as_of, 1 as n from {{ ref('events') }}", "events")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ([OTHER_ROWS], "`feat_others` may look at other rows of its spine"),
        ([INLINED, OVER_INLINED], "`feat_inlined` may look at other rows of its spine"),
        ([PYTHON], "`feat_python` is a Python model"),
        ([ROOTLESS], "`feat_rootless` reads no spine"),
        ([replace(OWN, as_of="at")], "`feat_own` may look at other rows"),
    ],
)
def test_what_cannot_be_asked_for(models: list[Model], said: str) -> None:
    with pytest.raises(NotByKey, match="The features of `u` cannot be asked for by key: ") as refused:
        made(*models, features(models[-1].name))
    assert said in str(refused.value)


def test_what_depends_on_the_moment_of_the_run() -> None:
    later = {OWN.id: replace(OWN, sql=OWN.sql + " -- 9000-01-01")}
    with pytest.raises(NotByKey, match="the SQL of `feat_own` depends on the moment of the run"):
        made(OWN, features("feat_own"), later=later)
