"""Joins that keep or drop the rows of one side: LEFT, RIGHT, FULL, SEMI and ANTI."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Env
from insitu.proof.domain.symbols import ORIGIN
from insitu.proof.domain.terms import NOTHING, Terms, restrict
from insitu.proof.domain.variants import NULL, Read, Relation, Value, Variant, symbols_of
from insitu.proof.rules import identity
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.joins.pairs import Pair, impossible, inner, keyed, match_terms, reach


def outer(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr, one: bool
) -> list[Variant]:
    """LEFT JOIN: the matched rows, and the left row alone where there is none."""
    pairs = [p for p in pairs if not impossible(p)]
    absent = NOTHING.union(*(match_terms(a, p, env, node, "LEFT JOIN") for p in pairs))
    theirs = frozenset[Read]().union(*(p.on_reads | p.right.reads for p in pairs))
    reads = (
        left.reads if one else left.reads | theirs
    )  # of the row: with at most one match it occurs once, matched or not
    if len(pairs) == 1 and all(not t.unbounded for t in absent):
        return [_folded(a, left, pairs[0], alias, absent, reads, theirs, one, env)]
    result = []
    for pair in pairs:
        v = pair.row.variant
        terms = pair.right.existence | pair.on_terms
        columns = dict(v.columns)
        for name in relation.names:
            value = columns[alias, name]
            columns[alias, name] = value._replace(terms=value.terms | terms, reads=value.reads | theirs)
        multiplicity = left.multiplicity | (NOTHING if one else terms)
        result.append(Variant(columns, v.zone, left.presence, multiplicity, reads))
    columns = dict(left.columns)
    for name in relation.names:
        columns[alias, name] = Value(a.symbols.intern("null"), absent, NULL, reads=theirs)
    multiplicity = left.multiplicity | (NOTHING if one else absent)
    result.append(Variant(columns, left.zone.copy(), left.presence, multiplicity, reads))
    return result


def _folded(
    a: Analyser, left: Variant, pair: Pair, alias: str, absent: Terms, reads: frozenset[Read],
    theirs: frozenset[Read], one: bool, env: Env,
) -> Variant:  # fmt: skip
    """Both halves of a LEFT JOIN in one variant: facts about a right column hold where it is not NULL."""
    matched = pair.row.variant
    zone = left.zone.copy()
    own = Variant({key: v for key, v in matched.columns.items() if key[0] == alias})
    rights = symbols_of(own) - symbols_of(left)
    within = a.symbols.with_ends(symbols_of(matched)) | set(env.outer_symbols) | {ORIGIN}
    starts = {y: x for x in within for _, y in a.symbols.starts(x, matched.zone)}
    within |= set(starts)
    for x in a.symbols.with_ends(rights) | {y for y, x in starts.items() if x in rights}:
        for y, weight in a.symbols.paths(matched.zone, x).items():
            if y in within:
                zone.add(x, y, weight)
    terms = pair.right.existence | pair.on_terms | absent
    columns = {}
    for key, value in left.columns.items():
        # What a match tells of the left row is NULL where there is none.
        told = tuple(t._replace(present=False) for t in matched.columns[key].identifies)
        columns[key] = identity.with_told(value, told)
    for key, value in matched.columns.items():
        if key[0] == alias:
            constant = value.constant if value.constant == NULL else None
            symbol = value.symbol if value.constant is None or constant == NULL else a.symbols.fresh()
            columns[key] = value._replace(
                symbol=symbol, terms=value.terms | terms, constant=constant, not_null=False, reads=value.reads | theirs
            )
    multiplicity = left.multiplicity | (NOTHING if one else terms)
    return Variant(columns, zone, left.presence, multiplicity, reads)


def right(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr
) -> list[Variant]:
    """RIGHT JOIN: a LEFT JOIN seen from the other side."""
    result = []
    for pair in pairs:
        if not impossible(pair):
            result.append(inner(pair))
    return result + _alone(a, left, relation, pairs, alias, env, node, "RIGHT JOIN")


def full(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr
) -> list[Variant]:
    """FULL JOIN: the matched rows, the left rows alone and the right rows alone."""
    matched = [inner(p) for p in pairs if not impossible(p)]
    absent = NOTHING.union(*(match_terms(a, p, env, node, "FULL JOIN") for p in pairs if not impossible(p)))
    reads = left.reads.union(*(p.on_reads | p.right.reads for p in pairs))
    columns = dict(left.columns)
    for name in relation.names:
        columns[alias, name] = Value(a.symbols.intern("null"), absent, NULL, reads=reads)
    alone = Variant(columns, left.zone.copy(), left.presence | absent, left.multiplicity, reads)
    return [*matched, alone, *_alone(a, left, relation, pairs, alias, env, node, "FULL JOIN")]


def _alone(
    a: Analyser, left: Variant, relation: Relation, pairs: list[Pair], alias: str, env: Env, node: exp.Expr, what: str
) -> list[Variant]:
    """Right rows without a left one."""
    result = []
    for u, pair in zip(relation.variants, pairs, strict=True):
        terms, reads = NOTHING, u.reads | left.reads
        if not impossible(pair):
            seen = left.existence | pair.on_terms
            why = f"{what} has no upper bound in time"
            terms = restrict(seen, a.symbols, pair.row.variant.zone, reach(a, u, env), a.place(node), "001", why)
            reads |= pair.on_reads
        columns = {k: Value(a.symbols.intern("null"), terms, NULL, reads=reads) for k in left.columns}
        result.append(Variant({**columns, **keyed(alias, u)}, u.zone.copy(), u.existence | terms, NOTHING, reads))
    return result


def filtering(a: Analyser, left: Variant, pairs: list[Pair], env: Env, node: exp.Expr, kind: str) -> Variant:
    """SEMI and ANTI JOIN: the left rows with a match, or those without."""
    presence, reads = left.presence, left.reads
    for pair in pairs:
        if not impossible(pair):
            presence |= match_terms(a, pair, env, node, f"{kind} JOIN")
            reads |= pair.right.reads | pair.on_reads
    return Variant(left.columns, left.zone.copy(), presence, left.multiplicity, reads)
