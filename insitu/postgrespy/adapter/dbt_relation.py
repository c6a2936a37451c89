"""Relations and columns whose names are quoted properly, whatever characters they hold."""

from __future__ import annotations

from dataclasses import dataclass

from dbt.adapters.postgres import PostgresColumn, PostgresRelation

from insitu import quoting


@dataclass(frozen=True, eq=False, repr=False)
class PostgresPyRelation(PostgresRelation):
    def quoted(self, identifier: str) -> str:
        return quoting.identifier(identifier)


class PostgresPyColumn(PostgresColumn):
    @property
    def quoted(self) -> str:
        return quoting.identifier(self.column)
