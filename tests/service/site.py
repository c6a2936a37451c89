"""A use case that is served, its tables made by hand: two versions, a policy, features by key; on either warehouse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from insitu.nodes import ledger
from insitu.scoring.publish import Relation
from insitu.scoring.publish.duckdb_copy import publish_copy
from insitu.serving.by_key import ByKey, spine_name
from insitu.serving.function import FeaturesAt
from insitu.serving.publish import COLUMNS, Published, publish_functions, statements
from insitu.training.train import silent, train
from insitu.warehouse import connect
from tests.faults.demo import NOON, Project, on_duckdb, on_postgres
from tests.unit.training.example import ml, snapshot

ROWS = 600
NOW = datetime.fromisoformat(NOON)
CANDIDATES = (
    {"name": "gbm", "family": "hist_gradient_boosting", "parameters": {"max_iter": 20}},
    {"name": "linear", "family": "logistic_regression"},
)
META = {**ml(*CANDIDATES), "evaluation": {"threshold": 0.5}}
COLUMNS_OF_FEATURES = ("a", "b", "noise", "n", "flag", "city")
TYPES = {
    "id": "bigint",
    "as_of": "timestamp",
    **dict.fromkeys(("a", "b", "noise"), "double precision"),
    "n": "bigint",
    "flag": "boolean",
    "city": "varchar",
}
PLACES = {
    "training": ("models", "spine", "known"),
    "evaluation": ("champion", "promotions"),
    "actions": ("policies",),
    "predictions": ("predictions", "predictions_latest", "batches", "scored_features"),
}


@cache
def registered() -> pa.Table:
    """The registered versions, the first in charge."""
    return train(META, "demo", snapshot(ROWS), progress=silent)


def versions() -> list[str]:
    """Their names, as the candidates are named."""
    found = registered().to_pylist()
    return [next(row["model_version"] for row in found if row["candidate"] == each["name"]) for each in CANDIDATES]


def relation(part: str) -> str:
    """The quoted name of a part of the use case."""
    schema = next(schema for schema, names in PLACES.items() if part in names)
    return f'"{schema}"."demo__{part}"'


@dataclass(frozen=True)
class Site:
    """The use case on one warehouse.

    Attributes:
        folder: of the published copy, on DuckDB.
    """

    project: Project
    folder: Path

    @property
    def kind(self) -> str:
        """`duckdb` or `postgres`."""
        return self.project.dialect

    @property
    def copy(self) -> Path:
        """The published copy."""
        return self.folder / Path(self.project.settings["path"]).name

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, each committed; the rows of the last."""
        return self.project.execute(*statements)

    def make(self) -> Site:
        """The tables, published; nothing is scored yet."""
        self.execute(*(f"create schema {schema}" for schema in PLACES))
        given = snapshot(ROWS)
        self._load("training.demo__models", registered())
        self._load("training.demo__known", given.select(["id", *COLUMNS_OF_FEATURES]))
        self._load("predictions.demo__batches", ledger.as_table([]))
        columns = ", ".join(f"{name} {TYPES[name]}" for name in ("id", "as_of", *COLUMNS_OF_FEATURES))
        of_record = "select batch_id from predictions.demo__batches where is_shadow = 0"
        first, second = versions()
        self.execute(
            "create table training.demo__spine (id bigint, as_of timestamp)",
            "insert into training.demo__spine select id, timestamp '2024-01-01' from training.demo__known",
            f"create table evaluation.demo__champion as select cast('{first}' as varchar) as model_version",
            "create table evaluation.demo__promotions as select cast(model_version as varchar) as model_version, "
            "cast(0.5 as double precision) as validation_value "
            f"from (values ('{first}'), ('{second}')) as judged (model_version)",
            "create table actions.demo__policies as select cast(0.5 as double precision) as threshold, "
            "cast('call' as varchar) as treat, cast('wait' as varchar) as treat_not, "
            "timestamp '2020-06-01' as decided_from, timestamp '2020-06-01' as written_at",
            "create table predictions.demo__predictions (batch_id varchar, batch_as_of timestamp, "
            "model_version varchar, id bigint, as_of timestamp, score double precision, predicted_at timestamp)",
            "create view predictions.demo__predictions_latest as select id, as_of, as_of as valid_until, score, "
            "0.5 as threshold, case when score >= 0.5 then 'call' else 'wait' end as action, "
            "cast(null as double precision) as expected_profit, model_version, batch_id, batch_as_of, predicted_at "
            "from (select p.*, row_number() over (partition by id order by as_of desc) as recency "
            f"from predictions.demo__predictions as p where batch_id in ({of_record})) as p where recency = 1",
            f"create table predictions.demo__scored_features (batch_id varchar, batch_as_of timestamp, {columns})",
        )
        self.publish()
        return self

    def _load(self, name: str, table: pa.Table) -> None:
        if self.kind == "duckdb":
            with duckdb.connect(self.project.settings["path"]) as connection:
                connection.register("table_given", table)
                connection.execute(f"create table {name} as select * from table_given")
            return
        schema, _, own = name.partition(".")
        with dbapi.connect(self.project.uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(own, table, mode="create", db_schema_name=schema)

    def publish(self) -> None:
        """What `insitu score publish --serve` makes."""
        spine = relation("spine")
        joined = (
            f"select spine.id, spine.as_of, {', '.join(f'known.{name}' for name in COLUMNS_OF_FEATURES)} "
            f"from {spine_name(0)} as spine left join {relation('known')} as known on known.id = spine.id"
        )
        query = ByKey(("spine",), {"insitu_part_0": joined}, "insitu_part_0", ("known",))
        of_spine = {name: TYPES[name] for name in ("id", "as_of")}
        function = FeaturesAt("published", "demo__features_at", ["id"], "as_of", {spine: of_spine}, TYPES, query)
        relations = {part: relation(part) for parts in PLACES.values() for part in parts}
        told = {"settings": META, "relations": relations, "asked": of_spine, "given": TYPES}
        row = dict.fromkeys(COLUMNS, "") | {name: json.dumps(value) for name, value in told.items()}
        row |= {"use_case": "demo", "function": function.function, "published_at": NOON}
        found = [Published("demo", function, row)]
        if self.kind == "postgres":
            with connect(self.project, read_only=False) as warehouse:  # type: ignore[arg-type]
                publish_functions(warehouse, "published", found)
            return
        copied = [Relation(schema, f"demo__{part}") for schema, parts in PLACES.items() for part in parts]
        publish_copy(Path(self.project.settings["path"]), self.folder, copied, statements("published", found, "duckdb"))

    def put_in_charge(self, version: str) -> None:
        """A promotion."""
        self.execute(f"update evaluation.demo__champion set model_version = '{version}'")
        if self.kind == "duckdb":
            self.publish()

    def score(self, version: str, score: float, predicted_at: str, is_shadow: int = 0) -> None:
        """A batch of the spine, which says the same of everybody."""
        batch_id = f"{version}-{predicted_at}"
        self.execute(
            "insert into predictions.demo__predictions "
            f"select '{batch_id}', timestamp '{predicted_at}', '{version}', id, as_of, {score}, "
            f"timestamp '{predicted_at}' from training.demo__spine",
            "insert into predictions.demo__batches (batch_id, batch_as_of, model_version, scoring_set_id, is_shadow, "
            f"status, n_rows, n_written, predicted_at) values ('{batch_id}', timestamp '{predicted_at}', '{version}', "
            f"'set', {is_shadow}, 'published', {ROWS}, {ROWS}, timestamp '{predicted_at}')",
        )
        if self.kind == "duckdb":
            self.publish()


def site_on_duckdb(folder: Path) -> Site:
    """On a file."""
    (folder / "published").mkdir(parents=True)
    return Site(on_duckdb(str(folder / "demo.duckdb")), folder / "published").make()


def site_on_postgres(database: Any, folder: Path) -> Site:
    """In a database."""
    return Site(on_postgres(database), folder).make()
