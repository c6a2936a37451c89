"""A step on which nothing is trained, by the SQL that dbt compiled for another: the moment stands in it as a text.

What dbt would do on such a day is run here without it: views and tables are made anew where what they read has changed
or their SQL names the moment, append-only tables get their rows, and what is due is scored by the function of the
Python node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insitu.config import UseCase
from insitu.quoting import identifier, identifiers, parts, qualified
from insitu.replay.once import at_moment, show_day
from insitu.scoring.batch import BUILT, score_relations
from insitu.scoring.compiled import upstream_first
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Transaction
from insitu.warehouse.dbt import InProcess

# As long as the moment of training stays, so do these: a moment of training has one snapshot.
TRAINED = ("training_set", "snapshots", "models", "heldout_predictions", "metrics")
NO_MOMENT = datetime(1, 1, 1)
RUNS = "ml_runs"  # names the run and its clock, which another compilation does not have


@dataclass(frozen=True)
class Day:
    """A model as it is made on a day."""

    id: str
    name: str
    relation: str
    materialized: str
    reads: tuple[str, ...]
    is_python: bool
    sql: str


class Unfit(Exception):
    """What keeps days from being run without dbt, in words."""


def compiled_days(dbt: InProcess, names: Sequence[str]) -> dict[str, Day]:
    """The models of a day as the next run would have them, upstream ones first.

    Raises:
        Unfit: one is made in a way that only dbt knows.
    """
    # The first selector is none's name: dbt prints the SQL of a model that it names.
    command = ("--quiet", "--no-write-json", "compile", "--indirect-selection", "empty")
    results = dbt.invoke(*command, "--select", "resource_type:snapshot,resource_type:model", *names)
    found = {result.node.unique_id: _day(result.node) for result in results}
    return {id_: found[id_] for id_ in upstream_first(dbt.manifest, found) if id_ in found}


def _day(node: Any) -> Day:
    kind, config = node.config.materialized, node.config
    is_python = node.language == "python"
    appends = kind == "incremental" and config.get("incremental_strategy") == "append"
    if not is_python and kind not in ("view", "table", "ephemeral") and not appends:
        raise Unfit(f"`{node.name}` is materialized as {kind}")
    return Day(
        id=node.unique_id,
        name=node.name,
        relation=qualified(node.schema, node.alias),
        materialized=kind,
        reads=tuple(node.depends_on.nodes),
        is_python=is_python,
        sql=node.compiled_code,
    )


@dataclass(frozen=True)
class Quick:
    """The days of one moment of training.

    Attributes:
        days: the models as dbt compiled them for `compiled_for`.
        growing: relations that show the rows up to the moment, with the column that they are cut by, by id.
    """

    project: Project
    use_case: str
    config: UseCase
    days: Mapping[str, Day]
    compiled_for: datetime
    growing: Mapping[str, tuple[str, str]]

    def check(self, others: Mapping[str, Day], moment: datetime) -> None:
        """Compare with what dbt compiled for another day.

        Raises:
            Unfit: the SQL of a model depends on the moment in more than its text.
        """
        for day in self.days.values():
            if day.name == RUNS or day.is_python or self._is_trained(day):
                continue
            other = others.get(day.id)
            if other is None or at_moment(day.sql, self.compiled_for, moment) != other.sql:
                raise Unfit(f"the SQL of `{day.name}` depends on the moment in more than its text")

    def step(self, moment: datetime) -> None:
        """What a run of dbt does.

        Raises:
            Unfit: a Python model has something to do; what is done by then, dbt finds done.
        """
        changed, days = set(self.growing), list(self.days.values())
        at = next(place for place, day in enumerate(days) if day.name == f"{self.use_case}__predictions")
        with connect(self.project, read_only=False) as warehouse, warehouse.changing() as transaction:
            for relation, as_of in self.growing.values():
                show_day(transaction, relation, as_of, moment)
            self._make(transaction, days[:at], moment, changed)
        score_relations(self.project, self.use_case, self.config, self._relations(), str(moment))
        changed |= {days[at].id, *(day.id for day in days if day.name == f"{self.use_case}__batches")}
        with connect(self.project, read_only=False) as warehouse, warehouse.changing() as transaction:
            self._make(transaction, days[at + 1 :], moment, changed)

    def _make(self, transaction: Transaction, days: Sequence[Day], moment: datetime, changed: set[str]) -> None:
        """Make anew what reads something that has changed, or names the moment."""
        for day in days:
            own = at_moment(day.sql, self.compiled_for, moment)
            names_moment = day.sql != at_moment(day.sql, self.compiled_for, NO_MOMENT)
            if self._is_trained(day) or not (names_moment or changed & set(day.reads)):
                continue
            if day.is_python:
                raise Unfit(f"`{day.name}` is a Python model, and what it reads has changed")
            if day.materialized != "ephemeral":
                _make(transaction, day, own, self.project.dialect)
            changed.add(day.id)

    def _is_trained(self, day: Day) -> bool:
        return day.name in {f"{self.use_case}__{name}" for name in TRAINED}

    def _relations(self) -> dict[str, str]:
        own = {day.name: day.relation for day in self.days.values()}
        return {name: own[f"{self.use_case}__{name}"] for name in BUILT}


def _make(transaction: Transaction, day: Day, sql: str, dialect: str) -> None:
    if day.materialized == "view":
        transaction.execute(f"create or replace view {day.relation} as {sql}")
        return
    columns = identifiers(*transaction.query(f"select * from {day.relation} as made where 1 = 0").column_names)
    if day.materialized == "incremental":
        transaction.execute(f"insert into {day.relation} ({columns}) select {columns} from ({sql}) as made")
    elif dialect == "duckdb":
        transaction.execute(f"create or replace table {day.relation} as {sql}")
    else:
        # What reads the table stays; the SQL may read the table itself.
        made = identifier(f"{parts(day.relation)[-1][:50]}__made")
        transaction.execute(f"create temporary table {made} on commit drop as {sql}")
        transaction.execute(f"truncate {day.relation}")
        transaction.execute(f"insert into {day.relation} ({columns}) select {columns} from {made}")
        transaction.execute(f"analyze {day.relation}")
        transaction.execute(f"drop table {made}")
