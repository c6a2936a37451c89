"""Aggregates over the rows of a group."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.context import Row
from insitu.proof.domain.rebase import carry
from insitu.proof.domain.refusal import Refusal
from insitu.proof.domain.symbols import Weight, Zone
from insitu.proof.domain.terms import NOTHING, Terms, prune, tied, tighten
from insitu.proof.domain.types import common
from insitu.proof.domain.variants import NULL, Read, Value, reads_of
from insitu.proof.rules import conditionals, scalars
from insitu.proof.rules.analyser import Analyser
from insitu.proof.rules.calls import levels, ties
from insitu.proof.rules.calls.call import Call, is_aggregate
from insitu.proof.rules.truth import predicates
from insitu.proof.sql import functions
from insitu.proof.sql.normal import negated

Branches = list[tuple[exp.Expr, list[exp.Expr]]]


def branches_seen(call: Call, grouped: bool, a: Analyser, row: Row, fallback: object = None) -> Branches | None:
    """(condition, results) pairs, when only rows where one of the conditions is true can show in the aggregate.

    All other rows add what the result holds anyway. A group has a row whatever there is (grouping by keys), so what
    such a row adds is the least that the aggregate can be: 0 to a sum of values that are not NULL, the smallest of the
    literals to a maximum. Where that is not certain NULL and the least value differ, by late rows; with
    `coalesce(…, least)` around they are the same again.

    Args:
        grouped: there are grouping columns.
        fallback: the constant that `coalesce` puts in the place of NULL.
    """
    if not call.facts.ignores_null or len(call.arguments) != 1:
        return None
    node = call.arguments[0]
    if isinstance(call.function, exp.CountIf):
        return [(node, [])]
    if isinstance(call.function, exp.Count) and isinstance(node, exp.Or):  # count(p or null)
        sides = [side for side in (node.this, node.expression) if not isinstance(side.unnest(), exp.Null)]
        return [(sides[0], [])] if len(sides) == 1 else None
    if isinstance(call.function, exp.LogicalOr) and fallback is False:
        return [(node, [])]
    if isinstance(call.function, exp.LogicalAnd) and fallback is True:
        return [(negated(node), [])]
    if isinstance(call.function, exp.Sum) and isinstance(node, exp.Cast) and fallback == 0:
        return [(node.this, [])] if isinstance(node.this.unnest(), exp.Predicate | exp.Connector) else None
    if not isinstance(node, exp.Case | exp.If):
        return None
    pairs, default = conditionals.branches(node)
    # With a FILTER the group may have no row that passes it: then the sum is NULL, not 0.
    certain = grouped and call.filter is None
    if default is not None and not isinstance(default, exp.Null):
        least = _number(default)
        if isinstance(call.function, exp.Sum):
            whole = certain and not call.distinct and all(_never_null(a, r, row) for _, r in pairs)
            neutral = least == 0 and (whole or fallback == 0)
        else:
            neutral = _is_extreme(call.function, least, [_number(r) for _, r in pairs])
            neutral = neutral and (certain or fallback == least)
        if not neutral:
            return None
    return [(p, [result]) for p, result in pairs]


def _is_extreme(function: exp.Expr, least: float | None, others: list[float | None]) -> bool:
    """ELSE is the last that a maximum (or minimum) of literals takes."""
    known = [x for x in others if x is not None]
    if least is None or len(known) < len(others):
        return False
    return (isinstance(function, exp.Max) and all(least <= x for x in known)) or (
        isinstance(function, exp.Min) and all(least >= x for x in known)
    )


def _number(node: exp.Expr) -> float | None:
    node = node.unnest()
    if isinstance(node, exp.Neg):
        number = _number(node.this)
        return -number if number is not None else None
    return float(node.this) if isinstance(node, exp.Literal) and not node.is_string else None


def coalesce(a: Analyser, node: exp.Coalesce, row: Row) -> Value:
    """COALESCE of an aggregate with what it is when no row adds anything; any other one."""
    inner, fallback = node.this.unnest(), node.expressions[0].unnest() if len(node.expressions) == 1 else None
    constant: object = bool(fallback.this) if isinstance(fallback, exp.Boolean) else None
    if isinstance(fallback, exp.Literal):
        constant = _number(fallback)
    conditional = row.group is not None and constant is not None and is_aggregate(inner)
    if conditional and branches_seen(Call(inner), False, a, row, constant) is not None:
        value = aggregate(a, inner, row, constant)
        return value._replace(symbol=a.symbols.fresh(), not_null=True)
    return conditionals.coalesce(a, node, row)


def _never_null(a: Analyser, node: exp.Expr, row: Row) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Literal):
        return True
    if isinstance(node, exp.Coalesce):
        return any(_never_null(a, x, row) for x in [node.this, *node.expressions])
    return isinstance(node, exp.Column) and a.value(node, row).not_null


def aggregate(a: Analyser, node: exp.Expr, row: Row, fallback: object = None) -> Value:
    """An aggregate over the rows of a group: it depends on each of them, as far as the group's keys can tell when.

    Args:
        fallback: the constant that stands for NULL.
    """
    group = row.group
    if group is None:
        raise Refusal("an aggregate outside of a grouped select", node)
    call = Call(node)
    if group.env.outer and not levels.is_own(a, node, group):
        raise Refusal(
            f"{a.show(node)} is an aggregate of the outer query, as its argument is; aggregate a column of the "
            "subquery, or write the aggregate outside of it",
            node,
        )
    terms, reads = NOTHING, frozenset[Read]()
    best: dict[int, Weight] | None = None
    types: set[str | None] = set()

    def why() -> str:
        return f"{a.show(node)} reads rows that no predicate bounds by the grouping columns"

    for (member, keys), names in zip(group.members, group.translate, strict=True):
        inner = Row(member, group.env, group.aliases)
        if call.filter is not None:
            assumed = predicates.assume(a, call.filter, inner)
            if assumed is None:
                continue
            inner = assumed
        if _ignored(a, call, inner):
            continue
        seen, read, zone = _seen(a, call, inner, bool(group.keys), fallback)
        reads |= read | member.reads
        terms |= carry(seen, inner.variant, names, a.symbols, a.place(node), "002", why, zone)
        tie = ties.aggregate_tie(a, call, inner, keys, group)
        if tie:
            terms |= {tied(a.place(node), tie)}
        if call.arguments:
            types |= functions.result_type(call.facts, a.value(call.arguments[0], inner).type)
        if call.facts.picks and not call.facts.ordered and len(call.arguments) == 1:
            value = a.value(call.arguments[0], inner)
            paths = a.symbols.paths(inner.variant.zone, value.symbol)
            here = {new: w for y, w in paths.items() for new in names.get(y, ())}
            best = here if best is None else {y: max(w, here[y]) for y, w in best.items() if y in here}
    symbol = a.symbols.fresh()
    for y, weight in (best or {}).items():
        row.variant.zone.add(symbol, y, weight)
    type_ = common(types)
    counts = "group" in call.facts.counts
    return Value(symbol, prune(terms), type="integer" if counts else type_, reads=reads, not_null=counts)


def named(a: Analyser, node: exp.Anonymous, row: Row) -> Value:
    """A function that the parser knows by its name only: an aggregate or not."""
    return aggregate(a, node, row) if is_aggregate(node) else scalars.named(a, node, row)


def _ignored(a: Analyser, call: Call, row: Row) -> bool:
    """A NULL argument (the unmatched half of an outer join, a branch of a UNION) is ignored."""
    return (
        call.facts.ignores_null
        and len(call.arguments) == 1
        and not isinstance(call.arguments[0], exp.Case | exp.If)
        and a.value(call.arguments[0], row).constant == NULL
    )


def _seen(a: Analyser, call: Call, row: Row, grouped: bool, fallback: object) -> tuple[Terms, frozenset[Read], Zone]:
    """What the aggregate sees of one row, and the facts under which it sees it."""
    terms, reads = NOTHING, frozenset[Read]()
    if call.filter is not None:
        terms, reads = predicates.truth(a, call.filter, row)
    # min, max and distinct do not see how often a row occurs.
    existence = row.variant.existence
    if call.distinct or call.facts.ignores_copies:
        read = reads | reads_of(a.value(x, row) for x in [*call.arguments, *call.order])
        existence = row.variant.presence | row.variant.copies(read)
    zone = row.variant.zone
    branches = branches_seen(call, grouped, a, row, fallback)
    if branches is not None:
        # Which rows are seen at all depends on the branch, so the row's own terms are tightened in each.
        result = NOTHING
        for condition, results in branches:
            assumed = predicates.assume(a, condition, row)
            if assumed is None:
                continue
            seen, read = predicates.truth(a, condition, assumed)
            for value in [a.value(r, assumed) for r in results]:
                seen, read = seen | value.terms, read | value.reads
            reads |= read
            all_terms = terms | seen | existence
            result |= tighten(all_terms, a.symbols, assumed.variant.zone, predicates.visible(a, row))
        return result, reads, zone
    for expression in [*call.arguments, *call.order]:
        value = a.value(expression, row)
        terms, reads = terms | value.terms, reads | value.reads
    return terms | existence, reads, zone
