"""The proof of one declared model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Symbols
from insitu.proof.domain.terms import RAW, Place, Term
from insitu.proof.domain.variants import UNLISTED, Relation, Variant, is_present
from insitu.proof.project import declarations as d
from insitu.proof.project.nodes import Node
from insitu.proof.project.relations import Relations
from insitu.proof.project.verdicts import ROW, ColumnVerdict, Finding, ModelResult, human, judge, status_of

_KNOWN = "(known)"  # stands for the time at which a declared row is known


def anchored(project: Relations, node: Node, declared: Any) -> ModelResult:
    """The verdict of a spine, of features or of a training set: what is proved is each column before its as-of."""
    result = ModelResult(node.name, declared.kind, [])
    exempt = declared.exempt
    try:
        relation = project.relation(node)
    except Refusal as refusal:
        return _refused(project, node, result, refusal)
    anchor = declared.as_of
    if anchor not in relation.names:
        has = ", ".join(relation.names[:10])
        message = f"`{node.name}` has no column `{anchor}` (it has: {has}); add it, or set as_of"
        return _refused(project, node, result, Refusal(message, code="010"))
    findings = judge(relation, anchor, project.analyser.symbols, exempt, labels=isinstance(declared, d.TrainingSet))
    for name in relation.names:
        if name in exempt or (name.startswith(UNLISTED) and not findings[name]):
            continue
        found = findings[name] + [replace(f, column=name) for f in findings[ROW]]
        result.columns.append(ColumnVerdict(node.name, name, status_of(found), found))
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
    findings = _timeless(trusted, declared) if column is None else _known(trusted, declared, project.analyser.symbols)
    exempt = _not_promised(relation, declared)
    found = [f for name, some in findings.items() if name not in exempt for f in some]
    result.columns = [ColumnVerdict(node.name, f.column, status_of([f]), [f]) for f in dict.fromkeys(found)]
    raw = any(t.code == RAW for v in relation.variants for t in _all_terms(v))
    if result.ok:
        result.note = "trusted: each row is a function of one row of raw sources" if raw else "proved"
    return _with_reads(result, relation)


def _not_promised(relation: Relation, declared: Any) -> set[str]:
    """The columns that readers cannot use, whatever they depend on; ROW when rows are not promised."""
    if isinstance(declared, d.Validity):
        return set(declared.current_flags)
    if isinstance(declared, d.Mutable):
        mutable = set(relation.names) - set(declared.immutable)
        return mutable | (set() if declared.rows_are_permanent else {ROW})
    return set()


def _known(relation: Relation, declared: Any, symbols: Symbols) -> dict[str, list[Finding]]:
    """What is not known when the declaration says, column by column.

    A row that is read strictly after its time may depend on what is known at that very instant; one that is read at it
    may not, unless that can be read at it, too.
    """
    column = d.known_by(declared)
    assert column is not None
    shown = column + (f" + {declared.lag}" if declared.lag_microseconds else "")
    end = declared.valid_to or "" if isinstance(declared, d.Validity) else ""
    late: list[Finding] = []
    variants = []
    for variant in relation.variants:
        known = variant.columns["", column]
        symbol = symbols.offset(known.symbol, declared.lag_microseconds, declared.lag_microseconds)
        columns = {**variant.columns, ("", _KNOWN): known._replace(symbol=symbol)}
        if end in relation.names:
            value = columns["", end]
            closing = {t for t in value.terms if t.closing} if value.closing else set()
            columns["", end] = value._replace(terms=value.terms - closing)
            late += [f for t in closing if (f := _end_too_late(t, end, declared)) is not None]
            if closing and end in declared.not_null and not is_present(value, variant.zone):
                why = "declared not_null, but NULL while no version follows; coalesce it with a date beyond all others"
                late += [Finding("005", end, t.place, why, t.source) for t in closing]
        variants.append(replace(variant, columns=columns))
    found = judge(Relation(relation.names, variants), _KNOWN, symbols, (), inclusive=declared.strict)
    found = {name: [_of_declaration(f, shown, declared) for f in some] for name, some in found.items()}
    if late:
        found[end] = [*found[end], *dict.fromkeys(late)]
    return found


def _end_too_late(term: Term, end: str, declared: d.Validity) -> Finding | None:
    """The finding when the end of a version is known later than the declaration says."""
    if term.lag > declared.lag_microseconds:
        why = f"an end is known {human(term.lag)} after it; declare `lag: '{human(term.lag)}'`"
    elif term.lag == declared.lag_microseconds and not (declared.strict or term.inclusive):
        why = f"an end is known after its instant, as rows of `{term.source}` are; declare `strict: true`"
    else:
        return None
    return Finding("004", end, term.place, why, term.source)


def _of_declaration(finding: Finding, shown: str, declared: Any) -> Finding:
    """The finding in terms of the declaration, which is where it is mended."""
    message = finding.message.replace(_KNOWN, shown)
    if finding.code == "003":
        message = (
            f"a row is declared known at {shown} itself, but what it depends on (`{finding.source}`) is known only "
            "after its instant; declare `strict: true`"
        )
    elif finding.code == "004":
        message += "; declare a `lag`, or a later time"
    return replace(finding, message=message)


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
    names = list(project.families(node)) or ["*"]
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
