"""Joins of every kind: which pairs of rows there are, and what an unmatched row tells."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Row, Scope, Source
from insitu.proof.domain.rebase import merge
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import LOOSE, ORIGIN
from insitu.proof.domain.terms import NOTHING, Terms, refused, restrict
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import NULL, Key, Read, Relation, Value, Variant
from insitu.proof.rules import tables
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import ties
from insitu.proof.rules.names import lookup
from insitu.proof.rules.truth import predicates
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql.identifiers import identifier

MAX_VARIANTS = 24


@dataclass(slots=True)
class Pair:
    """A left and a right variant, matched."""

    left: Variant
    right: Variant
    row: Row
    on_terms: Terms
    on_reads: frozenset[Read]


def first(a: Analyser, node: exp.Expr, env: Env, scope: Scope) -> Scope:
    """FROM: the first relation."""
    relation, alias, _ = tables.source(a, node, env, None)
    if relation.names == []:
        raise Refusal("a relation without columns", node)
    base = scope.variants[0]
    variants = []
    for u in relation.variants:
        zone = base.zone.copy()
        zone.update(u.zone)
        variants.append(Variant(_keyed(alias, u), zone, u.presence, u.multiplicity, u.reads))
    unique = [frozenset((alias, c) for c in key) for key in relation.unique]
    ranks = {(alias, k): frozenset((alias, c) for c in key) for k, key in relation.ranks.items()}
    return Scope(variants, [Source(alias, relation.names, set())], unique, ranks)


def _keyed(alias: str, variant: Variant) -> dict[Key, Value]:
    return {(alias, name): value for (_, name), value in variant.columns.items()}


def join(a: Analyser, scope: Scope, node: exp.Expr, env: Env) -> Scope:
    """The scope joined with another FROM item."""
    is_join = isinstance(node, exp.Join)
    item = node.this if is_join else node
    side, kind, method = ((str(node.args.get(k) or "")).upper() if is_join else "" for k in ("side", "kind", "method"))
    if method not in ("", "ASOF") or kind not in ("", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"):
        raise Refusal(f"{method or kind} JOIN", node)
    if side not in ("", "LEFT") and (method == "ASOF" or kind in ("SEMI", "ANTI")):
        raise Refusal(f"{method or side} {side if method else kind} JOIN", node)
    on = node.args.get("on") if is_join else None
    using = [identifier(c, a.dialect) for c in (node.args.get("using") or [])] if is_join else []
    relation: Relation | None = None
    result: list[Variant] = []
    alias, lateral, one_match = "", True, True
    followed: set[str] | None = None  # columns of the right side that follow from the left row
    for left in scope.variants:
        if lateral or relation is None:
            relation, alias, lateral = tables.source(a, item, env, left)
        if any(s.alias == alias for s in scope.sources):
            raise Refusal(f"two FROM items are named {alias}", node)
        pairs = [_pair(a, left, u, alias, on, using, env, method == "ASOF", node) for u in relation.variants]
        equal = _set_equal(a, left, relation, alias, on, using, env, node)
        right_unique = any(key <= equal for key in relation.unique) or method == "ASOF"
        followed = equal if followed is None else followed & equal
        one_match = one_match and right_unique
        if method == "ASOF":
            pairs = _nearest(a, pairs, relation, alias, env, node)
        if kind in ("SEMI", "ANTI"):
            result.append(_filtering(a, left, pairs, env, node, kind))
        elif side == "":
            result += [_inner(p) for p in pairs if not _impossible(p)]
        elif side == "LEFT":
            result += _outer(a, left, pairs, relation, alias, env, node, right_unique)
        elif side == "RIGHT":
            if len(scope.variants) > 1 or lateral:
                raise Refusal("RIGHT JOIN after a union of rows; write it as a LEFT JOIN", node)
            result += _right(a, left, pairs, relation, alias, env, node)
        else:
            if len(scope.variants) > 1 or len(relation.variants) > 1 or lateral:
                raise Refusal("FULL JOIN after a union of rows", node)
            result += _full(a, left, pairs, relation, alias, env, node)
    if relation is None:  # no row can reach this join
        relation, alias, _ = tables.source(a, item, env, None)
    sources = list(scope.sources)
    unique, ranks = scope.unique, dict(scope.ranks)
    if kind not in ("SEMI", "ANTI"):
        sources.append(Source(alias, relation.names, set(using)))
        given = followed if followed is not None and side in ("", "LEFT") else set()
        theirs = [frozenset((alias, c) for c in key - given) for key in relation.unique]
        both = [x | y for x in scope.unique for y in theirs]
        unique = ((scope.unique if one_match and side in ("", "LEFT") else []) + both)[:8] if side != "FULL" else []
        if not (one_match and side in ("", "LEFT")):
            ranks = {}  # each numbered row may be there several times now
        if using:
            _merge_using(result, scope, alias, using, side)
    if len(result) > MAX_VARIANTS:
        result = [merge(result, a.symbols, env.outer_symbols)]
    return Scope(result, sources, unique, ranks)


def _pair(
    a: Analyser, left: Variant, u: Variant, alias: str, on: exp.Expr | None, using: list[str], env: Env, asof: bool,
    node: exp.Expr,
) -> Pair:  # fmt: skip
    zone = left.zone.copy()
    zone.update(u.zone)
    both = Variant(
        {**left.columns, **_keyed(alias, u)}, zone, left.presence, left.multiplicity, left.reads | u.reads
    )  # fmt: skip
    row = Row(both, env)
    terms, reads = NOTHING, frozenset[Read]()
    if on is not None:
        assumed = predicates.assume(a, on, row)
        if assumed is None:
            # The condition cannot hold: no such pair.
            return Pair(left, u, Row(Variant({}, zone), env), NOTHING, frozenset())
        terms, reads = predicates.truth(a, on, assumed)
        row = assumed
    terms |= left.copies(reads) | u.copies(reads)
    for i, name in enumerate(using):
        mine, theirs = lookup(left, "", name, node), u.columns.get(("", name))
        if mine is None or theirs is None:
            raise Refusal(f"USING column {name} is not on both sides", node)
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
    return Pair(left, u, row, terms, reads)


def _impossible(pair: Pair) -> bool:
    return not pair.row.variant.columns


def _allowed(a: Analyser, variant: Variant, env: Env) -> set[int]:
    return a.symbols.with_ends(v.symbol for v in variant.columns.values()) | set(env.outer_symbols)


def _match_terms(a: Analyser, pair: Pair, env: Env, node: exp.Expr, what: str) -> Terms:
    """What it depends on whether the left row has such a match, over the left row's columns."""
    seen = pair.right.existence | pair.on_terms
    allowed = _allowed(a, pair.left, env)
    return restrict(
        seen, a.symbols, pair.row.variant.zone, allowed, a.place(node), "001", f"{what} has no upper bound in time"
    )


