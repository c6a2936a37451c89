"""A left and a right row, joined: when they match, and what it depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import LOOSE, Zone
from insitu.proof.domain.terms import NOTHING, RAW, Term, Terms, refused, restrict
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import Key, Read, Value, Variant, symbols_of
from insitu.proof.rules import identity, session
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.names import lookup
from insitu.proof.rules.truth import predicates
from insitu.proof.rules.truth.parts import conjuncts


@dataclass(slots=True)
class Pair:
    """A left and a right variant, matched."""

    left: Variant
    right: Variant
    row: Row
    on_terms: Terms
    on_reads: frozenset[Read]


def keyed(alias: str, variant: Variant) -> dict[Key, Value]:
    """The columns of a finished relation under its alias."""
    return {(alias, name): value for (_, name), value in variant.columns.items()}


def pair(
    a: Analyser, left: Variant, u: Variant, alias: str, on: exp.Expr | None, using: list[str], env: Env, asof: bool,
    node: exp.Expr,
) -> Pair:  # fmt: skip
    """The two variants side by side, where the join's condition holds."""
    zone = left.zone.copy()
    zone.update(u.zone)
    both = Variant(
        {**left.columns, **keyed(alias, u)}, zone, left.presence, left.multiplicity, left.reads | u.reads
    )  # fmt: skip
    row = Row(both, env)
    terms, reads = NOTHING, frozenset[Read]()
    if on is not None:
        assumed = predicates.assume(a, on, row)
        if assumed is None:
            # The condition cannot hold: no such pair.
            return Pair(left, u, Row(Variant({}, zone), env), NOTHING, frozenset())
        terms, reads = predicates.truth(a, on, assumed)
        row = replace(assumed, variant=identity.shared(assumed.variant, _equal_columns(a, on, assumed)))
    terms |= left.copies(reads) | u.copies(reads)
    for i, name in enumerate(using):
        mine, theirs = lookup(left, "", name, node), u.columns.get(("", name))
        if mine is None or theirs is None:
            raise Refusal(f"USING column {name} is not on both sides", node)
        session.bring_together(a, node, [mine, theirs])
        terms |= mine.terms | theirs.terms
        reads |= mine.reads | theirs.reads
        zone = row.variant.zone
        zone.present |= {mine.symbol, theirs.symbol}
        if not comparable(mine.type, theirs.type):
            continue
        if asof and i == len(using) - 1:
            zone.add(theirs.symbol, mine.symbol, (0, LOOSE))  # ASOF … USING (…, t): right.t <= left.t
        else:
            zone.equal(mine.symbol, theirs.symbol)
            identity.equate(a, mine, theirs, zone)
            row = replace(row, variant=identity.shared(row.variant, [(mine, theirs)]))
    source = _other_rows(a, left, u, row.variant.zone)
    if source:
        why = f"joins rows of raw `{source}` to other rows of it; join by its whole key, or stage it as events first"
        terms |= {refused(a.place(node), "002", why)}
    return Pair(left, u, row, terms, reads)


def _other_rows(a: Analyser, left: Variant, right: Variant, zone: Zone) -> str:
    """The raw source of which the right side may hold another row than the left one; empty when there is none.

    A trusted model is a function of one row: the time that it declares is that row's, not another's.
    """
    mine, theirs = _raw_terms(left), _raw_terms(right)
    for term in theirs:
        same = [t for t in mine if t.source == term.source]
        keys = [t for t in same if t.available_at == term.available_at]
        symbols = {s for t in keys for s, _, _ in t.bounds}
        if same and not any(_equal(a, s, x, zone) for s, _, _ in term.bounds for x in symbols):
            return term.source
    return ""


def _raw_terms(variant: Variant) -> set[Term]:
    if not variant.columns:
        return set()
    return {t for t in variant.existence.union(*(v.terms for v in variant.columns.values())) if t.code == RAW}


def _equal(a: Analyser, x: int, y: int, zone: Zone) -> bool:
    same = (0, LOOSE)
    return x == y or (a.symbols.paths(zone, x).get(y) == same and a.symbols.paths(zone, y).get(x) == same)


def _equal_columns(a: Analyser, on: exp.Expr, row: Row) -> list[tuple[Value, Value]]:
    """Columns that the condition sets equal."""
    equal = [(p.this.unnest(), p.expression.unnest()) for p in conjuncts(on) if isinstance(p, exp.EQ)]
    columns = [(x, y) for x, y in equal if isinstance(x, exp.Column) and isinstance(y, exp.Column)]
    return [(a.value(x, row), a.value(y, row)) for x, y in columns]


def impossible(pair: Pair) -> bool:
    """The condition can never hold for such rows."""
    return not pair.row.variant.columns


def reach(a: Analyser, variant: Variant, env: Env) -> set[int]:
    """The symbols of a variant's columns, and those of the outer rows."""
    return a.symbols.with_ends(symbols_of(variant)) | set(env.outer_symbols)


def match_terms(a: Analyser, pair: Pair, env: Env, node: exp.Expr, what: str) -> Terms:
    """What it depends on whether the left row has such a match, over the left row's columns."""
    seen = pair.right.existence | pair.on_terms
    allowed = reach(a, pair.left, env)
    return restrict(
        seen, a.symbols, pair.row.variant.zone, allowed, a.place(node), "001", f"{what} has no upper bound in time"
    )


def inner(pair: Pair) -> Variant:
    """The matched rows."""
    v, left, right = pair.row.variant, pair.left, pair.right
    presence = left.presence | right.presence | pair.on_terms
    return Variant(v.columns, v.zone, presence, left.multiplicity | right.multiplicity, v.reads | pair.on_reads)
