"""A use case with experiments, its exposures and outcomes tables of rows that a test makes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg

from insitu.local_postgres import Database
from tests.dbt.experiments.project import compiled, duckdb_output, postgres_output
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse, Warehouse

AS_OF = datetime(2024, 3, 31, 12)
SALES = {"name": "sales", "kind": "mean", "value": "amount", "role": "primary", "minimum_effect": 0.5}
LATE = {
    "name": "late",
    "kind": "proportion",
    "value": "label",
    "better": "lower",
    "role": "guardrail",
    "margin": 0.05,
}
METRICS = [
    SALES,
    LATE,
    {"name": "minutes", "kind": "ratio", "value": "minutes", "per": "calls", "better": "lower"},
    {"name": "p90", "kind": "quantile", "q": 0.9, "value": "amount"},
    {"name": "capped", "kind": "mean", "value": "amount", "winsorise": 0.95},
    {"name": "adjusted", "kind": "mean", "value": "amount", "covariate": "spent_before"},
]
ONE_STEP = [{"after": "0 days", "shares": {"early": 0.5}}]
EXPERIMENTS: list[dict[str, Any]] = [
    # rows of a person are summed as their outcomes come; the share grows
    {
        "name": "ramped",
        "from": "2024-03-01",
        "unit": ["person"],
        "variants": [{"name": "usual"}, {"name": "early", "threshold": 0.3}],
        "ramp": [
            {"after": "0 days", "shares": {"early": 0.1}},
            {"after": "4 days", "shares": {"early": 0.5}},
        ],
        "metrics": METRICS,
        "slices": ["city"],
    },
    # a person counts once, two days after the first exposure; three variants
    {
        "name": "windowed",
        "from": "2024-03-01",
        "until": "2024-03-16",
        "unit": "person",
        "window": "2 days",
        "correction": "benjamini_hochberg",
        "alpha": 0.1,
        "variants": [{"name": "usual"}, {"name": "early", "threshold": 0.3}, {"name": "never", "action": "none"}],
        "ramp": [{"after": "0 days", "shares": {"early": 0.25, "never": 0.25}}],
        "metrics": [SALES, LATE],
    },
    # somebody rolled it back; the variant has no unit
    {
        "name": "empty",
        "from": "2024-03-01",
        "variants": [{"name": "usual"}, {"name": "early", "action": "treat"}],
        "ramp": ONE_STEP,
        "metrics": [SALES, METRICS[3]],
    },
]
ML = {
    "task": "binary",
    "entity": ["id"],
    "label": "hit",
    "experiments": EXPERIMENTS,
    "training": {"test": "10 days", "gap": "5 days", "validation": "10 days"},
}
COLUMNS = {
    "spine": "id bigint, as_of timestamp, person varchar, city varchar",
    "features": "id bigint, as_of timestamp, spent_before double precision",
    "exposures": (
        "experiment varchar, variant varchar, unit_id varchar, id bigint, as_of timestamp, is_control integer, share "
        "double precision, propensity double precision, model_version varchar, exposed_at timestamp, batch_id varchar"
    ),
    "outcomes": (
        "batch_id varchar, id bigint, as_of timestamp, label boolean, matured_at timestamp, amount double precision, "
        "minutes double precision, calls integer"
    ),
    "rollout_steps": (
        "experiment varchar, decided_at timestamp, step integer, state varchar, decision varchar, reason varchar, "
        "metric varchar, value double precision, limit_value double precision, plan_id varchar, challenger varchar, "
        "override_from timestamp, written_at timestamp"
    ),
}
BODIES = ("experiment_units", "experiment_results")
STUBS = ("models", "assignments", *COLUMNS)
MODELS = {f"shop__{name}": "select 1 as one" for name in STUBS} | {
    f"shop__{body}": f"{{{{ insitu.{body}('shop') }}}}" for body in BODIES
}
# Of the package, over all use cases, in the order in which they read one another.
OVER_ALL = ("ml_experiments", "ml_experiment_checks", "alert_sample_ratio", "alert_two_variants")
VARIABLES = {"insitu_as_of": str(AS_OF), "insitu_use_cases": ["shop"], "insitu_experiments": ["shop"]}


class Trial:
    """The bodies of a use case's experiments over one warehouse's tables."""

    def __init__(self, sql: dict[str, str], warehouse: Warehouse) -> None:
        self.sql, self.warehouse = sql, warehouse

    def empty(self) -> None:
        for name, columns in COLUMNS.items():
            self.warehouse.execute(f"drop table if exists shop__{name}; create table shop__{name} ({columns})")

    def run(self, exposures: pd.DataFrame, **tables: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Units and results of these rows, and what is said of all experiments."""
        self.empty()
        for name, rows in {"exposures": exposures, **tables}.items():
            if len(rows):
                self.warehouse.load("loaded", rows)
                columns = ", ".join(rows.columns)
                types = dict(part.strip().split(" ", 1) for part in COLUMNS[name].split(","))
                values = ", ".join(f"cast({column} as {types[column]})" for column in rows.columns)
                self.warehouse.execute(f"insert into shop__{name} ({columns}) select {values} from loaded")
        names = {body: f"shop__{body}" for body in BODIES} | {name: name for name in OVER_ALL}
        for name in names.values():
            self.warehouse.execute(f"drop table if exists {name}; create table {name} as {self.sql[name]}")
        return {part: self.warehouse.query(f"select * from {name}") for part, name in names.items()}


def on_duckdb(folder: Path, experiments: list[dict[str, Any]] = EXPERIMENTS) -> tuple[Trial, duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "compiled.duckdb")) as connection:
        Trial({}, DuckWarehouse(connection)).empty()
    declared = ML | {"experiments": experiments}
    sql = compiled(folder / "project", duckdb_output(folder), MODELS, declared, VARIABLES, OVER_ALL)
    opened = duckdb.connect(str(folder / "compiled.duckdb"))
    opened.execute("set threads = 1")
    return Trial(sql, DuckWarehouse(opened)), opened


def on_postgres(folder: Path, database: Database, connection: psycopg.Connection[Any]) -> Trial:
    Trial({}, PostgresWarehouse(connection)).empty()
    sql = compiled(folder / "project", postgres_output(database), MODELS, ML, VARIABLES, OVER_ALL)
    return Trial(sql, PostgresWarehouse(connection))
