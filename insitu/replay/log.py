"""What a replay has done so far, in the warehouse: a step is done when its row is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insitu.errors import ConfigurationError
from insitu.quoting import identifier, literal, qualified
from insitu.warehouse import Project, connect
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.connection import Transaction, Warehouse

COLUMNS = {
    "settings": {"name": "varchar", "value": "varchar"},
    "steps": {
        "policy": "varchar",
        "as_of": "timestamp",
        "trained_for": "timestamp",
        "run_by": "varchar",  # dbt, or the SQL that it compiled
        "seconds": "double precision",
    },
    "alerts": {
        "policy": "varchar",
        "seen_at": "timestamp",
        "alert": "varchar",
        "subject": "varchar",
        "severity": "varchar",
        "message": "varchar",
        "value": "double precision",
        "limit_value": "double precision",
    },
}


@dataclass(frozen=True)
class Step:
    """A step that is done."""

    policy: str
    as_of: datetime
    trained_for: datetime
    run_by: str
    seconds: float


@dataclass(frozen=True)
class Log:
    """The tables `settings`, `steps` and `alerts` in the replay's schema."""

    project: Project
    schema: str

    def relation(self, name: str) -> str:
        """One of the tables, quoted."""
        return qualified(self.schema, name)

    def begin(self, settings: dict[str, str], schemas: Sequence[str], restart: bool) -> None:
        """Make the tables, or find those of the same replay.

        Args:
            settings: what makes it the same replay.
            schemas: all that it writes to.
            restart: drop what is there.

        Raises:
            ConfigurationError: another replay, or something else, is in its schemas.
        """
        with connect(self.project, read_only=False) as warehouse:
            there = existing_relations(warehouse)
            if restart:
                with warehouse.changing() as transaction:
                    for schema in schemas:
                        transaction.execute(f"drop schema if exists {identifier(schema)} cascade")
                there = {(schema, name) for schema, name in there if schema not in schemas}
            if (self.schema, "settings") not in there:
                if taken := sorted({schema for schema, _ in there} & set(schemas)):
                    raise ConfigurationError(
                        f"The schema {identifier(taken[0])} has relations that are of no replay. Give the replay "
                        "another name with --schema, or have --restart drop them."
                    )
                with warehouse.changing() as transaction:
                    transaction.execute(f"create schema if not exists {identifier(self.schema)}")
                    for name, columns in COLUMNS.items():
                        listed = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
                        transaction.execute(f"create table {self.relation(name)} ({listed})")
                    self._write_settings(transaction, settings)
                return
            found = {
                row["name"]: row["value"]
                for row in warehouse.query(f"select * from {self.relation('settings')}").to_pylist()
            }
        for name, value in settings.items():
            if found.get(name) != value:
                raise ConfigurationError(
                    f"In the schema {identifier(self.schema)} lies a replay with another {name} "
                    f"({found.get(name)}, and now {value}). Begin anew with --restart, or choose another --schema."
                )

    def _write_settings(self, transaction: Transaction, settings: dict[str, str]) -> None:
        for name, value in settings.items():
            transaction.execute(f"delete from {self.relation('settings')} where name = {literal(name)}")
            transaction.execute(f"insert into {self.relation('settings')} values ({literal(name)}, {literal(value)})")

    def setting(self, name: str) -> str | None:
        """One that was written beside."""
        rows = self.query(f"select value from {self.relation('settings')} where name = {literal(name)}")
        return str(rows[0]["value"]) if rows else None

    def set(self, transaction: Transaction, **settings: str) -> None:
        """Write some beside."""
        self._write_settings(transaction, settings)

    def steps(self, policy: str) -> list[Step]:
        """Those of a policy that are done, in their order."""
        with connect(self.project) as warehouse:
            return self.steps_of(warehouse, policy)

    def steps_of(self, warehouse: Warehouse, policy: str) -> list[Step]:
        """The same, over an open connection."""
        sql = f"select * from {self.relation('steps')} where policy = {literal(policy)} order by as_of"
        return [Step(**row) for row in warehouse.query(sql).to_pylist()]

    def alerts(self, policy: str, as_of: datetime) -> list[str]:
        """Names of the alerts that a step has left."""
        sql = (
            f"select distinct alert from {self.relation('alerts')} "
            f"where policy = {literal(policy)} and seen_at = timestamp '{as_of}'"
        )
        return [row["alert"] for row in self.query(sql)]

    def end_step(self, step: Step, alerts: str | None, runs: str | None) -> None:
        """Write that a step is done, with the alerts that it has left.

        Args:
            alerts: the relation that has them, quoted.
            runs: that of `ml_runs`, quoted: a run that was killed has left a row for the moment.
        """
        policy, as_of = literal(step.policy), f"timestamp '{step.as_of}'"
        with connect(self.project, read_only=False) as warehouse, warehouse.changing() as transaction:
            mine = f"where policy = {policy} and seen_at = {as_of}"
            transaction.execute(f"delete from {self.relation('alerts')} {mine}")
            if alerts:
                transaction.execute(
                    f"insert into {self.relation('alerts')} select {policy}, {as_of}, alert, subject, severity, "
                    f"message, value, limit_value from {alerts}"
                )
            if runs:
                later = f"later.use_case = {runs}.use_case and later.as_of = {runs}.as_of"
                transaction.execute(
                    f"delete from {runs} where as_of = {as_of} and exists (select 1 from {runs} as later "
                    f"where {later} and later.started_at > {runs}.started_at)"
                )
            transaction.execute(
                f"insert into {self.relation('steps')} values ({policy}, {as_of}, timestamp '{step.trained_for}', "
                f"{literal(step.run_by)}, {step.seconds})"
            )

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows."""
        with connect(self.project) as warehouse:
            found: list[dict[str, Any]] = warehouse.query(sql).to_pylist()
        return found
