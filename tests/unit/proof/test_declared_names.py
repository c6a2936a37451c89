# ruff: noqa: E501 — a query per line reads better
"""Names in capital letters: PostgreSQL keeps them when they are quoted, for DuckDB case does not count.

Whether a query leaks is said by hand, from what the declaration says of the column that the warehouse reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from insitu.proof import check_sql
from insitu.proof.lineage import tracing
from insitu.proof.project import checking, manifest
from insitu.proof.project.declarations import DeclarationError
from insitu.proof.project.project import Project
from insitu.proof.rerun.witness import attach

from .projects import write

BOTH = ("duckdb", "postgres")
# Every kind, with every column in capitals; `Ts` of PostgreSQL is beside a `ts` that says nothing about time.
RELATIONS: dict[str, dict[str, Any]] = {
    "spine": {
        "columns": {"VisitId": "bigint", "K": "bigint", "AsOf": "timestamp"},
        "point_in_time": {"kind": "spine", "as_of": "AsOf", "key": ["VisitId"], "not_null": ["K"]},
    },
    "events": {
        "columns": {"EventId": "bigint", "K": "bigint", "Ts": "timestamp", "V": "double"},
        "point_in_time": {
            "kind": "event", "available_at": "Ts", "unique": [["EventId"]],
            "determined": [{"column": "Ts", "by": "K", "as_in": "races", "key": "RaceId", "equals": "HeldAt"}],
        },
    },
    "races": {
        "columns": {"RaceId": "bigint", "HeldAt": "timestamp", "Place": "varchar"},
        "point_in_time": {"kind": "event", "available_at": "HeldAt", "unique": [["RaceId"]]},
    },
    "prices": {
        "columns": {"K": "bigint", "Price": "double", "From": "timestamp", "To": "timestamp", "IsCurrent": "boolean"},
        "point_in_time": {
            "kind": "validity", "valid_from": "From", "valid_to": "To", "current_flags": ["IsCurrent"],
            "unique": [["K", "From"]],
        },
    },
    "customers": {
        "columns": {"K": "bigint", "Born": "date", "City": "varchar"},
        "point_in_time": {
            "kind": "mutable", "immutable": ["K", "Born"], "unique": [["K"]],
            "rows_are_permanent": "loaded before the first visit",
        },
    },
    "zones": {
        "columns": {"K": "bigint", "Zone": "varchar"},
        "point_in_time": {"kind": "static", "reason": "zones do not move", "unique": [["K"]]},
    },
    "outcomes": {
        "columns": {"VisitId": "bigint", "AsOf": "timestamp", "IsLate": "boolean", "MaturedAt": "timestamp"},
        "point_in_time": {"kind": "labels", "matured_at": "MaturedAt", "unique": [["VisitId"]]},
    },
}  # fmt: skip
FEATURES = {"kind": "features", "as_of": "AsOf", "key": ["VisitId"]}
KEYS = 's."VisitId", s."AsOf"'

PROVED = {
    "an event": f'select {KEYS}, count(e."V") as "N" from spine s left join events e on e."K" = s."K" and e."Ts" < s."AsOf" group by {KEYS}',
    "a row joined again by its key": f'select {KEYS}, max(r."Place") as p from spine s left join events e on e."K" = s."K" and e."Ts" < s."AsOf" left join races r on r."RaceId" = e."K" and e."Ts" < s."AsOf" group by {KEYS}',
    "a version": f'select {KEYS}, p."Price" from spine s left join prices p on p."K" = s."K" and p."From" <= s."AsOf" and (p."To" is null or s."AsOf" < p."To")',
    "today's values": f'select {KEYS}, c."Born" from spine s left join customers c on c."K" = s."K"',
    "facts": f'select {KEYS}, z."Zone" from spine s left join zones z on z."K" = s."K"',
}
LEAKS = {
    "an event of the future": f'select {KEYS}, count(e."V") as "N" from spine s left join events e on e."K" = s."K" and e."Ts" <= s."AsOf" group by {KEYS}',
    "the end of a version": f'select {KEYS}, p."To" from spine s left join prices p on p."K" = s."K" and p."From" <= s."AsOf" and (p."To" is null or s."AsOf" < p."To")',
    "a flag of today": f'select {KEYS}, p."IsCurrent" from spine s left join prices p on p."K" = s."K" and p."From" <= s."AsOf" and (p."To" is null or s."AsOf" < p."To")',
    "today's city": f'select {KEYS}, c."City" from spine s left join customers c on c."K" = s."K"',
    "an outcome": f'select {KEYS}, o."IsLate" from spine s left join outcomes o on o."VisitId" = s."VisitId"',
}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("case", PROVED)
def test_what_is_known_is_proved(case: str, dialect: str) -> None:
    result = check_sql(PROVED[case], RELATIONS, declaration=FEATURES, dialect=dialect)
    assert result.ok, result
    assert {c.status for c in result.columns} == {"proved"}


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("case", LEAKS)
def test_what_is_not_known_is_refused(case: str, dialect: str) -> None:
    assert not check_sql(LEAKS[case], RELATIONS, declaration=FEATURES, dialect=dialect).ok


@pytest.mark.parametrize("dialect", BOTH)
def test_a_training_set_knows_its_labels(dialect: str) -> None:
    sql = f'select {KEYS}, z."Zone", o."IsLate", o."MaturedAt" from spine s left join zones z on z."K" = s."K" join outcomes o on o."VisitId" = s."VisitId"'
    declaration = {"kind": "training_set", "as_of": "AsOf", "labels": ["IsLate", "MaturedAt"]}
    assert check_sql(sql, RELATIONS, declaration=declaration, dialect=dialect).ok
    feature = {**declaration, "labels": ["MaturedAt"]}
    assert not check_sql(sql, RELATIONS, declaration=feature, dialect=dialect).ok


@pytest.mark.parametrize("dialect", BOTH)
def test_a_declared_model(dialect: str) -> None:
    """Its names are those that its SQL gives: quoted ones as they are written."""
    relations = {
        **RELATIONS,
        "m": {"sql": 'select "K", "Ts" as "At" from events', "point_in_time": {"kind": "event", "available_at": "At"}},
    }
    reader = f'select {KEYS}, count(m."K") as n from spine s left join m on m."K" = s."K" and m."At" < s."AsOf" group by {KEYS}'
    assert check_sql(reader, relations, declaration=FEATURES, dialect=dialect).ok
    assert not check_sql(reader.replace("<", "<="), relations, declaration=FEATURES, dialect=dialect).ok


def test_two_names_that_differ_in_case_are_two_columns() -> None:
    """Of PostgreSQL; the one that is declared bounds the rows, the other one does not."""
    events = {
        "columns": {"k": "bigint", "K": "bigint", "ts": "timestamp", "Ts": "timestamp"},
        "point_in_time": {"kind": "event", "available_at": "Ts", "unique": [["K"]]},
    }
    sql = f'select {KEYS}, count(e.k) as n from spine s left join events e on e.k = s."K" and e."Ts" < s."AsOf" group by {KEYS}'
    assert check_sql(sql, {**RELATIONS, "events": events}, declaration=FEATURES, dialect="postgres").ok
    for other in ("e.ts", "e.Ts"):
        leak = sql.replace('e."Ts"', other)
        assert not check_sql(leak, {**RELATIONS, "events": events}, declaration=FEATURES, dialect="postgres").ok
    latest = f'select {KEYS}, e."Ts" from spine s left join events e on e."K" = s."K" and e."Ts" < s."AsOf"'
    assert check_sql(latest, {**RELATIONS, "events": events}, declaration=FEATURES, dialect="postgres").ok
    several = latest.replace('e."K"', "e.k")  # not the declared key: several rows, of which any may be the one
    result = check_sql(several + " limit 1", {**RELATIONS, "events": events}, declaration=FEATURES, dialect="postgres")
    assert not result.ok


def test_a_name_in_another_case_than_the_column() -> None:
    """PostgreSQL has no such column, and nor has the test of obligations, which quotes it; for DuckDB it is the same."""
    spine = {
        "columns": {"visit_id": "bigint", "k": "bigint", "as_of": "timestamp"},
        "point_in_time": {"kind": "spine", "key": ["Visit_ID"]},
    }
    sql, relations = "select visit_id, as_of, k from spine", {"spine": spine}
    declaration = {"kind": "features", "key": ["VISIT_ID"]}
    assert check_sql(sql, relations, declaration=declaration).ok
    with pytest.raises(
        DeclarationError, match=r"`spine` has no column `Visit_ID`, which .* names .it has: visit_id, k, as_of"
    ):
        check_sql(sql, relations, declaration={"kind": "features", "key": ["visit_id"]}, dialect="postgres")


def project(folder: Path, adapter: str, raw: str, columns: dict[str, str], **config: Any) -> Path:
    """An incremental spine over one source."""
    sources = {"asked": {"columns": columns, "point_in_time": {"kind": "spine", "as_of": "AsOf", "key": ["Id"]}}}
    model = {
        "sql": '\nselect "Id", "AsOf" from "db"."raw"."asked" as s\n',
        "raw": "{{ config(materialized='incremental') }}\nselect \"Id\", \"AsOf\" from {{ source('shop', 'asked') }} as s\n" + raw,
        "point_in_time": {"kind": "spine", "as_of": "AsOf", "key": ["Id"]},
        "config": {"materialized": "incremental", **config},
    }  # fmt: skip
    macros = {"dbt.is_incremental": "{% macro is_incremental() %}{{ return(load_relation(this)) }}{% endmacro %}"}
    return write(folder, sources, {"spine": model}, macros, adapter=adapter)


WHERE = "{{% if is_incremental() %}} where {} > (select max({}) from {{{{ this }}}}) {{% endif %}}"
COLUMNS = {"Id": "bigint", "AsOf": "timestamp", "K": "bigint"}


@pytest.mark.parametrize("adapter", BOTH)
def test_what_an_increment_adds(tmp_path: Path, adapter: str) -> None:
    good = project(tmp_path / "good", adapter, WHERE.format('s."AsOf"', '"AsOf"'), COLUMNS)
    assert checking.check(good).ok
    keyed = project(tmp_path / "keyed", adapter, WHERE.format('s."AsOf"', '"AsOf"'), COLUMNS, unique_key=["Id", "AsOf"])
    assert checking.check(keyed).ok


def test_an_increment_by_a_column_that_differs_in_case(tmp_path: Path) -> None:
    """Rows of a later as-of with an earlier `asof` would never be added."""
    other = {**COLUMNS, "asof": "timestamp"}
    for outer, inner in (("s.asof", '"AsOf"'), ('s."AsOf"', "asof"), ("s.AsOf", "AsOf")):
        target = project(tmp_path / f"{outer}{inner}".replace('"', "_"), "postgres", WHERE.format(outer, inner), other)
        assert not checking.check(target).ok


@pytest.mark.parametrize("adapter", BOTH)
def test_lineage(tmp_path: Path, adapter: str) -> None:
    models = {"feat": {"sql": PROVED["an event"], "point_in_time": FEATURES}}
    target = write(tmp_path, RELATIONS, models, adapter=adapter)
    found = Project(*manifest.read(target, manifest.load(target)))
    (lineage,) = tracing.of_feature(found, "N")
    name = (lambda n: n) if adapter == "postgres" else str.lower
    assert ("shop.events", name("Ts")) in lineage.value
    assert [x.column for x in tracing.affected(found, "events.V")] == [name("N")]


@pytest.mark.parametrize("adapter", BOTH)
def test_a_witness_of_a_leak(tmp_path: Path, adapter: str) -> None:
    sql = LEAKS["an event of the future"]
    for name in RELATIONS:
        sql = sql.replace(f" {name} ", f' "db"."raw"."{name}" ')
    target = write(tmp_path, RELATIONS, {"feat": {"sql": sql, "point_in_time": FEATURES}}, adapter=adapter)
    outcome = checking.check(target, witnesses=attach)
    assert [c.status for r in outcome.results for c in r.columns if c.column.lower() == "n"] == ["refuted"]
