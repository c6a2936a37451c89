"""A compiled dbt project in miniature: what `insitu check` reads, without running dbt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write(
    target: Path,
    relations: dict[str, dict[str, Any]],
    models: dict[str, dict[str, Any]],
    macros: dict[str, str] | None = None,
    run: dict[str, str] | None = None,
    adapter: str = "duckdb",
) -> Path:
    """Write manifest.json.

    Args:
        relations: sources: {name: {columns, point_in_time}}.
        models: {name: {sql, raw, point_in_time, config}}.
        macros: package.name → text.
        run: hooks of the run, `on-run-start` or `on-run-end` → text.
    """
    sources = {
        f"source.{name}": {
            "unique_id": f"source.{name}", "resource_type": "source", "name": name, "source_name": "shop",
            "database": "db", "schema": "raw", "identifier": name, "config": {"meta": _meta(r)},
            "columns": {c: {"name": c, "data_type": t} for c, t in r["columns"].items()},
            "original_file_path": "models/_s.yml",
        }
        for name, r in relations.items()
    }  # fmt: skip
    nodes = {
        f"model.{name}": {
            "unique_id": f"model.{name}", "resource_type": "model", "name": name, "language": "sql", "database": "db",
            "schema": "main", "alias": name, "columns": {},
            "config": {"meta": _meta(m), **m.get("config", {})}, "package_name": "shop",
            "compiled_code": m["sql"], "raw_code": m.get("raw", m["sql"]), "original_file_path": f"models/{name}.sql",
        }
        for name, m in models.items()
    }  # fmt: skip
    operations = {
        f"operation.shop.{tag}": {
            "unique_id": f"operation.shop.{tag}", "resource_type": "operation", "name": f"shop-{tag}-0", "tags": [tag],
            "package_name": "shop", "raw_code": text, "original_file_path": "dbt_project.yml", "config": {},
        }
        for tag, text in (run or {}).items()
    }  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    contents = {
        "metadata": {"adapter_type": adapter, "project_name": "shop"},
        "nodes": nodes | operations,
        "sources": sources,
        "macros": {name: _macro(name, text) for name, text in (macros or {}).items()},
    }
    (target / "manifest.json").write_text(json.dumps(contents))
    return target


def _macro(name: str, text: str) -> dict[str, Any]:
    package, _, plain = name.partition(".")
    path = f"macros/{plain}.sql"
    return {"name": plain, "package_name": package, "macro_sql": text, "original_file_path": path, "meta": {}}


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return {"point_in_time": entry["point_in_time"]} if entry.get("point_in_time") else {}


RELATIONS: dict[str, dict[str, Any]] = {
    "visits": {
        "columns": {"visit_id": "bigint", "as_of": "timestamp", "customer": "bigint"},
        "point_in_time": {"kind": "spine", "key": ["visit_id"]},
    },
    "orders": {
        "columns": {"order_id": "bigint", "customer": "bigint", "paid_at": "timestamp", "amount": "double"},
        "point_in_time": {"kind": "event", "available_at": "paid_at", "unique": [["order_id"]]},
    },
}
GOOD = """select v.visit_id, v.as_of, count(o.order_id) as orders
from "db"."raw"."visits" v
left join "db"."raw"."orders" o on o.customer = v.customer and o.paid_at < v.as_of
group by v.visit_id, v.as_of"""
LEAK = GOOD.replace("o.paid_at < v.as_of", "o.paid_at <= v.as_of")
FEATURES = {"kind": "features", "key": ["visit_id"]}
