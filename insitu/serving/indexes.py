"""Which indexes requests by key would want: features look events up by their keys and time, where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from insitu.quoting import identifiers, literal, parts, qualified
from insitu.serving.by_key import ByKey
from insitu.warehouse.connection import Warehouse

TOLD = re.compile(r"^ *-- insitu\.features (\{.*\})$", re.MULTILINE)  # by the macros, of what they look up


def missing_indexes(warehouse: Warehouse, queries: Iterable[ByKey]) -> dict[str, list[list[str]]]:
    """By table of PostgreSQL: the columns of each index that a request by key would want and there is none of.

    An index serves if it begins with the keys, in any order, and goes on with the time.
    """
    found: dict[str, list[list[str]]] = {}
    for told in (json.loads(each) for query in queries for sql in query.parts.values() for each in TOLD.findall(sql)):
        place = parts(told["events"])[-2:]
        keys, time = list(told["keys"].values()), told["available_at"]
        if len(place) < 2 or not keys or not time:
            continue
        known = _indexes(warehouse, *place)
        if known is None:
            continue
        wanted = [*keys, time]
        is_there = any(sorted(each[: len(keys)]) == sorted(keys) and each[len(keys) :][:1] == [time] for each in known)
        lacking = found.setdefault(qualified(*place), [])
        if not is_there and wanted not in lacking:
            lacking.append(wanted)
    return {table: sorted(columns) for table, columns in sorted(found.items()) if columns}


def said(table: str, columns: list[list[str]]) -> str:
    """For a person."""
    wanted = ", ".join(f"({identifiers(*each)})" for each in columns)
    return f"{table} is read whole for each request by key; an index would find its rows: {wanted}"


def _indexes(warehouse: Warehouse, schema: str, name: str) -> list[list[str]] | None:
    """The columns of each index of a table; None where it is no table."""
    rows = warehouse.query(
        "select cast(json_agg(a.attname order by place.n) as text) as columns from pg_class as c "
        "left join pg_index as i on i.indrelid = c.oid and i.indisvalid and i.indpred is null "
        "left join lateral unnest(i.indkey) with ordinality as place (attnum, n) on true "
        "left join pg_attribute as a on a.attrelid = c.oid and a.attnum = place.attnum "
        f"where c.oid = to_regclass({literal(qualified(schema, name))}) and c.relkind in ('r', 'p', 'm') "
        "group by i.indexrelid"
    )
    return [json.loads(each) for each in rows.column(0).to_pylist()] if rows.num_rows else None
