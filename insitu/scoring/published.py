"""What analysts read of a use case, brought up to date in the transaction of its predictions.

Decisions are made anew for the rows that were predicted since, outcomes told for predictions that had none, by the
models' own SQL over those rows; `predictions_latest` is small, and made anew. No table is replaced: what reads them
stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from insitu.config import UseCase
from insitu.quoting import identifier, identifiers, literal, parts
from insitu.scoring.batch import check_types
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
        models: those that they are made of, by id; see `compiled`. Without labels, outcomes wait for the next build.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.
    """

    use_case: str
    config: UseCase
    predictions: str
    models: Mapping[str, Model]
    places: Mapping[str, Sequence[Place]]
    dialect: str

    def update(self, transaction: Transaction) -> bool:
        """Bring them up to date with the predictions and with what is known by now; False where they are not there.

        Raises:
            InsituError: labels cannot be computed, or a table has other columns than its model.
        """
        named = {model.name.removeprefix(f"{self.use_case}__"): model for model in self.models.values()}
        decisions, latest, outcomes = (named[name] for name in ("decisions", "predictions_latest", "outcomes"))
        if not _exists(transaction, decisions) or not _exists(transaction, latest):
            return False
        if self._keys(transaction, UNDECIDED, self.predictions, decisions, ["batch_id"]):
            own = {f"{self.use_case}__predictions": self._those(self.predictions, UNDECIDED)}
            self._replace(transaction, decisions, UNDECIDED, own)
            transaction.execute(f"delete from {latest.relation}")
            self._insert(transaction, latest, latest.sql)
        labels = named.get("labels")
        if labels is None or not _exists(transaction, outcomes):
            return True
        if self._keys(transaction, UNTOLD, decisions.relation, outcomes, ["batch_id", *self.config.key]):
            made = Parts(transaction, self.models, self.places, self.dialect, labels.id, self.config.as_of)
            known = made.of(f"select * from {UNTOLD}")
            own = {labels.name: known, decisions.name: self._those(decisions.relation, UNTOLD)}
            self._replace(transaction, outcomes, UNTOLD, own)
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

    def _replace(self, transaction: Transaction, model: Model, table: str, instead: Mapping[str, str]) -> None:
        """Make a model's rows with the keys in a table anew, by its SQL over other relations."""
        same = " and ".join(f"old.{identifier(name)} = anew.{identifier(name)}" for name in self.config.key)
        transaction.execute(
            f"delete from {model.relation} as old where exists (select 1 from {table} as anew where {same})"
        )
        places = {place: relation for name, relation in instead.items() for place in self.places[name]}
        self._insert(transaction, model, read_instead(model.sql, places, self.dialect))

    def _insert(self, transaction: Transaction, model: Model, sql: str) -> None:
        columns = transaction.query(f"select * from ({sql}) as made where 1 = 0").schema
        check_types(transaction, model.relation, columns, "now it has")
        names = identifiers(*columns.names)
        transaction.execute(f"insert into {model.relation} ({names}) select {names} from ({sql}) as made")


def _exists(transaction: Transaction, model: Model) -> bool:
    schema, name = map(literal, parts(model.relation))
    found = transaction.query(
        f"select 1 from information_schema.tables where table_schema = {schema} and table_name = {name}"
    )
    return bool(found.num_rows)
