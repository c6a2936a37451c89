"""The relations of a project, and the check of each declared model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from insitu.proof import axioms, jinja
from insitu.proof import declarations as d
from insitu.proof.domain.context import Env
from insitu.proof.domain.rebase import compact, instantiate
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import RAW, Place, Term
from insitu.proof.domain.types import family
from insitu.proof.domain.variants import Relation, Variant
from insitu.proof.rules import dispatch
from insitu.proof.rules.analyser import Analyser
from insitu.proof.sql.identifiers import identifier
from insitu.proof.sql.normal import normal
from insitu.proof.sql.parsing import NotOneQuery, parse
from insitu.proof.verdicts import ROW, ColumnVerdict, Finding, judge


@dataclass(slots=True)
class Node:
    """A relation of the project: a model with its compiled SQL, or a source, seed or snapshot without."""

    name: str
    kind: str = "model"  # model, source, seed, snapshot
    sql: str | None = None
    relation: tuple[str, ...] = ()  # (database, schema, identifier); empty: found by its name
    columns: dict[str, str | None] = field(default_factory=dict)  # name → SQL type
    meta: Any = None  # config.meta.point_in_time
    path: str = ""
    raw: str = ""  # the model file's text
    hooks: list[str] = field(default_factory=list)  # SQL that runs before and after it

    @property
    def families(self) -> dict[str, str | None]:
        return {c: family(t) for c, t in self.columns.items()}


@dataclass(slots=True)
class ModelResult:
    """What was found for one declared model."""

    name: str
    kind: str
    columns: list[ColumnVerdict]
    reads: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    row_reads: frozenset[tuple[str, str]] = frozenset()
    note: str = ""  # for an axiom: proved, or trusted and why

    @property
    def ok(self) -> bool:
        return all(c.status in ("proved", "waived") for c in self.columns)


class Project:
    """Resolves the relations of a project, and checks its declared models.

    Args:
        nodes: every relation of the project.
        dialect: duckdb or postgres.
    """

    def __init__(self, nodes: Iterable[Node], dialect: str = "duckdb") -> None:
        self.nodes = {n.name: n for n in nodes}
        self.dialect = dialect
        self.analyser = dispatch.analyser(self, dialect)
        self._by_relation = {tuple(p.lower() for p in n.relation): n for n in self.nodes.values() if n.relation}
        self._by_name: dict[str, Node] = {}
        for n in self.nodes.values():
            self._by_name.setdefault((n.relation[-1] if n.relation else n.name).lower(), n)
        self._declarations: dict[str, Any] = {}
        self._relations: dict[tuple[str, bool], Relation | Refusal] = {}
        self._stack: list[str] = []
        self._results: dict[str, ModelResult] = {}

    # --- declarations

    def declaration(self, node: Node) -> Any:
        """The node's declaration, or None. Raises DeclarationError."""
        if node.name not in self._declarations:
            declared = d.parse(node.name, node.meta) if node.meta is not None else None
            if declared is not None:
                columns = {c.lower(): f for c, f in node.families.items()}
                d.check_columns(node.name, declared, columns)
            self._declarations[node.name] = declared
        return self._declarations[node.name]

    def is_boundary(self, node: Node) -> bool:
        """Readers take its declaration for granted, rather than looking at its SQL."""
        declared = self.declaration(node)
        return declared is not None and not isinstance(declared, d.Spine | d.Features | d.TrainingSet)

    def types(self, node: Node) -> dict[str, str | None]:
        """Columns and type families of a relation, as far as they are known."""
        known = {c.lower(): f for c, f in node.families.items()}
        if node.sql is not None and not (known and all(known.values())):
            try:
                relation = self.relation(node)
            except Refusal:
                return known
            derived = {n: next((v.columns["", n].type for v in relation.variants), None) for n in relation.names}
            return {**derived, **known}
        return known

    # --- relations

    def find(self, table: exp.Table) -> Node | None:
        parts = tuple(
            p.name.lower() for p in (table.args.get("catalog"), table.args.get("db"), table.this) if p is not None
        )
        if len(parts) == 3 and parts in self._by_relation:
            return self._by_relation[parts]
        for relation, node in self._by_relation.items():
            if len(parts) == 2 and relation[-2:] == parts:
                return node
        name = parts[-1].removeprefix("__dbt__cte__")
        return self._by_name.get(name) if len(parts) == 1 else None

    def resolve(self, table: exp.Table, analyser: Analyser) -> Relation:
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
            unique = [frozenset(c.lower() for c in key) for key in declared.unique]
            if declared.key:
                unique.append(frozenset(c.lower() for c in (*declared.key, declared.as_of)))
            relation.unique = relation.unique + unique
            for variant in relation.variants:
                for column in (*declared.key, declared.as_of):
                    if column.lower() in relation.names:
                        key = "", column.lower()
                        variant.columns[key] = variant.columns[key]._replace(not_null=True)
                as_of = variant.columns.get(("", declared.as_of.lower()))
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
                return _typed(relation, {c.lower(): f for c, f in node.families.items()})
        if not node.columns:
            raise Refusal(
                f"the columns of `{node.name}` are not known; list them in its YAML, or pass a catalog", table
            )
        columns = {c.lower() if self.dialect == "duckdb" else c: f for c, f in node.families.items()}
        return axioms.source(columns, self.analyser.symbols)

    def relation(self, node: Node) -> Relation:
        """The relation of a model, by analysing its SQL; what was refuted in it stays so for those who read it."""
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
        hidden = jinja.check(node.name, node.raw, node.hooks)
        if hidden is not None:
            return hidden
        self._stack.append(node.name)
        try:
            with self.analyser.inside(node.name, trusting):
                try:
                    query = normal(parse(node.sql or "", self.dialect))
                except NotOneQuery as error:
                    return Refusal(str(error))
                return compact(self.analyser.relation(query, Env()), self.analyser.symbols)
        except Refusal as refusal:
            place = self.analyser.place(refusal.node)
            return Refusal(str(refusal), refusal.node, refusal.code, refusal.place or Place(node.name, place.line))
        finally:
            self._stack.pop()

    # --- checks

    def check(self) -> list[ModelResult]:
        """The verdict of every declared model that has SQL, upstream ones first."""
        return [
            self.check_model(n) for n in self.nodes.values() if n.sql is not None and self.declaration(n) is not None
        ]

    def check_model(self, node: Node) -> ModelResult:
        if node.name not in self._results:
            declared = self.declaration(node)
            if isinstance(declared, d.Spine | d.Features | d.TrainingSet):
                self._results[node.name] = self._check_anchored(node, declared)
            else:
                self._results[node.name] = self._check_axiom(node, declared)
        return self._results[node.name]

    def _check_anchored(self, node: Node, declared: Any) -> ModelResult:
        result = ModelResult(node.name, declared.kind, [])
        exempt = declared.exempt
        try:
            relation = self.relation(node)
        except Refusal as refusal:
            return self._refused(node, result, refusal)
        anchor = declared.as_of.lower()
        if anchor not in relation.names:
            has = ", ".join(relation.names[:10])
            message = f"`{node.name}` has no column `{anchor}` (it has: {has}); add it, or set as_of"
            return self._refused(node, result, Refusal(message, code="010"))
        findings = judge(relation, anchor, self.analyser.symbols, exempt, labels=isinstance(declared, d.TrainingSet))
        for name in relation.names:
            if name in exempt:
                continue
            found = findings[name] + [replace(f, column=name) for f in findings[ROW]]
            status = "unknown" if found else "proved"
            result.columns.append(ColumnVerdict(node.name, name, status, found))  # type: ignore[arg-type]
        result.reads = {
            n: frozenset().union(*(v.columns["", n].reads for v in relation.variants)) for n in relation.names
        }
        result.row_reads = frozenset().union(*(v.reads for v in relation.variants))
        return result

    def _check_axiom(self, node: Node, declared: Any) -> ModelResult:
        """A model that readers rely on: over declared sources it is proved, over raw ones trusted."""
        result = ModelResult(node.name, declared.kind, [])
        if declared.trust:
            result.note = f"trusted, not checked: {declared.trust}"
            return result
        try:
            relation = self.relation(node)
        except Refusal as refusal:
            return self._refused(node, result, refusal)
        anchor = {"event": "available_at", "labels": "matured_at", "validity": "valid_from"}.get(declared.kind)
        column = getattr(declared, anchor).lower() if anchor else None
        found: list[Finding] = []
        if column is not None and column not in relation.names:
            message = f"`{node.name}` has no column `{column}`, which its declaration names"
            return self._refused(node, result, Refusal(message, code="010"))
        trusted = Relation(relation.names, [_without_raw(v) for v in relation.variants])
        raw = any(t.code == RAW for v in relation.variants for t in _all_terms(v))
        exempt = set(relation.names) if declared.kind == "mutable" else set()
        if declared.kind == "validity":
            exempt = {c.lower() for c in [declared.valid_to or "", *declared.current_flags]}
        if column is None:
            findings = {
                n: [
                    Finding(
                        "001",
                        n,
                        t.place,
                        t.why or f"declared {declared.kind}, but depends on {t.source}.{t.available_at}",
                        t.source,
                    )
                    for v in trusted.variants
                    for t in (v.existence if n == ROW else v.columns["", n].terms)
                ]
                for n in [ROW, *(c for c in relation.names if c not in exempt)]
            }
        else:
            findings = judge(trusted, column, self.analyser.symbols, (), inclusive=True)
            findings = {n: f for n, f in findings.items() if n not in exempt}
        for some in findings.values():
            for f in some:
                if f not in found:
                    found.append(f)
        result.columns = [ColumnVerdict(node.name, f.column, "unknown", [f]) for f in found]
        result.note = "trusted: each row is a function of one row of raw sources" if raw else "proved"
        result.reads = {
            n: frozenset().union(*(v.columns["", n].reads for v in relation.variants)) for n in relation.names
        }
        result.row_reads = frozenset().union(*(v.reads for v in relation.variants))
        return result

    def _refused(self, node: Node, result: ModelResult, refusal: Refusal) -> ModelResult:
        place = refusal.place or Place(node.name, 0)
        finding = Finding(refusal.code, "*", place, str(refusal))
        names = [c.lower() for c in node.columns] or ["*"]
        declared = self.declaration(node)
        exempt = declared.exempt if isinstance(declared, d.Spine | d.Features | d.TrainingSet) else set()
        if not isinstance(declared, d.Spine | d.Features | d.TrainingSet):
            names = ["*"]
        for name in names:
            if name not in exempt:
                result.columns.append(ColumnVerdict(node.name, name, "unknown", [replace(finding, column=name)]))
        return result


def _typed(relation: Relation, families: dict[str, str | None]) -> Relation:
    """Types that the warehouse knows and the analysis does not."""
    for variant in relation.variants:
        for (_, name), value in list(variant.columns.items()):
            if value.type in (None, "opaque", "other") and families.get(name):
                variant.columns["", name] = value._replace(type=families[name])
    return relation


def _all_terms(variant: Variant) -> set[Term]:
    return set(variant.existence).union(*(v.terms for v in variant.columns.values()))


def _without_raw(variant: Variant) -> Variant:
    """Raw terms are fine as long as each row tells of one raw row: bounded by its identity, or just projected away."""

    def keep(terms: frozenset[Term]) -> frozenset[Term]:
        return frozenset(t for t in terms if t.code != RAW)

    columns = {k: v._replace(terms=keep(v.terms)) for k, v in variant.columns.items()}
    return Variant(columns, variant.zone, keep(variant.presence), keep(variant.multiplicity), variant.reads)