def _inner(pair: Pair) -> Variant:
    v, left, right = pair.row.variant, pair.left, pair.right
    presence = left.presence | right.presence | pair.on_terms
    return Variant(v.columns, v.zone, presence, left.multiplicity | right.multiplicity, v.reads | pair.on_reads)


def _filtering(a: Analyser, left: Variant, pairs: list[Pair], env: Env, node: exp.Expr, kind: str) -> Variant:
    presence, reads = left.presence, left.reads
    for pair in pairs:
        if not _impossible(pair):
            presence |= _match_terms(a, pair, env, node, f"{kind} JOIN")
            reads |= pair.right.reads | pair.on_reads
    return Variant(left.columns, left.zone.copy(), presence, left.multiplicity, reads)


def _outer(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr, one: bool
) -> list[Variant]:
    """LEFT JOIN: the matched rows, and the left row alone where there is none."""
    pairs = [p for p in pairs if not _impossible(p)]
    absent = NOTHING.union(*(_match_terms(a, p, env, node, "LEFT JOIN") for p in pairs))
    theirs = frozenset[Read]().union(*(p.on_reads | p.right.reads for p in pairs))
    reads = left.reads if one else left.reads | theirs  # of the row; with one match at most it is there anyway
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
    rights = [v.symbol for (table, _), v in matched.columns.items() if table == alias]
    within = a.symbols.with_ends(v.symbol for v in matched.columns.values()) | set(env.outer_symbols) | {ORIGIN}
    for x in a.symbols.with_ends(rights):
        for y, weight in a.symbols.paths(matched.zone, x).items():
            if y in within:
                zone.add(x, y, weight)
    terms = pair.right.existence | pair.on_terms | absent
    columns = dict(left.columns)
    for key, value in matched.columns.items():
        if key[0] == alias:
            constant = value.constant if value.constant == NULL else None
            symbol = value.symbol if value.constant is None or constant == NULL else a.symbols.fresh()
            columns[key] = value._replace(
                symbol=symbol, terms=value.terms | terms, constant=constant, not_null=False, reads=value.reads | theirs
            )
    multiplicity = left.multiplicity | (NOTHING if one else terms)
    return Variant(columns, zone, left.presence, multiplicity, reads)


def _right(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr
) -> list[Variant]:
    """RIGHT JOIN: a LEFT JOIN seen from the other side."""
    result = []
    for pair in pairs:
        if not _impossible(pair):
            result.append(_inner(pair))
    return result + _alone(a, left, relation, pairs, alias, env, node, "RIGHT JOIN")


