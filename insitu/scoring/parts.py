"""A model over some rows of a spine, by the SQL of the project's models, in temporary relations.

Everything between the sources and the model is read through to the sources: nothing of the project is written, and
what the last build left is not read. Where a model of kind `features` reads a spine, it is given the rows that are
asked for; every other model is computed whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from insitu.errors import InsituError
from insitu.quoting import identifier
from insitu.scoring.compiled import ASKED, Model, relations_read
from insitu.scoring.instead import Place, read_instead
from insitu.scoring.row_by_row import may_be_given_rows
from insitu.warehouse.connection import Statements
from insitu.warehouse.errors import explained

Part = tuple[str, bool]  # a model's id, and whether only what is asked for of it is meant


class Parts:
    """The temporary relations of which a model is made.

    Args:
        scratch: where they are made.
        models: of the project, by id; see `compiled`.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.
        root: the id of the model that is meant.
        as_of: the column of as-of times.
    """

    def __init__(
        self,
        scratch: Statements,
        models: Mapping[str, Model],
        places: Mapping[str, Sequence[Place]],
        dialect: str,
        root: str,
        as_of: str,
    ) -> None:
        self.scratch = scratch
        self.models = models
        self.places = places
        self.dialect = dialect
        self.root = root
        self.as_of = as_of
        self.readers: Counter[Part] = Counter()
        self.made: dict[Part, str] = {}
        self.judged: dict[str, bool] = {}
        self.count = 0
        self._count_readers((root, True))

    def whole(self, id_: str) -> str:
        """The temporary relation of a model with all of its rows."""
        return self._relation((id_, False))

    def of(self, asked: str) -> str:
        """The temporary relation of the root, with the rows of the as-of times that are asked for at least.

        Args:
            asked: a query of rows of the spine; the first that is asked for is meant.
        """
        self.asked = asked
        return self._relation((self.root, True))

    # Which part of what a model reads

    def _reads(self, part: Part) -> list[Part]:
        """What a part is made of; what the project keeps itself is left out, since it is read as it is."""
        model, due = self.models[part[0]], part[1]
        if due and not self._is_row_by_row(model):
            return [(model.id, False)]
        return [
            (read.id, due and self._is_asked(read))
            for read in relations_read(model, self.models)
            if self._is_asked(read) or not read.is_kept
        ]

    def _is_row_by_row(self, model: Model) -> bool:
        """Can it be given the rows of the spine that are due, to have those rows of it?"""
        if model.id not in self.judged:
            # Of what has no row for each row of a spine, only the root is asked for by rows.
            can_be = model.kind == "features" or model.id == self.root
            self.judged[model.id] = can_be and may_be_given_rows(model, self.models, [self.as_of], self.dialect)
        return self.judged[model.id]

    def _is_asked(self, model: Model) -> bool:
        """Does it have a row for each row of a spine?"""
        return model.kind in ASKED

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
                    moments = f"select {identifier(self.as_of)} from ({self.asked}) as asked"
                    time = identifier(model.as_of if self._is_asked(model) else self.as_of)
                    made = self.table(f"select * from {reads[model.id, False]} as asked where {time} in ({moments})")
                else:
                    sql = self.reading(model, {self.models[id_].name: name for (id_, _), name in reads.items()})
                    # What the project stores and several read is computed once.
                    stored = due or (model.materialized == "table" and self.readers[part] > 1)
                    made = self.table(sql) if stored else self.view(sql)
            except Exception as error:
                raise self._failed(model, error) from error
            self.made[part] = made
        return self.made[part]

    def reading(self, model: Model, instead: Mapping[str, str]) -> str:
        """The SQL of a model, reading other relations in place of some models."""
        if model.is_python:
            raise InsituError(
                f"`{model.name}` is a Python model: it cannot be computed for what is due. Score what a build has "
                "left, with --no-refresh."
            )
        places = {place: relation for name, relation in instead.items() for place in self.places[name]}
        return read_instead(model.sql, places, self.dialect)

    def table(self, sql: str) -> str:
        """A new temporary table."""
        name = self._make("table", sql)
        if self.dialect == "postgres":
            self.scratch.execute(f"analyze {name}")
        return name

    def view(self, sql: str) -> str:
        """A new temporary view."""
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
