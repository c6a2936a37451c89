"""`<use_case>__features_at`: a function of the database that gives the features of rows, at the moments asked for.

Its argument is a JSON array of rows of the spine: `[{"customer_id": 7, "as_of": "2024-06-01 12:00:00"}]`. Columns of
the spine that a row does not bring are those of the entity's last row on the spine at or before that moment; a row that
lacks some and has no such row there is left out of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from insitu.errors import ConfigurationError
from insitu.quoting import identifier, identifiers, literal, qualified
from insitu.serving.by_key import ByKey, spine_name

ARGUMENT = "insitu_rows"
QUOTE = "$insitu_features_at$"

Text = Callable[[str], str]  # of a column


@dataclass(frozen=True)
class FeaturesAt:
    """What the function of a use case is made of.

    Attributes:
        schema: of the function.
        name: of the function.
        entity: columns that say whom a row is about.
        as_of: the column of moments.
        spines: the relations of the spines, quoted, with their columns and the types of these.
        given: columns of the features, with their types.
        query: how features are computed.
    """

    schema: str
    name: str
    entity: Sequence[str]
    as_of: str
    spines: Mapping[str, Mapping[str, str]]
    given: Mapping[str, str]
    query: ByKey

    @property
    def function(self) -> str:
        """Its quoted name."""
        return qualified(self.schema, self.name)

    @property
    def key(self) -> list[str]:
        """The columns that every row brings."""
        return [*self.entity, self.as_of]

    @property
    def asked(self) -> dict[str, str]:
        """What a row may bring: the columns of the spines with their types."""
        return {name: type_ for columns in self.spines.values() for name, type_ in columns.items()}

    def statements(self, dialect: str) -> list[str]:
        """What makes it, in place of an earlier one."""
        return self._of_postgres() if dialect == "postgres" else [self._of_duckdb()]

    def _of_duckdb(self) -> str:
        items = f"select unnest(cast(cast({ARGUMENT} as json) as json[])) as item"
        query = self._select(
            items,
            lambda column: f"json_extract_string(asked.item, {literal(_pointer(column))})",
            lambda column: f"json_exists(asked.item, {literal(_pointer(column))})",
        )
        return f"create or replace macro {self.function}({ARGUMENT}) as table {query}"

    def _of_postgres(self) -> list[str]:
        body = self._select(
            f"select item from jsonb_array_elements({ARGUMENT}) as items (item)",
            lambda column: f"asked.item ->> {literal(column)}",
            lambda column: f"asked.item ? {literal(column)}",
        )
        if QUOTE in body:
            raise ConfigurationError(f"`{self.name}` cannot be made: the SQL of a feature holds `{QUOTE}`.")
        returns = ", ".join(f"{identifier(name)} {type_}" for name, type_ in self.given.items())
        signature = f"{self.function}(jsonb)"
        return [
            f"drop function if exists {signature}",
            # Whoever calls it needs no right on what the features read. It is planned once for a connection; few rows
            # are looked up one by one.
            f"create function {self.function}({ARGUMENT} jsonb) returns table ({returns}) "
            "language plpgsql stable security definer "
            "set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set jit = off "
            "set enable_nestloop = on set enable_mergejoin = off "
            f"as {QUOTE}\n#variable_conflict use_column\nbegin\nreturn query {body};\nend\n{QUOTE}",
            f"revoke all on function {signature} from public",
        ]

    def _select(self, items: str, text: Text, there: Text) -> str:
        """The features with the types of their relation."""
        columns = ", ".join(
            f"cast({identifier(name)} as {type_}) as {identifier(name)}" for name, type_ in self.given.items()
        )
        query = self.query.over(self._rows(items, text, there))
        return f"select {columns} from (\n{query}\n) as features"

    def _rows(self, items: str, text: Text, there: Text) -> dict[str, str]:
        """Queries of the rows of the spines that are asked for.

        Args:
            items: a query of the rows as JSON, `item`.
            text: what a row brings of a column, as text.
            there: whether it brings it.
        """
        asked = ", ".join(f"cast({text(name)} as {self.asked[name]}) as {identifier(name)}" for name in self.key)
        found = {"insitu_items": items, "insitu_asked": f"select asked.item, {asked} from insitu_items as asked"}
        for number, (spine, columns) in enumerate(self.spines.items()):
            found[spine_name(number)] = self._of_spine(spine, columns, text, there)
        return found

    def _of_spine(self, spine: str, columns: Mapping[str, str], text: Text, there: Text) -> str:
        """What is asked for, with the other columns of a spine: those that a row brings, else those of its last row."""
        others = [name for name in columns if name not in self.key]
        if not others:
            return f"select {identifiers(*columns)} from insitu_asked"
        own = ", ".join(f"asked.{identifier(name)}" for name in self.key)
        same = " and ".join(f"spine.{identifier(name)} = asked.{identifier(name)}" for name in self.entity)
        time = identifier(self.as_of)
        known = ", ".join(f"spine.{identifier(name)}" for name in others)
        chosen = ", ".join(
            f"case when {there(name)} then cast({text(name)} as {columns[name]}) else asked.{identifier(name)} end "
            f"as {identifier(name)}"
            for name in others
        )
        whole = " and ".join(there(name) for name in others)
        return (
            f"select {identifiers(*self.key)}, {chosen} from (\n"
            f"select asked.item, {own}, {known}, spine.{time} is not null as is_known, "
            f"row_number() over (partition by {own} order by spine.{time} desc) as recency "
            f"from insitu_asked as asked left join {spine} as spine on {same} and spine.{time} <= asked.{time}\n"
            f") as asked where asked.recency = 1 and (asked.is_known or ({whole}))"
        )


def _pointer(column: str) -> str:
    """The JSON pointer to a member (RFC 6901)."""
    return "/" + column.replace("~", "~0").replace("/", "~1")