def _full(
    a: Analyser, left: Variant, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr
) -> list[Variant]:
    matched = [_inner(p) for p in pairs if not _impossible(p)]
    absent = NOTHING.union(*(_match_terms(a, p, env, node, "FULL JOIN") for p in pairs if not _impossible(p)))
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
        if not _impossible(pair):
            seen = left.existence | pair.on_terms
            why = f"{what} has no upper bound in time"
            terms = restrict(seen, a.symbols, pair.row.variant.zone, _allowed(a, u, env), a.place(node), "001", why)
            reads |= pair.on_reads
        columns = {k: Value(a.symbols.intern("null"), terms, NULL, reads=reads) for k in left.columns}
        result.append(Variant({**columns, **_keyed(alias, u)}, u.zone.copy(), u.existence | terms, NOTHING, reads))
    return result


def _nearest(a: Analyser, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr) -> list[Pair]:
    """ASOF JOIN picks one of the rows that satisfy the condition, so it sees all of them."""
    possible = [p for p in pairs if not _impossible(p)]
    terms = NOTHING.union(*(_match_terms(a, p, env, node, "ASOF JOIN") for p in possible))
    theirs = [frozenset((alias, c) for c in key) for key in relation.unique]
    together = [p.row.variant for p in possible]
    lost: Terms = NOTHING
    compared: set[str] = set()
    for p in possible:
        compared = _compared(a, node, alias, p.row)
        given = [v for (table, name), v in p.row.variant.columns.items() if table != alias or name in compared]
        if not ties.covered(a, p.row.variant, theirs, given, frozenset(), together):
            tie = f"ASOF JOIN picks any of several rows of the same instant; {ties.ADVICE}"
            lost |= {refused(a.place(node), "007", tie)}
    if len(possible) > 1:
        terms |= lost
    elif lost:
        # Whichever it picks, they agree in what the join compares.
        v = possible[0].row.variant
        columns = {
            k: x._replace(terms=x.terms | lost) if k[0] == alias and k[1] not in compared else x
            for k, x in v.columns.items()
        }
        picked = replace(possible[0].row, variant=replace(v, columns=columns))
        pairs = [p if _impossible(p) else replace(p, row=picked) for p in pairs]
    return [p if _impossible(p) else replace(p, on_terms=terms) for p in pairs]


def _compared(a: Analyser, node: exp.Expr, alias: str, row: Row) -> set[str]:
    """The columns of the right side that the join compares as they are, not cast to another type."""
    names = {identifier(c, a.dialect) for c in node.args.get("using") or []}
    on = node.args.get("on")
    for part in conjuncts(on) if on is not None else []:
        if isinstance(part, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
            sides = part.this.unnest(), part.expression.unnest()
            types = {a.value(side, row).type for side in sides} - {None}
            if len(types) < 2 or comparable(*types):
                names |= {
                    identifier(side.this, a.dialect)
                    for side in sides
                    if isinstance(side, exp.Column) and identifier(side.args.get("table"), a.dialect) == alias
                }
    return names


def _set_equal(
    a: Analyser, left: Variant, relation: Relation, alias: str, on: exp.Expr | None, using: list[str], env: Env,
    node: exp.Expr,
) -> set[str]:  # fmt: skip
    """The columns of the right side that the join sets equal to something of the left row."""
    equal = set()
    for name in using:
        mine = lookup(left, "", name, node)
        if mine is not None and _compared_as_it_is(relation, name, mine):
            equal.add(name)
    for part in conjuncts(on) if on is not None else []:
        if isinstance(part, exp.EQ):
            for x, y in ((part.this, part.expression), (part.expression, part.this)):
                column, name = x.unnest(), ""
                if isinstance(column, exp.Column) and identifier(column.args.get("table"), a.dialect) == alias:
                    name = identifier(column.this, a.dialect)
                if name not in relation.names or y.find(exp.Query):
                    continue
                others = list(y.find_all(exp.Column))
                tables = [identifier(c.args.get("table"), a.dialect) for c in others]
                of_left = all(t and t != alias for t in tables)
                if of_left and _compared_as_it_is(relation, name, a.value(y, Row(left, env))):
                    equal.add(name)
    return equal


_EXACT = ("integer", "boolean", "date", "timestamp")


def _compared_as_it_is(relation: Relation, name: str, other: Value) -> bool:
    """Not cast for the comparison: several texts can be the same number."""
    types = {v.columns["", name].type for v in relation.variants}
    return all(comparable(t, other.type) or (t in _EXACT and other.type == "opaque") for t in types)


def _merge_using(variants: list[Variant], scope: Scope, alias: str, using: list[str], side: str) -> None:
    """The one column that USING makes of two: the left one, unless the left row is missing."""
    for v in variants:
        for name in using:
            left = v.columns.get(("", name)) or next(
                v.columns[s.alias, name] for s in scope.sources if (s.alias, name) in v.columns
            )
            right = v.columns[alias, name]
            if side in ("RIGHT", "FULL"):
                value = right if left.constant == NULL else left
                v.columns["", name] = value._replace(terms=left.terms | right.terms, reads=left.reads | right.reads)
            else:
                v.columns["", name] = left
