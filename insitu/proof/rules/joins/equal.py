"""Columns that a join sets equal to something of the left row."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Env, Row
from insitu.proof.domain.types import comparable
from insitu.proof.domain.variants import Relation, Value, Variant
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.names import lookup
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql.identifiers import identifier


def set_equal(
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


_EXACT = ("date", "timestamp")  # an integer beside a double becomes one, and so do its neighbours above 2^53


def _compared_as_it_is(relation: Relation, name: str, other: Value) -> bool:
    """Not cast for the comparison: several texts can be the same number."""
    types = {v.columns["", name].type for v in relation.variants}
    return all(comparable(t, other.type) or (t in _EXACT and other.type in ("opaque", "plain")) for t in types)
