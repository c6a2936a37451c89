"""A use case whose tables are made by hand: all that the scorer reads and writes, on either warehouse, without dbt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from insitu.nodes import ledger
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot

NOON = "2024-03-10 12:00:00"
META = ml({"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}})
FEATURES = "id, as_of, a, b, noise, n, flag, city"
SCHEMAS = {"predictions": "predictions", "batches": "predictions", "decisions": "actions", "latest": "actions"}
PARTS = ("models", "scoring_set", "due", "champion", "predictions", "batches")


@cache
def registered() -> pa.Table:
    """A registered version."""
    return train(META, "demo", snapshot(600), progress=silent)


def version() -> str:
    """Its name."""
    return str(registered()["model_version"][0].as_py())


@dataclass(frozen=True)
class Project:
    """What the scorer asks of a dbt project."""

    settings: dict[str, Any]  # of the warehouse, as `credentials`
    use_cases: tuple[str, ...] = ("demo",)
    schemas: Mapping[str, str] = field(default_factory=dict)  # as `insitu_schemas` says, by layer

    @property
    def credentials(self) -> Any:
        return SimpleNamespace(**self.settings)

    @property
    def dialect(self) -> str:
        return "duckdb" if self.settings["type"] == "duckdb" else "postgres"

    @property
    def models(self) -> dict[str, Any]:
        found = {}
        for part in (*PARTS, "latest"):
            layer = SCHEMAS.get(part, "training")
            schema = self.schemas.get(layer, layer)
            found[f"demo__{part}"] = {"schema": schema, "alias": f"demo__{part}", "config": {"schema": schema}}
        return found

    def variable(self, name: str, default: Any = None) -> Any:
        return self.schemas if name == "insitu_schemas" else default

    def relation(self, name: str) -> str:
        node = self.models[name]
        return f'"{node["schema"]}"."{node["alias"]}"'

    def use_case_config(self, use_case: str) -> dict[str, Any]:
        assert use_case == "demo"
        return META

    def to_json(self) -> str:
        return json.dumps(self.settings)

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, each committed; the rows of the last."""
        rows: list[tuple[Any, ...]] = []
        if self.settings["type"] == "duckdb":
            with duckdb.connect(self.settings["path"]) as connection:
                for statement in statements:
                    rows = connection.execute(statement).fetchall()
            return rows
        with dbapi.connect(self.uri, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    @property
    def uri(self) -> str:
        """Of the PostgreSQL database."""
        s = self.settings
        return f"postgresql://{s['user']}:{s['password']}@/{s['database']}?host={s['host']}&port={s['port']}"

    def make(self, rows: int) -> Project:
        """The tables, with so many rows that are due."""
        tables = {"training.demo__models": registered(), "predictions.demo__batches": ledger.as_table([])}
        given = snapshot(600).select(FEATURES.split(", "))
        self.execute("create schema training", "create schema predictions", "create schema actions")
        if self.settings["type"] == "duckdb":
            with duckdb.connect(self.settings["path"]) as connection:
                for name, table in {**tables, "training.given": given}.items():
                    connection.register("table_given", table)
                    connection.execute(f"create table {name} as select * from table_given")
        else:
            with dbapi.connect(self.uri) as connection, connection.cursor() as cursor:
                for name, table in {**tables, "training.given": given}.items():
                    schema, _, own = name.partition(".")
                    cursor.adbc_ingest(own, table, mode="create", db_schema_name=schema)
                connection.commit()
        series = f"range({rows})" if self.settings["type"] == "duckdb" else f"generate_series(0, {rows - 1})"
        self.execute(
            f"create table training.demo__scoring_set as select cast('set' as varchar) as scoring_set_id, "
            f"timestamp '{NOON}' as batch_as_of, cast(i as bigint) as id, "
            f"timestamp '{NOON}' as as_of, a, b, noise, n, flag, city "
            f"from {series} as r(i) inner join training.given on given.id = i % 600",
            "create table predictions.demo__predictions (batch_id varchar, batch_as_of timestamp, "
            "model_version varchar, id bigint, as_of timestamp, score double precision, predicted_at timestamp)",
            "create unique index once on predictions.demo__batches (batch_id)",
            *(
                ["create unique index prediction_once on predictions.demo__predictions (batch_id, id, as_of)"]
                if self.settings["type"] != "duckdb"
                else []
            ),
            f"create view training.demo__due as select cast('{version()}' as varchar) as model_version, s.* "
            "from training.demo__scoring_set as s where not exists (select 1 from predictions.demo__predictions as p "
            f"where p.id = s.id and p.model_version = '{version()}')",
            f"create table training.demo__champion as select '{version()}' as model_version, "
            f"timestamp '{NOON}' as champion_since",
            "create view predictions.demo__scores as select id, score from predictions.demo__predictions",
            "create view actions.demo__latest as select s.id, s.city, p.score from training.demo__scoring_set as s "
            "inner join predictions.demo__predictions as p on s.id = p.id",
        )
        return self


def on_duckdb(path: str) -> Project:
    return Project({"type": "duckdb", "path": path})


def on_postgres(database: Any) -> Project:
    login = {name: getattr(database, name) for name in ("host", "port", "user", "password")}
    return Project({"type": "postgrespy", "database": database.dbname, **login})
