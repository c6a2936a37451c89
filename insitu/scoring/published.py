"""What analysts read of a use case, brought up to date in the transaction of its predictions.

Decisions are made anew for the rows that were predicted since, outcomes told for predictions that had none, by the
models' own SQL over those rows; `predictions_latest` is small, and made anew. No table is replaced: what reads them
stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from insitu.config import UseCase
from insitu.quoting import identifier, identifiers, literal, parts
from insitu.scoring.compiled import Model
from insitu.scoring.instead import Place, read_instead
from insitu.scoring.parts import Parts
from insitu.warehouse.connection import Transaction

UNDECIDED, UNTOLD = "insitu_undecided", "insitu_untold"  # temporary tables of keys


@dataclass(frozen=True)
class Published:
    """Decisions, the latest predictions and outcomes of a use case.

    Args:
        predictions: the relation, quoted.
        policies: likewise.
        models: those that they are made of, by id; see `compiled`. Without labels, outcomes wait for the next build.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.
    """

    use_case: str
    config: UseCase
    predictions: str
    policies: str
    models: Mapping[str, Model]
    places: Mapping[str, Sequence[Place]]
    dialect: str

    def update(self, transaction: Transaction) -> bool:
        """Bring them up to date with the predictions and with what is known by now.

        Returns:
            False where decisions or latest predictions are not there, or have other columns than their models by now.

        Raises:
            InsituError: labels cannot be computed.
        """
        named = {model.name.removeprefix(f"{self.use_case}__"): model for model in self.models.values()}
        decisions, latest, outcomes = (named[name] for name in ("decisions", "predictions_latest", "outcomes"))
        labels = named.get("labels")

        @cache
        def made() -> Parts:
            root = labels or named["spine"]
            return Parts(transaction, self.models, self.places, self.dialect, root.id, self.config.as_of)

        if not _fits(transaction, decisions, decisions.sql) or not _fits(transaction, latest, latest.sql):
            return False
        if self._keys(transaction, UNDECIDED, self.predictions, decisions, ["batch_id"]):
            own = {f"{self.use_case}__predictions": self._decided_together(transaction)}
            if self.config.experiments:  # units and who is eligible are columns of the spine
                own[named["spine"].name] = made().whole(named["spine"].id)
            self._replace(transaction, decisions, UNDECIDED, self._reading(decisions, own))
            transaction.execute(f"delete from {latest.relation}")
            _insert(transaction, latest, latest.sql)
        if labels is None or not _exists(transaction, outcomes):
            return True
        if self._keys(transaction, UNTOLD, decisions.relation, outcomes, ["batch_id", *self.config.key]):
            known = made().of(f"select * from {UNTOLD}")
            own = {labels.name: known, decisions.name: self._those(decisions.relation, UNTOLD)}
            sql = self._reading(outcomes, own)
            if _fits(transaction, outcomes, sql):
                self._replace(transaction, outcomes, UNTOLD, sql)
        return True

    def _keys(self, transaction: Transaction, table: str, read: str, made: Model, by: Sequence[str]) -> bool:
        """A temporary table of the keys of one relation's rows that the other lacks; whether there are any."""
        key = ", ".join(f"lacking.{identifier(name)}" for name in self.config.key)
        same = " and ".join(f"made.{identifier(name)} = lacking.{identifier(name)}" for name in by)
        transaction.execute(
            f"create temporary table {table} as select distinct {key} from {read} as lacking "
            f"where not exists (select 1 from {made.relation} as made where {same})"
        )
        return bool(transaction.query(f"select 1 from {table} limit 1").num_rows)

    def _those(self, read: str, table: str) -> str:
        """The rows of a relation with the keys in a table."""
        return f"(select those.* from {read} as those inner join {table} using ({identifiers(*self.config.key)}))"

    def _decided_together(self, transaction: Transaction) -> str:
        """The predictions that decide about the undecided ones: all of a period that has a capacity."""
        limited = f"select distinct capacity_per from {self.policies} where capacity is not null order by 1"
        periods = transaction.query(limited).column(0).to_pylist()
        time = identifier(self.config.as_of)
        same = (
            f"date_trunc({literal(per)}, {time}) in (select date_trunc({literal(per)}, {time}) from {UNDECIDED})"
            for per in periods
        )
        if not periods:
            return self._those(self.predictions, UNDECIDED)
        return f"(select * from {self.predictions} as those where {' or '.join(same)})"

    def _reading(self, model: Model, instead: Mapping[str, str]) -> str:
        """The SQL of a model over other relations."""
        places = {place: relation for name, relation in instead.items() for place in self.places[name]}
        return read_instead(model.sql, places, self.dialect)

    def _replace(self, transaction: Transaction, model: Model, table: str, sql: str) -> None:
        """Make a model's rows with the keys in a table anew."""
        same = " and ".join(f"old.{identifier(name)} = anew.{identifier(name)}" for name in self.config.key)
        transaction.execute(
            f"delete from {model.relation} as old where exists (select 1 from {table} as anew where {same})"
        )
        _insert(transaction, model, f"select * from {self._those(f'({sql})', table)} as those")


def _insert(transaction: Transaction, model: Model, sql: str) -> None:
    names = identifiers(*_columns(transaction, f"({sql})"))
    transaction.execute(f"insert into {model.relation} ({names}) select {names} from ({sql}) as made")


def _fits(transaction: Transaction, model: Model, sql: str) -> bool:
    """Whether the table is there, with the columns that the SQL gives."""
    return _exists(transaction, model) and _columns(transaction, model.relation) == _columns(transaction, f"({sql})")


def _columns(transaction: Transaction, relation: str) -> dict[str, pa.DataType]:
    schema = transaction.query(f"select * from {relation} as made where 1 = 0").schema
    return {column.name: column.type for column in schema}


def _exists(transaction: Transaction, model: Model) -> bool:
    schema, name = map(literal, parts(model.relation))
    found = transaction.query(
        f"select 1 from information_schema.tables where table_schema = {schema} and table_name = {name}"
    )
    return bool(found.num_rows)
