"""Fail closed on clauses: a node may carry only the arguments that a rule reads."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.domain.refusal import Refusal
from insitu.proof.sql.words import shown

_ALLOWED: dict[type, set[str]] = {
    exp.Select: {
        "expressions", "from_", "joins", "laterals", "where", "group", "having", "qualify", "order", "limit", "offset",
        "distinct", "with_", "windows",
    },
    exp.Union: {"this", "expression", "distinct", "by_name", "with_", "order"},
    exp.Except: {"this", "expression", "distinct", "with_", "order"},
    exp.Intersect: {"this", "expression", "distinct", "with_", "order"},
    exp.Subquery: {"this", "alias", "with_"},
    exp.Table: {"this", "alias", "db", "catalog"},
    exp.TableAlias: {"this", "columns"},
    exp.Join: {"this", "on", "using", "side", "kind", "method"},
    exp.Lateral: {"this", "alias"},
    exp.With: {"expressions", "recursive"},
    exp.CTE: {"this", "alias", "materialized"},
    exp.Window: {"this", "partition_by", "order", "spec", "alias", "over"},
    exp.WindowSpec: {"kind", "start", "start_side", "end", "end_side", "exclude"},
    exp.Group: {"expressions", "all"},
    exp.Distinct: {"expressions", "on"},
    exp.Filter: {"this", "expression"},
    exp.Order: {"this", "expressions"},
    exp.Ordered: {"this", "desc", "nulls_first"},
    exp.Limit: {"expression"},
    exp.Offset: {"expression"},
    exp.From: {"this"},
    exp.Where: {"this"},
    exp.Having: {"this"},
    exp.Qualify: {"this"},
    exp.Values: {"expressions", "alias"},
    exp.Star: {"except_", "replace", "rename"},
    exp.Column: {"this", "table"},
    exp.Count: {"this", "big_int", "expressions"},
    exp.In: {"this", "expressions", "query"},
    exp.Between: {"this", "low", "high", "symmetric"},
    exp.Case: {"this", "ifs", "default"},
    exp.If: {"this", "true", "false"},
    exp.Cast: {"this", "to"},
    exp.TryCast: {"this", "to", "safe"},
    exp.Lag: {"this", "offset", "default"},
    exp.Lead: {"this", "offset", "default"},
    exp.NthValue: {"this", "offset"},
    exp.Is: {"this", "expression"},
    exp.Coalesce: {"this", "expressions"},
    exp.ArrayAgg: {"this"},
    exp.GroupConcat: {"this", "separator"},
    exp.Identifier: {"this", "quoted"},
    exp.GenerateSeries: {"start", "end", "step", "is_end_exclusive"},
    exp.Unnest: {"expressions", "alias"},
    exp.TimestampTrunc: {"this", "unit"},
    exp.DateTrunc: {"this", "unit", "unabbreviate"},
    exp.DateBin: {"this", "expression", "unit", "zone", "origin"},
    exp.TimeToUnix: {"this"},
    exp.Max: {"this"},
    exp.Min: {"this"},
    exp.ArgMax: {"this", "expression"},
    exp.ArgMin: {"this", "expression"},
}  # fmt: skip
_EMPTY: tuple[object, ...] = (None, False, "", [])
_ANYWHERE = (exp.Pivot, exp.TableSample, exp.MatchRecognize, exp.Version, exp.Placeholder, exp.Parameter)


def check(query: exp.Expr) -> list[int]:
    """The ids of all parts of the query; raises Refusal when any has a clause without a rule."""
    ids = []
    for node in query.walk():
        ids.append(id(node))
        if isinstance(node, _ANYWHERE):
            raise Refusal(f"{shown(node)} is not understood", node)
        allowed = _ALLOWED.get(type(node))
        if allowed is None:
            continue
        if isinstance(node, exp.Table) and isinstance(node.parent, exp.From):
            allowed = allowed | {"joins"}  # of a query that begins with FROM: they are the query's
        for name, argument in node.args.items():
            if name not in allowed and not any(argument is e or argument == e for e in _EMPTY):
                clause = name.strip("_").upper().replace("_", " ")
                raise Refusal(f"{shown(node)}: {clause} is not understood here", node)
    return ids
