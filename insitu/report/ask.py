"""Questions to the warehouse's tables, with the SQL kept beside the answer so that a reader can ask again."""

import datetime as dt
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from textwrap import dedent
from typing import Any

from insitu.quoting import identifier, literal, replace_unquoted
from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations

Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Rows, the dbt models they came from, and the statement that gives them again.

    Attributes:
        rows: one dictionary per row; NaN and infinities are None.
        models: names of the dbt models the statement reads.
        sql: the statement with its values written out; it runs in any client of the warehouse.
        missing: models that this warehouse does not hold (yet); then there are no rows.
    """

    rows: list[Row]
    models: tuple[str, ...]
    sql: str
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def first(self) -> Row:
        """The first row, or an empty one."""
        return self.rows[0] if self.rows else {}


class Questions:
    """Asks about one use case.

    In the SQL, `{use__metrics}` stands for the relation `<use_case>__metrics` and `{alerts}` for the model `alerts`;
    values are `?`.
    """

    def __init__(self, project: Project, warehouse: Warehouse, use_case: str) -> None:
        self.project = project
        self.warehouse = warehouse
        self.use_case = use_case

    @cached_property
    def _built(self) -> set[tuple[str, str]]:
        return existing_relations(self.warehouse)

    def _exists(self, model: str) -> bool:
        node = self.project.models.get(model)
        return node is not None and (node["schema"], node["alias"]) in self._built

    def ask(self, sql: str, parameters: Sequence[str] = ()) -> Answer:
        """The rows of a statement; none if a model of it is not in the project or not built yet."""
        models: list[str] = []

        def relation(placeholder: str) -> str:
            name = re.sub(r"^use__", f"{self.use_case}__", placeholder[1:-1])
            if name not in models:
                models.append(name)
            return self.project.relation(name) if name in self.project.models else identifier(name)

        statement = replace_unquoted(r"\{\w+\}", relation, dedent(sql).strip())
        missing = tuple(name for name in models if not self._exists(name))
        rows = [] if missing else self.warehouse.query(statement, list(parameters)).to_pylist()
        clean = [{key: _value(value) for key, value in row.items()} for row in rows]
        return Answer(clean, tuple(models), _written_out(statement, parameters), missing)


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _written_out(statement: str, parameters: Sequence[str]) -> str:
    values = iter(parameters)
    return replace_unquoted(r"\?", lambda _: literal(next(values)), statement) + ";"
