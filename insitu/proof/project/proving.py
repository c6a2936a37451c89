"""The proof of one declared model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.terms import RAW, Place, Term
from insitu.proof.domain.variants import Relation, Variant
from insitu.proof.project import declarations as d
from insitu.proof.project.nodes import Node
from insitu.proof.project.relations import Relations
from insitu.proof.project.verdicts import ROW, ColumnVerdict, Finding, ModelResult, judge


def anchored(project: Relations, node: Node, declared: Any) -> ModelResult:
    """The verdict of a spine, of features or of a training set: what is proved is each column before its as-of."""
    result = ModelResult(node.name, declared.kind, [])
    exempt = declared.exempt
    try:
        relation = project.relation(node)
    except Refusal as refusal:
        return _refused(project, node, result, refusal)
    anchor = declared.as_of.lower()
    if anchor not in relation.names:
        has = ", ".join(relation.names[:10])
        message = f"`{node.name}` has no column `{anchor}` (it has: {has}); add it, or set as_of"
        return _refused(project, node, result, Refusal(message, code="010"))
    findings = judge(relation, anchor, project.analyser.symbols, exempt, labels=isinstance(declared, d.TrainingSet))
    for name in relation.names:
        if name in exempt:
            continue
        found = findings[name] + [replace(f, column=name) for f in findings[ROW]]
        status = "unknown" if found else "proved"
        result.columns.append(ColumnVerdict(node.name, name, status, found))  # type: ignore[arg-type]
    return _with_reads(result, relation)


def axiom(project: Relations, node: Node, declared: Any) -> ModelResult:
    """A model that readers rely on: over declared sources it is proved, over raw ones trusted."""
    result = ModelResult(node.name, declared.kind, [])
    if declared.trust:
        result.note = f"trusted, not checked: {declared.trust}"
        return result
    try:
        relation = project.relation(node)
    except Refusal as refusal:
        return _refused(project, node, result, refusal)
    column = d.known_by(declared)
    if column is not None and column not in relation.names:
        message = f"`{node.name}` has no column `{column}`, which its declaration names"
        return _refused(project, node, result, Refusal(message, code="010"))
    trusted = Relation(relation.names, [_without_raw(v) for v in relation.variants])
    if column is None:
        findings = _timeless(trusted, declared)
    else:
        findings = judge(trusted, column, project.analyser.symbols, (), inclusive=True)
    if declared.kind == "validity":
        exempt = {c.lower() for c in [declared.valid_to or "", *declared.current_flags]}
    else:
        exempt = set(relation.names) if declared.kind == "mutable" else set()
    found = [f for name, some in findings.items() if name not in exempt for f in some]
    result.columns = [ColumnVerdict(node.name, f.column, "unknown", [f]) for f in dict.fromkeys(found)]
    raw = any(t.code == RAW for v in relation.variants for t in _all_terms(v))
    result.note = "trusted: each row is a function of one row of raw sources" if raw else "proved"
    return _with_reads(result, relation)


def _timeless(relation: Relation, declared: Any) -> dict[str, list[Finding]]:
    """Without a column that says when a row is known, nothing may depend on any source."""

    def finding(name: str, term: Term) -> Finding:
        why = term.why or f"declared {declared.kind}, but depends on {term.source}.{term.available_at}"
        return Finding("001", name, term.place, why, term.source)

    return {
        name: [
            finding(name, term)
            for v in relation.variants
            for term in (v.existence if name == ROW else v.columns["", name].terms)
        ]
        for name in [ROW, *relation.names]
    }


def _with_reads(result: ModelResult, relation: Relation) -> ModelResult:
    """The result with the source columns that each column and the row read."""
    result.reads = {n: frozenset().union(*(v.columns["", n].reads for v in relation.variants)) for n in relation.names}
    result.row_reads = frozenset().union(*(v.reads for v in relation.variants))
    return result


def _refused(project: Relations, node: Node, result: ModelResult, refusal: Refusal) -> ModelResult:
    place = refusal.place or Place(node.name, 0)
    finding = Finding(refusal.code, "*", place, str(refusal))
    names = [c.lower() for c in node.columns] or ["*"]
    declared = project.declaration(node)
    exempt: set[str] = set()
    if isinstance(declared, d.Anchored):
        exempt = declared.exempt
    else:
        names = ["*"]
    for name in names:
        if name not in exempt:
            result.columns.append(ColumnVerdict(node.name, name, "unknown", [replace(finding, column=name)]))
    return result


def _all_terms(variant: Variant) -> set[Term]:
    return set(variant.existence).union(*(v.terms for v in variant.columns.values()))


def _without_raw(variant: Variant) -> Variant:
    """The variant without its terms on single raw rows.

    A row that mixes raw rows has terms of another code, and these stay.
    """

    def keep(terms: frozenset[Term]) -> frozenset[Term]:
        return frozenset(t for t in terms if t.code != RAW)

    columns = {k: v._replace(terms=keep(v.terms)) for k, v in variant.columns.items()}
    return Variant(columns, variant.zone, keep(variant.presence), keep(variant.multiplicity), variant.reads)
