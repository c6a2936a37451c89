"""The look-up macros' calls under test, and what they mean by brute force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.dbt.features.oracle import Row, order_key

SOURCES = "spine=source('raw', 'spine'), events=source('raw', 'events')"
LOOKUPS = {
    "latest": f"""{{{{ insitu.latest_before({SOURCES}, keys={{'k': 'key'}}, columns=['x', 'c', 's'], order_by='seq',
        spine_key=['id'], prefix='f') }}}}""",
    "latest_fresh": f"""{{{{ insitu.latest_before({SOURCES}, keys={{'k': 'key', 's': 's'}},
        columns={{'twice': 'c * 2.0', 'c': 'c'}}, max_age='3 hours', spine_key=['id'], prefix='f') }}}}""",
    "latest_unique": """{{ insitu.latest_before(source('raw', 'spine'), source('raw', 'readings'), keys={'k': 'key'},
        columns=['c', 's'], max_age='1 day', spine_key=['id'], prefix='f') }}""",
    "lags": f"""{{{{ insitu.lag_features({SOURCES}, keys={{'k': 'key'}}, columns=['c', 's'], lags=[1, 2, 4],
        order_by=['seq'], spine_key=['id'], prefix='f') }}}}""",
    "validity": """{{ insitu.validity_lookup(source('raw', 'spine'), source('raw', 'periods'), keys={'k': 'key'},
        columns=['grade'], spine_key=['id'], prefix='f') }}""",
    "encoded": """{{ insitu.target_encoding(source('raw', 'spine'), source('raw', 'events'), keys={'k': 'key'},
        label='flag', matured_at='known_at',
        windows=['1 day', 'all'], prior_rows=5, spine_key=['id'], prefix='f') }}""",
}


def before(spine_row: Row, events: Sequence[Row], keys: dict[str, str], order: Sequence[str]) -> list[Row]:
    """The entity's events strictly before as_of, oldest first, equal times by the tiebreak."""
    mine = [
        event
        for event in events
        if event["known_at"] is not None
        and event["known_at"] < spine_row["as_of"]
        and all(spine_row[k] is not None and spine_row[k] == event[e] for k, e in keys.items())
    ]
    return sorted(mine, key=lambda event: (event["known_at"], *(order_key(event[c]) for c in order)))


def latest(row: Row, events: Sequence[Row]) -> Row:
    found = before(row, events, {"k": "key"}, ["seq", "x", "c", "s"])[-1:] or [{}]
    return {f"f__{c}": found[0].get(c) for c in ("x", "c", "s")}


def latest_fresh(row: Row, events: Sequence[Row]) -> Row:
    found = before(row, events, {"k": "key", "s": "s"}, ["c"])[-1:]
    c = found[0]["c"] if found and found[0]["known_at"] >= row["as_of"] - timedelta(hours=3) else None
    return {"f__twice": None if c is None else c * 2.0, "f__c": c}


def latest_unique(row: Row, readings: Sequence[Row]) -> Row:
    found = before(row, readings, {"k": "key"}, [])[-1:]
    fresh = found[0] if found and found[0]["known_at"] >= row["as_of"] - timedelta(days=1) else {}
    return {f"f__{c}": fresh.get(c) for c in ("c", "s")}


def lags(row: Row, events: Sequence[Row]) -> Row:
    found = before(row, events, {"k": "key"}, ["seq", "c", "s"])
    return {f"f__{c}_lag_{lag}": found[-lag][c] if len(found) >= lag else None for c in ("c", "s") for lag in (1, 2, 4)}


def validity(row: Row, periods: Sequence[Row]) -> Row:
    valid = [
        p["grade"]
        for p in periods
        if p["key"] == row["k"]
        and p["valid_from"] <= row["as_of"]
        and (p["valid_to"] is None or row["as_of"] < p["valid_to"])
    ]
    return {"f__grade": valid[0] if valid else None}


def encoded(row: Row, events: Sequence[Row]) -> Row:
    def mean(rows: Sequence[Row]) -> float:
        return sum(r["flag"] for r in rows) / len(rows) if rows else 0.0

    out: dict[str, Any] = {}
    for label, start in (("1d", row["as_of"] - timedelta(days=1)), ("all", datetime.min)):
        everyone = [e for e in events if e["known_at"] is not None and start <= e["known_at"] < row["as_of"]]
        mine = [e for e in everyone if row["k"] is not None and e["key"] == row["k"]]
        value = (len(mine) * mean(mine) + 5 * mean(everyone)) / (len(mine) + 5) if everyone else None
        out[f"f__flag_encoded_{label}"] = value
    return out
