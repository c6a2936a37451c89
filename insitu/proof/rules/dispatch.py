"""The dispatch of expressions: node class → rule. What is not here is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from insitu.proof.rules import aggregates, conditionals, functions, literals, names, subqueries, times, windows
from insitu.proof.sql import functions as lists

Rule = Callable[..., Any]

RULES: dict[type, Rule] = {
    **dict.fromkeys(lists.PURE, functions.pure),
    **dict.fromkeys(lists.CLOCKS, functions.clock),
    **dict.fromkeys(lists.ZONED, functions.zoned),
    **dict.fromkeys(lists.AGGREGATES | lists.ORDERED, aggregates.aggregate),
    exp.Filter: aggregates.aggregate,
    exp.WithinGroup: aggregates.aggregate,
    exp.IgnoreNulls: aggregates.aggregate,
    exp.RespectNulls: aggregates.aggregate,
    exp.Column: names.column,
    exp.Literal: literals.literal,
    exp.Neg: literals.negative,
    exp.Null: literals.null,
    exp.Boolean: literals.boolean,
    exp.Dot: functions.dot,
    exp.Paren: functions.parenthesis,
    exp.Alias: functions.parenthesis,
    exp.Anonymous: aggregates.named,
    exp.UnixToTime: functions.unix_time,
    exp.Case: conditionals.case,
    exp.If: conditionals.case,
    exp.Coalesce: conditionals.coalesce,
    exp.Least: conditionals.extreme,
    exp.Greatest: conditionals.extreme,
    exp.Cast: times.cast,
    exp.TryCast: times.cast,
    exp.TimestampTrunc: times.truncate,
    exp.DateTrunc: times.truncate,
    exp.DateBin: times.bucket,
    exp.TsOrDsToDate: times.to_date,
    exp.Date: times.to_date,
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
