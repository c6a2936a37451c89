"""A relation of a dbt project, as far as the proof needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from insitu.proof.domain.types import family
from insitu.proof.project.templates import Templates


@dataclass(slots=True)
class Node:
    """A relation of the project: a model with its compiled SQL, or a source, seed or snapshot without."""

    name: str
    kind: str = "model"  # model, source, seed, snapshot
    sql: str | None = None
    relation: tuple[str, ...] = ()  # (database, schema, identifier); empty: found by its name
    columns: dict[str, str | None] = field(default_factory=dict)  # name → SQL type
    listed: bool = True  # all its columns, in their order; a source's YAML may leave some out
    meta: Any = None  # config.meta.point_in_time
    path: str = ""
    raw: str = ""  # the model file's text
    hooks: list[str] = field(default_factory=list)  # SQL that runs before and after it
    config: dict[str, Any] = field(default_factory=dict)  # dbt's
    package: str = ""
    templates: Templates | None = None  # what reads its Jinja; None when it has none

    @property
    def families(self) -> dict[str, str | None]:
        """Column → type family, None where the type is not known."""
        return {c: family(t) for c, t in self.columns.items()}
