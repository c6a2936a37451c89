"""ASOF joins."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.terms import NOTHING, Terms, tied
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import Key, Relation
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import dependencies, ties
from insitu.proof.rules.joins.pairs import Pair, impossible, match_terms
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql.identifiers import identifier


def nearest(a: Analyser, pairs: list[Pair], relation: Relation, alias: str, env: Env, node: exp.Expr) -> list[Pair]:
    """ASOF JOIN picks one of the rows that satisfy the condition, so it sees all of them."""
    possible = [p for p in pairs if not impossible(p)]
    terms = NOTHING.union(*(match_terms(a, p, env, node, "ASOF JOIN") for p in possible))
    theirs = [frozenset((alias, c) for c in key) for key in relation.unique]
    together = [p.row.variant for p in possible]
    lost: Terms = NOTHING
    follows = [(frozenset((alias, c) for c in x), frozenset((alias, c) for c in y)) for x, y in relation.follows]
    agreeing: set[Key] = set()
    for p in possible:
        compared = _compared(a, node, alias, p.row)
        agreeing = dependencies.closure(((alias, c) for c in compared), follows)
        given = [v for (table, name), v in p.row.variant.columns.items() if table != alias or name in compared]
        if not ties.covered(a, p.row.variant, theirs, given, frozenset(), together):
            settled = ", ".join(sorted(f"{alias}.{c}" for c in compared))
            tie = (
                f"ASOF JOIN picks any of several rows of the same instant; declare {settled} in `unique`, or join a "
                "row that is picked by a full order"
            )
            lost |= {tied(a.place(node), tie)}
    if len(possible) > 1:
        terms |= lost
    elif lost:
        # Whichever it picks, they agree in what the join compares, and in what follows from that.
        v = possible[0].row.variant
        columns = {
            k: x._replace(terms=x.terms | lost) if k[0] == alias and k not in agreeing else x
            for k, x in v.columns.items()
        }
        picked = replace(possible[0].row, variant=replace(v, columns=columns))
        pairs = [p if impossible(p) else replace(p, row=picked) for p in pairs]
    return [p if impossible(p) else replace(p, on_terms=terms) for p in pairs]


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
