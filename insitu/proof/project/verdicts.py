"""From terms to verdicts: does every term of a column come strictly before as-of?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from insitu.proof.domain.symbols import DAY, SECOND, STRICT, Symbols, Weight
from insitu.proof.domain.terms import Place, Term, without_rule
from insitu.proof.domain.variants import Relation, Variant

Status = Literal["proved", "refuted", "unknown", "tied", "waived"]
Ties = Literal["error", "warn"]

TITLES = {
    "001": "unbounded",
    "002": "aggregate, window or limit over unbounded rows",
    "003": "tie at as-of",
    "004": "bound too weak",
    "005": "mutable or validity column",
    "006": "label",
    "007": "not deterministic",
    "008": "cannot prove",
    "009": "source without declaration",
    "010": "no anchor",
}
ROW = "(row)"  # stands for the existence of the row


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a column (or the row) is not proved, and where."""

    code: str
    column: str
    place: Place
    message: str
    source: str = ""
    tie: bool = False  # nothing of the future, but the value may differ from run to run


def status_of(findings: Iterable[Finding]) -> Status:
    """The verdict that findings make, before any witness or waiver."""
    ties = [f.tie for f in findings]
    return "proved" if not ties else "tied" if all(ties) else "unknown"


@dataclass(slots=True)
class ColumnVerdict:
    """What was found for one column of a model."""

    model: str
    column: str
    status: Status = "proved"
    findings: list[Finding] = field(default_factory=list)
    waived: list[str] = field(default_factory=list)
    witness: str = ""  # SQL of the smallest rows found that show the leak


@dataclass(slots=True)
class ModelResult:
    """What was found for one declared model."""

    name: str
    kind: str
    columns: list[ColumnVerdict]
    reads: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    row_reads: frozenset[tuple[str, str]] = frozenset()
    note: str = ""  # for an axiom: proved, or trusted and why
    ties: Ties | None = None  # how grave a tie is, if it was said

    @property
    def ok(self) -> bool:
        return all(c.status in ("proved", "waived") for c in self.columns)

    @property
    def only_warns(self) -> bool:
        """A tie is no error: unless said otherwise, where nothing is stored (in training sets), or relied on."""
        return self.ties == "warn" if self.ties else self.kind in ("spine", "features")

    @property
    def passes(self) -> bool:
        """There is nothing but what is proved, waived, or only warned of."""
        good = ("proved", "waived", *(("tied",) if self.only_warns else ()))
        return all(c.status in good for c in self.columns)


def judge(
    relation: Relation,
    anchor: str,
    symbols: Symbols,
    exempt: Iterable[str] = (),
    inclusive: bool = False,
    labels: bool = False,
) -> dict[str, list[Finding]]:
    """Findings per column, and for the row; a column without any (nor the row) is proved.

    Args:
        anchor: the as-of column.
        exempt: columns that may know the future (labels), or that describe the batch.
        labels: the row may depend on labels (which rows are trained on).
        inclusive: rows available exactly at the anchor are allowed.
    """
    exempt, shown = set(exempt), _qualified(relation, anchor)
    result: dict[str, list[Finding]] = {ROW: [], **{n: [] for n in relation.names if n not in exempt}}
    for variant in relation.variants:
        at = variant.columns["", anchor].symbol
        existence = variant.existence
        for term in existence:
            if labels and term.label:
                continue
            _add(result[ROW], check(term, ROW, variant, at, shown, symbols, inclusive))
        for name in relation.names:
            if name in exempt:
                continue
            told = frozenset(t for t in existence if not (labels and t.label))
            for term in variant.columns["", name].terms - told:
                _add(result[name], check(term, name, variant, at, shown, symbols, inclusive))
    return result


def _qualified(relation: Relation, anchor: str) -> str:
    """The as-of column with the relation that it is read from, if that is one."""
    reads = {read for v in relation.variants for read in v.columns["", anchor].reads}
    return ".".join(reads.pop()) if len(reads) == 1 else anchor


def _add(findings: list[Finding], finding: Finding | None) -> None:
    if finding is not None and finding not in findings:
        findings.append(finding)


def check(
    term: Term, column: str, variant: Variant, at: int, anchor: str, symbols: Symbols, inclusive: bool
) -> Finding | None:
    """The finding for one term; None when its availability is before the anchor."""
    known = f"{term.source}.{term.available_at}"
    if term.unbounded:
        message = term.why or f"no predicate bounds {known} by {anchor}"
        if term.code in ("001", "002", "006") and term.available_at:
            message += f"; {_advice(term, anchor)}"
        if term.code == "006":
            message = f"label of `{term.source}`: {message}"
        return Finding(term.code, column, term.place, message, term.source, term.tie)
    best: Weight | None = None
    for symbol, c, flag in term.bounds:
        path = symbols.paths(variant.zone, symbol).get(at)
        if path is not None:
            total = (path[0] + c, min(path[1], flag))
            best = total if best is None else min(best, total)
    if best is None:
        code = "006" if term.label else "001"
        why = without_rule(term, symbols) or f"no predicate bounds {known} by {anchor}"
        return Finding(code, column, term.place, f"{why}; {_advice(term, anchor)}", term.source)
    c, flag = best
    loose = inclusive or term.inclusive
    if c < 0 or (c == 0 and (flag == STRICT or loose)):
        return None
    sign = "<" if flag == STRICT else "<="
    if c == 0:
        message = f"the bound is {known} <= {anchor}: a row known exactly at {anchor} is seen; write <"
        if known == anchor:
            message = (
                f"as-of is the time of {known} itself, when its own row is only just known; declare the model that "
                "takes as-of from it as a spine, with the reason in `trust`, and read earlier rows by <"
            )
        return Finding("003", column, term.place, message, term.source)
    message = (
        f"the best provable bound is {known} {sign} {anchor} + {human(c)}; it must be {'<=' if loose else '<'} {anchor}"
    )
    return Finding("004", column, term.place, message, term.source)


def _advice(term: Term, anchor: str) -> str:
    operator = "<=" if term.inclusive else "<"
    time = term.available_at
    if anchor in (time, f"{term.source}.{time}"):
        return (
            f"bound the rows of `{term.source}` that are read: their {time} {operator} the {time} of the row they are "
            "read for"
        )
    return f"add `{term.source}.{term.available_at} {operator} {anchor}` to the join or filter that reads it"


def human(microseconds: int) -> str:
    """A duration in its largest whole unit: `6 hours`."""
    for unit, size in (("day", DAY), ("hour", 3600 * SECOND), ("minute", 60 * SECOND), ("second", SECOND)):
        if microseconds % size == 0:
            n = microseconds // size
            return f"{n} {unit}{'s' if n != 1 else ''}"
    return f"{microseconds} microseconds"
