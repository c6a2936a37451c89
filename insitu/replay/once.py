"""What is the same on every day of a replay, or holds every day's rows: it is computed once, for the last day.

A relation is the same on every day where its SQL does not name the moment and all that it reads is the same. A spine
grows by the day: its rows of the last day, up to a moment, are those of that moment (this is compared). Features and
labels are a row for each row of their spine: where the point-in-time proof says that a feature knows nothing of what
came after its as-of time, or a model is computed row by row by its SQL, their rows up to a moment are those of that
moment, too. Whatever is none of these is computed anew on each day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from insitu.quoting import identifier, literal, parts, qualified
from insitu.scoring.compiled import Model, relations_read
from insitu.scoring.instead import Place, read_instead
from insitu.scoring.row_by_row import may_be_given_rows
from insitu.warehouse.connection import Transaction

ALL_DAYS = "__all_days"  # stands behind the name of the table with every day's rows
SAME, SPINE, PROVED, BY_ROWS, ANEW = (
    "the same on every day",
    "a spine: grows by the day, compared",
    "proved point in time",
    "row by row of its spine",
    "computed anew on each day",
)


@dataclass(frozen=True)
class Once:
    """What of the models between the sources and the use case is computed once.

    Attributes:
        models: all of them by id, upstream ones first, compiled for the last day.
        why: one of the texts above, by id.
    """

    models: Mapping[str, Model]
    why: Mapping[str, str]

    @property
    def ids(self) -> list[str]:
        """Those that are computed once."""
        return [id_ for id_ in self.models if self.why[id_] != ANEW]

    def growing(self, id_: str) -> bool:
        """Does it have other rows on another day?"""
        return self.why.get(id_) in (SPINE, PROVED, BY_ROWS)


def judged(at: Mapping[datetime, Mapping[str, Model]], proved: Collection[str], labels: str, dialect: str) -> Once:
    """What may be computed once, by the SQL of the models at several moments.

    Args:
        at: the models, compiled for each moment.
        proved: names of those that the point-in-time proof has proved.
        labels: id of the use case's labels.
    """
    last = max(at)
    models, why = at[last], dict[str, str]()
    for id_, model in models.items():
        why[id_] = ANEW if model.is_python else _why(id_, at, why, proved, labels, dialect)
    return Once(models, why)


def _why(
    id_: str,
    at: Mapping[datetime, Mapping[str, Model]],
    why: Mapping[str, str],
    proved: Collection[str],
    labels: str,
    dialect: str,
) -> str:
    last = max(at)
    models = at[last]
    model = models[id_]
    read = [why[other] for other in model.reads if other in models]
    if ANEW in read:
        return ANEW
    same_text = all(others[id_].sql == model.sql for others in at.values())
    if same_text and all(reason == SAME for reason in read):
        return SAME
    if model.kind == "spine" and all(at_moment(at[last][id_].sql, last, day) == at[day][id_].sql for day in at):
        return SPINE
    if same_text and model.kind == "features" and model.name in proved:
        return PROVED
    if (
        same_text
        and (model.kind == "features" or id_ == labels)
        and may_be_given_rows(model, models, [model.as_of], dialect)
    ):
        return BY_ROWS
    return ANEW


def at_moment(sql: str, moment: datetime, other: datetime) -> str:
    """SQL in which one moment stands in the place of another."""
    return sql.replace(f"{moment:%Y-%m-%d %H:%M:%S}", f"{other:%Y-%m-%d %H:%M:%S}")


def spine_at(
    once: Once, id_: str, last: datetime, moment: datetime, places: Mapping[str, Sequence[Place]], dialect: str
) -> str:
    """The SQL of a spine as it was at a moment, over sources and what is the same on every day."""
    model = once.models[id_]
    instead = {
        place: f"({spine_at(once, other.id, last, moment, places, dialect)})"
        for other in relations_read(model, once.models)
        if once.why[other.id] == SPINE
        for place in places[other.name]
    }
    return read_instead(at_moment(model.sql, last, moment), instead, dialect)


def check_spine(transaction: Transaction, query: str, whole: str, as_of: str, moment: datetime) -> str | None:
    """What is wrong with the rows of a spine up to a moment; None if they are those that it had then."""
    up_to = f"select * from {whole} where {identifier(as_of)} <= timestamp '{moment}'"
    for one, other, told in ((query, up_to, "has gone"), (up_to, query, "has come")):
        found = transaction.query(f"select count(*) as n from (({one}) except all ({other})) as differing")
        if n := found.column(0)[0].as_py():
            return f"{n:,} of its rows {told if n == 1 else told.replace('has', 'have')} since {moment}"
    return None


def all_days(relation: str) -> str:
    """The table with every day's rows of a relation."""
    schema, name = parts(relation)[-2:]
    return qualified(schema, name + ALL_DAYS)


def keep_all_days(transaction: Transaction, as_of: Mapping[str, str], moment: datetime, dialect: str) -> None:
    """Put each relation's rows into a table of all days, and a view of one day in its place.

    Rows lie in the order of time, so that a day's work does not grow with the days before it.
    """
    for relation in as_of:
        transaction.execute(f"drop table if exists {all_days(relation)} cascade")
        ordered = f"select * from {relation} order by {identifier(as_of[relation])}"
        transaction.execute(f"create table {all_days(relation)} as {ordered}")
        if dialect == "postgres":
            transaction.execute(f"create index on {all_days(relation)} ({identifier(as_of[relation])})")
            transaction.execute(f"analyze {all_days(relation)}")
    for relation in as_of:
        _drop(transaction, relation)
        show_day(transaction, relation, as_of[relation], moment)


def show_day(transaction: Transaction, relation: str, as_of: str, moment: datetime) -> None:
    """Have a relation show the rows up to a moment."""
    transaction.execute(
        f"create or replace view {relation} as select * from {all_days(relation)} "
        f"where {identifier(as_of)} <= timestamp '{moment}'"
    )


def _drop(transaction: Transaction, relation: str) -> None:
    schema, name = parts(relation)[-2:]
    found = transaction.query(
        f"select table_type from information_schema.tables where table_schema = {literal(schema)} "
        f"and table_name = {literal(name)}"
    ).to_pylist()
    if found:  # else it went with one that it reads
        kind = "view" if found[0]["table_type"] == "VIEW" else "table"
        transaction.execute(f"drop {kind} {relation} cascade")
