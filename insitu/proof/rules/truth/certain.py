"""Predicates whose outcome is certain: those that are never true, and those that always are."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.variants import NULL
from insitu.proof.rules import literals
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.truth.parts import conjuncts
from insitu.proof.sql import functions


def never(a: Analyser, predicate: exp.Expr, row: Row) -> bool:
    """The predicate is never true: an operand that must not be NULL is NULL, or its constants contradict it."""
    for part in conjuncts(predicate):
        if functions.of(part).rejects_null:
            operands = [part.this, *([part.expression] if isinstance(part, exp.Binary) else [])]
            values = [a.value(o, row) for o in operands if not o.find(exp.Query)]
            if any(v.constant == NULL for v in values):
                return True
            if (
                len(values) == 2
                and isinstance(part, exp.EQ)
                and literals.differ(values[0].constant, values[1].constant)
            ):
                return True
            if len(values) == 2 and _out_of_order(part, values[0].constant, values[1].constant):
                return True
            unequal = len(values) == 2 and isinstance(part, exp.NEQ)
            if unequal and literals.same(values[0].constant, values[1].constant):
                return True
            if isinstance(part, exp.In) and part.expressions and not part.this.find(exp.Query) and values:
                options = [a.value(o, row).constant for o in part.expressions]
                if all(literals.differ(values[0].constant, o) for o in options):
                    return True
        elif isinstance(part, exp.Not):
            inner = part.this.unnest()
            if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
                if a.value(inner.this, row).constant == NULL:
                    return True
            elif isinstance(inner, exp.Column | exp.Boolean) and a.value(inner, row).constant in (True, NULL):
                return True
        elif isinstance(part, exp.Or):
            if never(a, part.this, row) and never(a, part.expression, row):
                return True
        elif isinstance(part, exp.Column | exp.Boolean | exp.Null):
            constant = a.value(part, row).constant
            if constant == NULL or constant is False:
                return True
    return False


def _out_of_order(part: exp.Expr, left: object, right: object) -> bool:
    """Numbers that surely do not stand in the order that the comparison asks for."""
    if isinstance(part, exp.LT | exp.GTE):
        return literals.below(left, right) is isinstance(part, exp.GTE)
    if isinstance(part, exp.GT | exp.LTE):
        return literals.below(right, left) is isinstance(part, exp.LTE)
    return False


def always(a: Analyser, predicate: exp.Expr, row: Row) -> bool:
    """The predicate is always true: it compares equal constants, or is the constant TRUE."""
    for part in conjuncts(predicate):
        if isinstance(part, exp.EQ):
            if not literals.same(a.value(part.this, row).constant, a.value(part.expression, row).constant):
                return False
        elif not (isinstance(part, exp.Column | exp.Boolean) and a.value(part, row).constant is True):
            return False
    return True
