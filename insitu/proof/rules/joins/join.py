"""Joins of every kind: which pairs of rows there are, and what an unmatched row tells."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Env, Scope, Source
from insitu.proof.domain.rebase import merge
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.variants import NULL, Relation, Variant
from insitu.proof.rules import tables
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import dependencies
from insitu.proof.rules.joins import sides
from insitu.proof.rules.joins.equal import set_equal
from insitu.proof.rules.joins.nearest import nearest
from insitu.proof.rules.joins.pairs import impossible, inner, keyed, pair
from insitu.proof.sql.identifiers import identifier

MAX_VARIANTS = 24


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
        variants.append(Variant(keyed(alias, u), zone, u.presence, u.multiplicity, u.reads))
    unique = [frozenset((alias, c) for c in key) for key in relation.unique]
    ranks = {(alias, k): frozenset((alias, c) for c in key) for k, key in relation.ranks.items()}
    follows = [(frozenset((alias, c) for c in x), frozenset((alias, c) for c in y)) for x, y in relation.follows]
    follows += dependencies.of_keys(relation, alias)
    return Scope(variants, [Source(alias, relation.names, set())], unique, ranks, follows)


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
    followed: set[str] | None = None  # columns of the right side that the left row determines
    for left in scope.variants:
        if lateral or relation is None:
            relation, alias, lateral = tables.source(a, item, env, left)
        if any(s.alias == alias for s in scope.sources):
            raise Refusal(f"two FROM items are named {alias}", node)
        pairs = [pair(a, left, u, alias, on, using, env, method == "ASOF", node) for u in relation.variants]
        equal = set_equal(a, left, relation, alias, on, using, env, node)
        right_unique = any(key <= equal for key in relation.unique) or method == "ASOF"
        followed = equal if followed is None else followed & equal
        one_match = one_match and right_unique
        if method == "ASOF":
            pairs = nearest(a, pairs, relation, alias, env, node)
        if kind in ("SEMI", "ANTI"):
            result.append(sides.filtering(a, left, pairs, env, node, kind))
        elif side == "":
            result += [inner(p) for p in pairs if not impossible(p)]
        elif side == "LEFT":
            result += sides.outer(a, left, pairs, relation, alias, env, node, right_unique)
        elif side == "RIGHT":
            if len(scope.variants) > 1 or lateral:
                raise Refusal("RIGHT JOIN after a union of rows; write it as a LEFT JOIN", node)
            result += sides.right(a, left, pairs, relation, alias, env, node)
        else:
            if len(scope.variants) > 1 or len(relation.variants) > 1 or lateral:
                raise Refusal("FULL JOIN after a union of rows", node)
            result += sides.full(a, left, pairs, relation, alias, env, node)
    if relation is None:  # no row can reach this join
        relation, alias, _ = tables.source(a, item, env, None)
    sources = list(scope.sources)
    unique, ranks, follows = scope.unique, dict(scope.ranks), scope.follows
    if kind not in ("SEMI", "ANTI"):
        sources.append(Source(alias, relation.names, set(using)))
        given = followed if followed is not None and side in ("", "LEFT") else set()
        theirs = [frozenset((alias, c) for c in key - given) for key in relation.unique]
        both = [x | y for x in scope.unique for y in theirs]
        unique = ((scope.unique if one_match and side in ("", "LEFT") else []) + both)[:8] if side != "FULL" else []
        if side in ("", "LEFT") and not lateral:
            one = one_match and method == ""
            follows = follows + dependencies.of_join(a, scope, relation, alias, on, using, given, one, side == "LEFT")
        elif side not in ("", "LEFT"):
            follows = []
        if not (one_match and side in ("", "LEFT")):
            ranks = {}  # each numbered row may be there several times now
        if using:
            _merge_using(result, scope, alias, using, side)
    if len(result) > MAX_VARIANTS:
        result = [merge(result, a.symbols, env.outer_symbols)]
    return Scope(result, sources, unique, ranks, follows)


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
