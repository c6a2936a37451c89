"""Entries of dbt's manifest: what one declares, and which ones it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Entry = Mapping[str, Any]


def _meta(entry: Entry) -> Mapping[str, Any]:
    return entry.get("config", {}).get("meta") or entry.get("meta") or {}


def declaration(entry: Entry) -> Any:
    """`config.meta.point_in_time` as it is written; None where there is none."""
    return _meta(entry).get("point_in_time")


def declares(entry: Entry) -> bool:
    """Is there a declaration, whatever it says?"""
    return "point_in_time" in _meta(entry)


def upstream(entries: Mapping[str, Entry], keys: Iterable[str]) -> set[str]:
    """The keys of these entries and of all that they read, directly or not."""
    pending, found = list(keys), set[str]()
    while pending:
        key = pending.pop()
        if key in entries and key not in found:
            found.add(key)
            pending += entries[key].get("depends_on", {}).get("nodes", [])
    return found
