"""The features of what is due, and of nothing else: the models' own SQL over those rows of the spine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.nodes.ledger import Batch
from insitu.quoting import identifier, identifiers, literal
from insitu.scoring.compiled import Model
from insitu.scoring.instead import Place
from insitu.scoring.options import Options
from insitu.scoring.parts import Parts
from insitu.warehouse.connection import Scratch
from insitu.warehouse.lazy_query import LazyQuery


class Live:
    """What is due of a use case, with its features, in temporary relations.

    Args:
        scratch: where they are made.
        models: of the project, by id; see `compiled`.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.
    """

    def __init__(
        self,
        scratch: Scratch,
        use_case: str,
        config: UseCase,
        models: Mapping[str, Model],
        places: Mapping[str, Sequence[Place]],
        dialect: str,
    ) -> None:
        self.scratch = scratch
        self.use_case = use_case
        self.config = config
        self.named = {model.name: model for model in models.values()}
        self.parts = Parts(scratch, models, places, dialect, self._own("features").id, config.as_of)

    def due(self) -> LazyQuery:
        """The rows of `<use_case>__due`, as if everything had been built for this moment.

        Where a model is in charge of any of them, those rows with their features; else rows of keys alone.
        """
        key = identifiers(*self.config.key)
        features = self._own("features")
        # What fell due is known by the spine alone: features of all other rows need not be computed.
        spine = self.parts.whole(self._own("spine").id)
        keys = f"select {key} from {spine}"
        nothing = f"select * from {features.relation} where 1 = 0"
        empty = self.parts.view(f"select * from ({keys}) as due left join ({nothing}) as nothing using ({key})")
        window = self.parts.view(self._with("scoring_set", features=empty))
        found = self._with("due", scoring_set=window, spine=spine)
        shadows = ", is_shadow" if self.config.has_shadows else ""
        columns = f"{key}, model_version, scoring_set_id, batch_as_of{shadows}"
        unscored = self.parts.table(f"select {columns} from ({found}) as due")
        in_charge = f"select * from {unscored} where model_version is not null"
        if not self.scratch.sql(f"{in_charge} limit 1").fetchall():
            return self.scratch.sql(f"select * from {unscored}")
        same = " and ".join(f"due.{identifier(name)} = features.{identifier(name)}" for name in self.config.key)
        self.features = self.parts.table(
            f"select * from {self.parts.of(in_charge)} as features "
            f"where exists (select 1 from ({in_charge}) as due where {same})"
        )
        scoring_set = self.parts.view(self._with("scoring_set", features=self.features))
        self.rows = self.parts.view(self._with("due", scoring_set=scoring_set, spine=spine))
        return self.scratch.sql(f"select * from {self.rows}")

    def champion(self) -> LazyQuery:
        """`<use_case>__champion` as it is now."""
        return self.scratch.sql(self._own("champion").sql)

    def scored_features(self, batches: Sequence[Batch], options: Options) -> LazyQuery:
        """The rows of `<use_case>__scored_features` for what was scored of `due`.

        Args:
            batches: those that were written.
            options: by which they were.
        """
        columns = f"batch_as_of, {identifiers(*self.config.key)}"
        due = f"(select * from {self.rows}{f' where {options.where}' if options.where else ''}) as due"
        # One row for each row scored, of whatever class.
        scored = " union all ".join(
            f"select cast({literal(batch.batch_id)} as varchar) as batch_id, {columns}, "
            "cast(null as double precision) as score, cast('' as varchar) as class "
            f"from {due} where {_share(batch, options, self.config.has_shadows)}"
            for batch in batches
        )
        predictions = self.parts.view(scored)
        return self.scratch.sql(self._with("scored_features", predictions=predictions, features=self.features))

    def _own(self, name: str) -> Model:
        found = self.named.get(f"{self.use_case}__{name}")
        if found is None:
            raise InsituError(
                f"`{self.use_case}__features` does not read a model `{self.use_case}__{name}`, which says what is "
                "asked. Make it read it, or score with --no-refresh after a build."
            )
        return found

    def _with(self, name: str, **others: str) -> str:
        """The SQL of one of the use case's models, with temporary relations in place of others of them."""
        instead = {f"{self.use_case}__{other}": relation for other, relation in others.items()}
        return self.parts.reading(self._own(name), instead)


def _share(batch: Batch, options: Options, has_shadows: bool) -> str:
    """Which rows of what is due a batch has: its model's; in shadow the others', or all instead of who is in charge."""
    of_record = " and is_shadow = 0" if has_shadows else ""
    if options.instead is not None:
        return f"model_version is not null{of_record}"
    own = f"model_version = {literal(batch.model_version)}"
    if not batch.is_shadow:
        return own + of_record
    if batch.model_version in options.shadows:
        return f"model_version <> {literal(batch.model_version)}{of_record}"
    return f"{own} and is_shadow = 1"  # an experiment has it scored in shadow
