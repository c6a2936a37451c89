"""The declared relations that the fuzzer's queries read."""

from __future__ import annotations

from typing import Any

_EVENT = {"kind": "event", "unique": [["event_id"]]}
RELATIONS: dict[str, dict[str, Any]] = {
    "spine": {
        "columns": {"id": "bigint", "k": "bigint", "as_of": "timestamp"},
        "point_in_time": {"kind": "spine", "key": ["id"]},
    },
    "events": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts"},
    },
    "slow": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts", "lag": "6 hours"},
    },
    "loose": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {**_EVENT, "available_at": "ts", "strict": False},
    },
    "zoned": {
        "columns": {"event_id": "bigint", "k": "bigint", "ts": "timestamp", "seen_at": "timestamptz"},
        "point_in_time": {**_EVENT, "available_at": "ts"},
    },
    "changes": {
        "columns": {"k": "bigint", "ts": "timestamp", "other": "timestamp", "v": "double"},
        "point_in_time": {"kind": "event", "available_at": "ts", "unique": [["k", "ts"]]},
    },
    "feed": {
        "columns": {"k": "bigint", "name": "varchar", "ts": "timestamp", "v": "double"},
        "point_in_time": {"kind": "raw", "key": ["k", "ts"]},
    },
    "dims": {
        "columns": {"k": "bigint", "w": "double"},
        "point_in_time": {"kind": "static", "reason": "made up, never changes", "unique": [["k"]]},
    },
    "versions": {
        "columns": {"k": "bigint", "price": "double", "valid_from": "timestamp", "valid_to": "timestamp"},
        "point_in_time": {
            "kind": "validity",
            "valid_from": "valid_from",
            "valid_to": "valid_to",
            "unique": [["k", "valid_from"]],
        },
    },
    "outcomes": {
        "columns": {"id": "bigint", "k": "bigint", "late": "boolean", "matured_at": "timestamp"},
        "point_in_time": {"kind": "labels", "unique": [["id"]]},
    },
}
# When the rows of raw relations are really known: what their staging models are to find out.
KNOWN = {"feed": {"kind": "event", "available_at": "ts", "strict": False, "unique": [["k", "ts"]]}}
