"""The relations of a project: what each table reference means, and what the SQL behind it gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from insitu.proof.domain.context import Env
from insitu.proof.domain.rebase import compact, instantiate
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import Place
from insitu.proof.domain.variants import UNLISTED, Relation
from insitu.proof.project import axioms, hidden
from insitu.proof.project import declarations as d
from insitu.proof.project.increments import checking as increments
from insitu.proof.project.nodes import Node
from insitu.proof.rules import dispatch
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql.identifiers import folded, identifier
from insitu.proof.sql.normal import normal
from insitu.proof.sql.parsing import NotOneQuery, parse


class Relations:
    """Resolves the relations of a project.

    Args:
        nodes: every relation of the project.
        dialect: duckdb or postgres.
    """

    def __init__(self, nodes: Iterable[Node], dialect: str = "duckdb") -> None:
        self.nodes = {n.name: n for n in nodes}
        self.dialect = dialect
        self.analyser = dispatch.analyser(self, dialect)
        self._by_relation = {tuple(map(self.folded, n.relation)): n for n in self.nodes.values() if n.relation}
        self._by_name: dict[str, Node] = {}
        for n in self.nodes.values():
            self._by_name.setdefault(self.folded(n.relation[-1] if n.relation else n.name), n)
        self._declarations: dict[str, Any] = {}
        self._relations: dict[tuple[str, bool], Relation | Refusal] = {}
        self._stack: list[str] = []

    # --- declarations

    def declaration(self, node: Node) -> Any:
        """The node's declaration, or None. Raises DeclarationError."""
        if node.name not in self._declarations:
            declared = d.parse(node.name, node.meta, self.dialect) if node.meta is not None else None
            if declared is not None:
                d.check_columns(node.name, declared, self.families(node))
            self._declarations[node.name] = declared
        return self._declarations[node.name]

    def is_boundary(self, node: Node) -> bool:
        """Readers take its declaration for granted, rather than looking at its SQL."""
        declared = self.declaration(node)
        trusted_spine = isinstance(declared, d.Spine) and declared.trust is not None
        return declared is not None and (trusted_spine or not isinstance(declared, d.Anchored))

    def types(self, node: Node) -> dict[str, str | None]:
        """Columns and type families of a relation, as far as they are known."""
        known = self.families(node)
        if node.sql is not None and not (known and all(known.values())):
            try:
                relation = self.relation(node)
            except Refusal:
                return known
            derived = {
                n: next((v.columns["", n].type for v in relation.variants), None)
                for n in relation.names
                if not n.startswith(UNLISTED)
            }
            return {**derived, **known}
        return known

    def families(self, node: Node) -> dict[str, str | None]:
        """The columns that are listed for a relation, by the names that the warehouse compares, and their families."""
        return {self.folded(c): f for c, f in node.families.items()}

    def folded(self, name: str) -> str:
        """The name of a stored relation or column, as `identifier` gives it."""
        return folded(name, self.dialect)

    # --- relations

    def find(self, table: exp.Table) -> Node | None:
        """The node that a table reference names; None for a name that is not of the project."""
        named = (table.args.get("catalog"), table.args.get("db"), table.this)
        parts = tuple(identifier(p, self.dialect) for p in named if p is not None)
        if len(parts) == 3 and parts in self._by_relation:
            return self._by_relation[parts]
        for relation, node in self._by_relation.items():
            if len(parts) == 2 and relation[-2:] == parts:
                return node
        name = parts[-1].removeprefix("__dbt__cte__")
        return self._by_name.get(name) if len(parts) == 1 else None

    def resolve(self, table: exp.Table, analyser: Analyser) -> Relation:
        """The relation that a table reference means: as declared, else as its SQL gives it. Raises Refusal."""
        node = self.find(table)
        place = analyser.place(table)
        shown = identifier(table.this, self.dialect)
        if node is None:
            raise Refusal(f"relation `{shown}` is not a model, seed or source of this project", table, "009")
        declared = self.declaration(node)
        if isinstance(declared, d.Features | d.TrainingSet) and node.sql is None and not declared.trust:
            raise Refusal(
                f"`{node.name}` is declared {declared.kind}, but has no SQL to prove it by; write it in SQL, or say in "
                "its `trust` why it sees no future",
                table,
            )
        if self.is_boundary(node) or (declared is not None and node.sql is None):
            base = self._base(node, declared, table)
            return axioms.relation(node.name, declared, base, analyser.symbols, place, analyser.trusting)
        if node.sql is None:
            raise Refusal(
                f"`{node.name}` has no point-in-time declaration; say in its config.meta.point_in_time what it is "
                f"({', '.join(d.KINDS[:5])})",
                table,
                "009",
            )
        relation = instantiate(self.relation(node), analyser.symbols)
        if isinstance(declared, d.Spine | d.Features):
            unique = [frozenset(key) for key in declared.unique]
            if declared.key:
                unique.append(frozenset((*declared.key, declared.as_of)))
            relation.unique = relation.unique + unique
            for variant in relation.variants:
                for column in (*declared.key, declared.as_of):
                    if column in relation.names:
                        key = "", column
                        variant.columns[key] = variant.columns[key]._replace(not_null=True)
                as_of = variant.columns.get(("", declared.as_of))
                if as_of is not None:
                    variant.presence |= {axioms.asked(node.name, declared, as_of, place)}
        return relation

    def _base(self, node: Node, declared: Any, table: exp.Table) -> Relation:
        """The columns of a declared relation: as its SQL gives them, else as YAML, catalog or warehouse tell."""
        if node.sql is not None and not declared.trust:
            try:
                relation = instantiate(self.relation(node), self.analyser.symbols)
            except Refusal:
                if not node.columns:
                    raise
            else:
                return _typed(relation, self.families(node))
        if not node.columns and node.sql is not None:  # of a model that is trusted: its SQL tells names and types only
            types = self.types(node)
            if types:
                return axioms.source(types, self.analyser.symbols)
        if not node.columns:
            raise Refusal(
                f"the columns of `{node.name}` are not known; list them in its YAML, or pass a catalog", table
            )
        return axioms.source(self.families(node), self.analyser.symbols, node.listed)

    def relation(self, node: Node) -> Relation:
        """The relation of a model, by analysing its SQL; a refusal is raised again for each model that reads it."""
        declared = self.declaration(node)
        trusting = self.is_boundary(node) or (declared is None and self.analyser.trusting)
        known = self._relations.get((node.name, trusting))
        if known is None:
            known = self._analyse(node, trusting)
            self._relations[node.name, trusting] = known
        if isinstance(known, Refusal):
            raise known
        return known

    def _analyse(self, node: Node, trusting: bool) -> Relation | Refusal:
        if node.name in self._stack:
            return Refusal(f"`{node.name}` refers to itself; compile with --full-refresh")
        unseen = hidden.check(node)
        unseen = unseen or increments.check(node, self.declaration(node), self.dialect, self.nodes.get)
        if unseen is not None:
            return unseen
        self._stack.append(node.name)
        try:
            with self.analyser.inside(node.name, trusting):
                try:
                    query = normal(parse(node.sql or "", self.dialect))
                except NotOneQuery as error:
                    return Refusal(str(error))
                return compact(self.analyser.relation(query, Env()), self.analyser.symbols)
        except RecursionError:
            return Refusal("the SQL is nested too deeply to be followed; split it into CTEs or models")
        except Refusal as refusal:
            place = self.analyser.place(refusal.node)
            return Refusal(str(refusal), refusal.node, refusal.code, refusal.place or Place(node.name, place.line))
        finally:
            self._stack.pop()


def _typed(relation: Relation, families: dict[str, str | None]) -> Relation:
    """Types that the warehouse knows and the analysis does not."""
    for variant in relation.variants:
        for (_, name), value in list(variant.columns.items()):
            if value.type in (None, "opaque", "plain", "other", "named") and families.get(name):
                variant.columns["", name] = value._replace(type=families[name])
    return relation
