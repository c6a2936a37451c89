"""The features of what is due, and of nothing else: the models' own SQL over those rows of the spine.

Everything between the sources and the features is read through to the sources, in temporary tables and views: nothing
of the project is written, and what the last build left is not read. Where a model of kind `features` reads a spine, it
is given the rows that are due; every other model is computed whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.nodes.ledger import Batch
from insitu.quoting import identifier, identifiers, literal
from insitu.scoring.compiled import ASKED, Model
from insitu.scoring.instead import Place, read_instead
from insitu.scoring.options import Options
from insitu.scoring.row_by_row import is_row_by_row
from insitu.warehouse.connection import Scratch
from insitu.warehouse.errors import explained
from insitu.warehouse.lazy_query import LazyQuery

Part = tuple[str, bool]  # a model's id, and whether only what is due of it is meant


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
        self.models = models
        self.places = places
        self.dialect = dialect
        self.named = {model.name: model for model in models.values()}
        self.readers: Counter[Part] = Counter()
        self.made: dict[Part, str] = {}
        self.judged: dict[str, bool] = {}
        self.count = 0
        self._count_readers((self._own("features").id, True))

    def due(self) -> LazyQuery:
        """The rows of `<use_case>__due`, as if everything had been built for this moment.

        Where a model is in charge of any of them, those rows with their features; else rows of keys alone.
        """
        key = identifiers(*self.config.key)
        features = self._own("features")
        # What fell due is known by the spine alone: features of all other rows need not be computed.
        keys = f"select {key} from {self._relation((self._own('spine').id, False))}"
        nothing = f"select * from {features.relation} where 1 = 0"
        empty = self._view(f"select * from ({keys}) as due left join ({nothing}) as nothing using ({key})")
        window = self._view(self._with("scoring_set", features=empty))
        found = self._with("due", scoring_set=window)
        columns = f"{key}, model_version, scoring_set_id, batch_as_of"
        unscored = self._table(f"select {columns} from ({found}) as due")
        self.in_charge = f"select * from {unscored} where model_version is not null"
        if not self.scratch.sql(f"{self.in_charge} limit 1").fetchall():
            return self.scratch.sql(f"select * from {unscored}")
        same = " and ".join(f"due.{identifier(name)} = features.{identifier(name)}" for name in self.config.key)
        self.features = self._table(
            f"select * from {self._relation((features.id, True))} as features "
            f"where exists (select 1 from ({self.in_charge}) as due where {same})"
        )
        scoring_set = self._view(self._with("scoring_set", features=self.features))
        self.rows = self._view(self._with("due", scoring_set=scoring_set))
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
            f"from {due} where {_share(batch, options)}"
            for batch in batches
        )
        return self.scratch.sql(self._with("scored_features", predictions=self._view(scored), features=self.features))

    def _own(self, name: str) -> Model:
        found = self.named.get(f"{self.use_case}__{name}")
        if found is None:
            raise InsituError(
                f"`{self.use_case}__features` does not read a model `{self.use_case}__{name}`, which says what is "
                "asked. Make it read it, or score with --no-refresh after a build."
            )
        return found

    # Which part of what a model reads

    def _reads(self, part: Part) -> list[Part]:
        """What a part is made of; what the project keeps itself is left out, since it is read as it is."""
        model, due = self.models[part[0]], part[1]
        if due and not self._is_row_by_row(model):
            return [(model.id, False)]
        return [
            (read.id, due and self._is_asked(read))
            for read in self._relations_read(model)
            if self._is_asked(read) or not read.is_kept
        ]

    def _is_row_by_row(self, model: Model) -> bool:
        """Can it be given the rows of the spine that are due, to have those rows of it?"""
        if model.id not in self.judged:
            self.judged[model.id] = self._judge(model)
        return self.judged[model.id]

    def _judge(self, model: Model) -> bool:
        if model.kind != "features" or model.as_of != self.config.as_of:
            return False
        # What dbt inlines reads the same relations as the model itself: the whole of a spine and what is due of it.
        inlined = [self.models[id_] for id_ in model.reads if id_ in self.models]
        mixed = any(
            m.materialized == "ephemeral" and m.kind != "features" and self._is_below_a_spine(m) for m in inlined
        )
        asked = [other.name for other in self.models.values() if self._is_asked(other)]
        return not mixed and is_row_by_row(model.template, asked, model.as_of, self.dialect)

    def _is_below_a_spine(self, model: Model) -> bool:
        read = [self.models[id_] for id_ in model.reads if id_ in self.models]
        return model.kind == "spine" or any(map(self._is_below_a_spine, read))

    def _is_asked(self, model: Model) -> bool:
        """Does it have a row for each row of a spine?"""
        return model.kind in ASKED

    def _relations_read(self, model: Model) -> list[Model]:
        """The models whose relations stand in a model's SQL, also those that an ephemeral model in it reads."""
        found: dict[str, Model] = {}
        for id_ in model.reads:
            read = self.models.get(id_)
            if read is None:
                continue
            for one in self._relations_read(read) if read.materialized == "ephemeral" else [read]:
                found[one.id] = one
        return list(found.values())

    def _count_readers(self, part: Part) -> None:
        self.readers[part] += 1
        if self.readers[part] == 1:
            for read in self._reads(part):
                self._count_readers(read)

    # Temporary relations

    def _relation(self, part: Part) -> str:
        """The temporary relation of a part, made when it is first asked for."""
        if part not in self.made:
            model, due = self.models[part[0]], part[1]
            reads = {read: self._relation(read) for read in self._reads(part)}
            try:
                if due and not self._is_row_by_row(model):
                    moments = f"select {identifier(self.config.as_of)} from ({self.in_charge}) as due"
                    time = identifier(model.as_of)
                    made = self._table(f"select * from {reads[model.id, False]} as asked where {time} in ({moments})")
                else:
                    sql = self._reading(model, {self.models[id_].name: name for (id_, _), name in reads.items()})
                    # What the project stores and several read is computed once.
                    stored = due or (model.materialized == "table" and self.readers[part] > 1)
                    made = self._table(sql) if stored else self._view(sql)
            except Exception as error:
                raise self._failed(model, error) from error
            self.made[part] = made
        return self.made[part]

    def _with(self, name: str, **others: str) -> str:
        """The SQL of one of the use case's models, with temporary relations in place of others of them."""
        return self._reading(self._own(name), {f"{self.use_case}__{other}": others[other] for other in others})

    def _reading(self, model: Model, instead: Mapping[str, str]) -> str:
        """The SQL of a model, reading other relations in place of some models."""
        if model.is_python:
            raise InsituError(
                f"`{model.name}` is a Python model: it cannot be computed for what is due. Score what a build has "
                "left, with --no-refresh."
            )
        places = {place: relation for name, relation in instead.items() for place in self.places[name]}
        return read_instead(model.sql, places, self.dialect)

    def _table(self, sql: str) -> str:
        name = self._make("table", sql)
        if self.dialect == "postgres":
            self.scratch.execute(f"analyze {name}")
        return name

    def _view(self, sql: str) -> str:
        return self._make("view", sql)

    def _make(self, kind: str, sql: str) -> str:
        self.count += 1
        name = f"insitu_live_{self.count}"
        self.scratch.execute(f"create temporary {kind} {name} as {sql}")
        return name

    def _failed(self, model: Model, error: Exception) -> Exception:
        clear = explained(error)
        if clear is not None or isinstance(error, InsituError):
            return clear or error
        return InsituError(
            f"`{model.name}` cannot be computed for what is due: {str(error).strip().splitlines()[0]} If the project "
            "was changed since the last build, build it first: `insitu build`."
        )


def _share(batch: Batch, options: Options) -> str:
    """Which rows of what is due a batch has: its model's; in shadow the others', or all instead of who is in charge."""
    if options.instead is not None:
        return "model_version is not null"
    return f"model_version {'<>' if batch.is_shadow else '='} {literal(batch.model_version)}"
