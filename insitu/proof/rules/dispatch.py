"""The dispatch: node class → rule. What is not here is refused."""

from __future__ import annotations

from sqlglot import exp

from insitu.proof.rules import (
    aggregates,
    conditionals,
    grouping,
    literals,
    names,
    scalars,
    select,
    setops,
    subqueries,
    tables,
    times,
    windows,
)
from insitu.proof.rules.analyser import Analyser, Catalog, QueryRule, Rules, ValueRule
from insitu.proof.sql import functions

QUERIES: dict[type, QueryRule] = {
    exp.Select: select.select,
    exp.Subquery: tables.subquery,
    exp.Union: setops.set_operation,
    exp.Except: setops.set_operation,
    exp.Intersect: setops.set_operation,
    exp.Table: tables.query_table,
    exp.Values: tables.values,
}

VALUES: dict[type, ValueRule] = {
    **dict.fromkeys(functions.classes(lambda f: f.pure), scalars.pure),
    **dict.fromkeys(functions.classes(lambda f: f.clock), scalars.clock),
    **dict.fromkeys(functions.classes(lambda f: f.zoned), scalars.zoned),
    **dict.fromkeys(functions.classes(lambda f: f.aggregate or f.ordered), aggregates.aggregate),
    exp.Filter: aggregates.aggregate,
    exp.WithinGroup: aggregates.aggregate,
    exp.IgnoreNulls: aggregates.aggregate,
    exp.RespectNulls: aggregates.aggregate,
    exp.Column: names.column,
    exp.Literal: literals.literal,
    exp.Neg: literals.negative,
    exp.Null: literals.null,
    exp.Boolean: literals.boolean,
    exp.Dot: scalars.dot,
    exp.Lambda: scalars.function_of_elements,
    exp.Identifier: scalars.parameter,
    exp.Collate: scalars.collate,
    exp.Paren: scalars.parenthesis,
    exp.Alias: scalars.parenthesis,
    exp.Anonymous: aggregates.named,
    exp.UnixToTime: scalars.unix_time,
    exp.Case: conditionals.case,
    exp.If: conditionals.case,
    exp.Coalesce: aggregates.coalesce,
    exp.Least: conditionals.extreme,
    exp.Greatest: conditionals.extreme,
    exp.Cast: times.cast,
    exp.TryCast: times.cast,
    exp.TimestampTrunc: times.truncate,
    exp.DateTrunc: times.truncate,
    exp.DateBin: times.bucket,
    exp.TsOrDsToDate: times.to_date,
    exp.Date: times.to_date,
    exp.LastDay: times.last_day,
    exp.Add: times.move,
    exp.Sub: times.move,
    exp.DateAdd: times.move,
    exp.DateSub: times.move,
    exp.TimestampAdd: times.move,
    exp.TimestampSub: times.move,
    exp.In: subqueries.membership,
    exp.Exists: subqueries.exists,
    exp.Any: subqueries.quantified,
    exp.All: subqueries.quantified,
    exp.Subquery: subqueries.scalar,
    exp.Select: subqueries.scalar,
    exp.Window: windows.window,
}

RULES = Rules(QUERIES, VALUES, grouping.key_value)


def analyser(catalog: Catalog, dialect: str = "duckdb") -> Analyser:
    """An analyser with all rules."""
    return Analyser(catalog, RULES, dialect)
