"""What the fuzzer tries: a feature query, and the declared models that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Model:
    """A declared model."""

    sql: str
    declaration: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A feature query that does not begin with WITH where it reads models."""

    sql: str
    models: Mapping[str, Model] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """One query for all of it: models as common table expressions."""
        if not self.models:
            return self.sql
        return "with " + ", ".join(f"{name} as ({m.sql})" for name, m in self.models.items()) + " " + self.sql
