"""What is known of each SQL function: one table, from which all rules read.

The table is also the whitelist: a function without a row here (a UDF, a macro, one that reads files, settings or the
session's time zone) is refused, unless a rule covers its node class. Names in CamelCase are sqlglot's node classes.
Names in lower case are functions that sqlglot does not know: DuckDB's and PostgreSQL's built-ins that are declared
CONSISTENT or IMMUTABLE, less those that touch the session.

Each function stands in one row, with all its facts; a second row for it is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlglot import exp

from insitu.proof.domain.types import ALIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a function. Nothing is known of one that is not in the table."""

    pure: bool = False  # the same arguments give the same value, in every session, at every time
    zoned: bool = False  # shifts local times, which proves no order: only in a model whose declaration is trusted
    clock: bool = False  # changes from run to run: clocks, random numbers, sequences, settings
    text: bool = False  # gives text, and comparing texts proves nothing about time
    identifying: bool = False  # another value for each other argument, if all but one are constants
    writes: bool = False  # takes what is no text, and writes it as one
    arithmetic: bool = False  # of integers it gives an integer
    exact: bool = (
        False  # gives no float of what is none, nor a time: every session writes it as it writes its arguments
    )
    counting: bool = False  # gives a truth, or a number that is no float, whatever its arguments are
    gives: str = ""  # the type family of the result, where it is always the same
    keeps_type: bool = False  # the result is of the first argument's type
    strict: bool = False  # NULL when any argument is NULL
    rejects_null: bool = False  # a predicate that is never true when an operand is NULL
    unit: str = ""  # makes an interval of so many of this unit
    series: bool = False  # a table function: as many rows as its arguments say

    aggregate: bool = False  # over rows in whatever order
    ordered: bool = False  # over rows whose order shows in the result: the order must leave no ties
    ignores_null: bool = False  # skips rows where its argument is NULL, so CASE without ELSE acts as a FILTER
    ignores_copies: bool = False  # a row that occurs twice counts as one
    picks: bool = False  # the result is the argument's value in one of the rows
    picks_by: Literal["", "argument", "frequency"] = ""  # how a row is chosen, besides ORDER BY
    mergeable: bool = False  # its states may be made by hand, and combined in any order
    counts: tuple[Literal["group", "window"], ...] = ()  # where the result is an integer, and never NULL in a group

    # ranking: by the rows before the current one. whole: by the whole partition. offset: a row so far from the current
    # one. value: a row at a place in the frame.
    window: Literal["", "ranking", "whole", "offset", "value"] = ""
    window_only: bool = False  # never an aggregate
    sees_ties: bool = False  # in a window, which of two rows that tie comes first shows


UNKNOWN = Facts()
FUNCTIONS: dict[str, Facts] = {}


def _row(names: str, **facts: Any) -> None:
    record = Facts(**facts)
    for name in names.split():
        if name in FUNCTIONS:
            raise ValueError(f"{name} has two rows in the table of functions")
        FUNCTIONS[name] = record


# --- operators and functions of one row

_row("Abs Add Mod Mul Neg Sub", pure=True, strict=True, arithmetic=True, exact=True)
_row("Ceil Div Floor Round", pure=True, strict=True, exact=True)
_row("Exp Ln Pow Sqrt", pure=True, strict=True)
_row("Extract date_diff datediff epoch_us", pure=True, strict=True, counting=True)
_row("DateDiff TimeToUnix TimestampDiff age date_part date_sub datepart datesub", pure=True, strict=True)
_row("EQ GT GTE LT LTE NEQ", pure=True, strict=True, rejects_null=True)
_row("Between ILike In Like", pure=True, rejects_null=True)
_row("DPipe", pure=True, text=True, writes=True, identifying=True)
_row("MD5 SHA SHA2", pure=True, text=True, identifying=True)
_row("ArrayToString Concat ConcatWs array_to_string format", pure=True, text=True, writes=True)
_row(
    "Chr Dayname Left Lower MonthName Pad RegexpExtract RegexpReplace Repeat Replace Reverse Right "
    "SplitPart Substring TimeToStr ToChar Trim Upper",
    pure=True,
    text=True,
)
_row("Initcap", text=True)  # gives text, but is not accepted
_row(
    "ArrayFilter Slice Transform WidthBucket array_apply array_filter array_reduce array_transform list_apply "
    "list_filter list_reduce list_transform",
    pure=True,
)
_row("ToDays", pure=True, unit="DAY")
_row("AtTimeZone timezone", pure=True, zoned=True)
_row(
    """
    Acos And ArrayContains ArrayContainsAll ArrayOverlaps Asin Atan Atan2 BitwiseAnd BitwiseLeftShift BitwiseNot
    BitwiseOr BitwiseRightShift BitwiseXor Cbrt Contains Cos Cosh Cot Date DatePart Degrees EndsWith Epoch Escape
    Factorial Interval Is IsInf IsNan JSONObject Kwarg List Log MakeInterval Not NullSafeEQ NullSafeNEQ Or Paren Pi
    PropertyEQ Radians RegexpILike RegexpLike RegexpSplit SafeDivide SimilarTo Sin Sinh Split StartsWith StrToTime
    Struct StructExtract Tan Tanh ToNumber Try Xor
    """,
    pure=True,
)
_row(
    """
    acos add_months age_in_days array_value asin atan atan2 bar cbrt cos cosh cot damerau_levenshtein degrees epoch
    epoch_ms epoch_ns equi_width_bins era even exp factorial fdiv finalize fmod gamma hamming isfinite isinf isnan
    jaccard jaro_similarity jaro_winkler_similarity lgamma list_avg list_contains list_distinct list_extract
    list_max list_min list_sort list_sum list_value ln log log10 log2 microsecond millisecond nextafter parse_path
    pi pow power prefix radians regexp_full_match regexp_matches second signbit sin sinh sqrt strftime
    struct_extract struct_pack suffix tan tanh to_aggregate_state xor
    """,
    pure=True,
)
_row("Nullif", pure=True, keeps_type=True)
_row("Array ArrayConcat ArraySlice ArraySort Bracket IntDiv JSONExtract Sign Trunc Tuple", pure=True, exact=True)
_row("abs ceil ceiling div floor gcd greatest_common_divisor lcm mod round row sign trunc", pure=True, exact=True)
_row("JSONExtractScalar", pure=True, text=True)
_row(
    "ArraySize Ascii BitwiseCount Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Hour Length Levenshtein Minute Month "
    "Quarter StrPosition Unicode Week WeekOfYear Year YearOfWeek YearOfWeekIso",
    pure=True,
    counting=True,
)
_row(
    """
    array_length ascii bit_count bit_length cardinality char_length character_length contains day dayofmonth
    dayofweek dayofyear decade ends_with hashtext hour instr isodow isoyear len length levenshtein minute month ord
    position quarter starts_with strlen strpos unicode week weekday weekofyear width_bucket year yearweek
    """,
    pure=True,
    counting=True,
)
_row("Second", pure=True)
_row("concat concat_ws printf", pure=True, text=True, writes=True)
_row(
    """
    btrim chr initcap lcase left lower lpad ltrim mid overlay regexp_extract regexp_replace repeat replace reverse
    right rpad rtrim split_part strip_accents substr substring to_base64 translate trim ucase upper
    """,
    pure=True,
    text=True,
)
_row("DateFromParts StrToDate make_date", pure=True, gives="date")
_row("TimestampFromParts make_timestamp", pure=True, gives="timestamp")
_row("hash", pure=True)
_row("md5 sha1 sha256", pure=True, text=True, identifying=True)
_row("to_microseconds", pure=True, unit="MICROSECOND")
_row("to_milliseconds", pure=True, unit="MILLISECOND")
_row("to_seconds", pure=True, unit="SECOND")
_row("to_minutes", pure=True, unit="MINUTE")
_row("to_hours", pure=True, unit="HOUR")
_row("to_days", pure=True, unit="DAY")
_row("to_weeks", pure=True, unit="WEEK")
_row("to_months", pure=True, unit="MONTH")
_row("to_years", pure=True, unit="YEAR")
_row("ExplodingGenerateSeries Explode GenerateSeries Posexplode PosexplodeOuter Unnest _ExplodeOuter", series=True)
_row("generate_series range unnest", series=True)

# --- what changes from run to run

_row(
    "CurrentDate CurrentDatetime CurrentTime CurrentTimestamp CurrentTimestampLTZ CurrentUser Localtime Localtimestamp "
    "Rand Randn SessionUser UtcDate UtcTime UtcTimestamp Uuid",
    clock=True,
)
_row(
    """
    clock_timestamp current_date current_localtime current_localtimestamp current_setting current_timestamp currval
    gen_random_uuid get_current_time get_current_timestamp getdate getvariable nextval now pg_sleep random setseed
    statement_timestamp timeofday today transaction_timestamp txid_current uuid uuidv4 uuidv7
    """,
    clock=True,
)

# --- aggregates

_row("Max Min", aggregate=True, keeps_type=True, ignores_null=True, ignores_copies=True, picks=True)
_row("ApproxDistinct LogicalAnd LogicalOr", aggregate=True, ignores_null=True, ignores_copies=True, counting=True)
_row("Count", aggregate=True, ignores_null=True, counts=("group", "window"))
_row("CountIf", aggregate=True, ignores_null=True, counts=("group",))
_row("StddevSamp", aggregate=True, ignores_null=True, mergeable=True, exact=True)
_row("Avg Stddev StddevPop Sum Variance VariancePop", aggregate=True, ignores_null=True, exact=True)
_row("Median", aggregate=True, ignores_null=True)
_row(
    "BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg Corr CovarPop CovarSamp Kurtosis PercentileCont PercentileDisc Quantile "
    "RegrAvgx RegrAvgy RegrCount RegrIntercept RegrR2 RegrSlope RegrSxx RegrSxy RegrSyy Skewness",
    aggregate=True,
)
_row(
    """
    combine_aggr count_if count_star countif entropy favg fsum geomean geometric_mean kahan_sum
    kurtosis kurtosis_pop mad product quantile_cont quantile_disc regr_intercept regr_r2 regr_slope sem skewness
    sumkahan
    """,
    aggregate=True,
)
_row("bool_and bool_or every", aggregate=True, counting=True)
_row("ArgMax ArgMin", ordered=True, keeps_type=True, ignores_copies=True, picks_by="argument")
_row("arg_max arg_min max_by min_by", ordered=True, keeps_type=True, picks_by="argument")
_row("Mode mode", ordered=True, keeps_type=True, picks_by="frequency")
_row("AnyValue", ordered=True, keeps_type=True, sees_ties=True)
_row("ArrayAgg GroupConcat", ordered=True, sees_ties=True, exact=True)
_row("any_value arbitrary first last", ordered=True, keeps_type=True)
_row("list string_agg", ordered=True)

# --- window functions

_row(
    "FirstValue LastValue", ordered=True, picks=True, keeps_type=True, window="value", window_only=True, sees_ties=True
)
_row("First Last", ordered=True, keeps_type=True, window="value", sees_ties=True)
_row("NthValue", keeps_type=True, window="value", window_only=True, sees_ties=True)
_row("Lag Lead", keeps_type=True, window="offset", window_only=True, sees_ties=True)
_row("RowNumber", window="ranking", window_only=True, sees_ties=True, counts=("window",))
_row("DenseRank Rank", window="ranking", window_only=True, counts=("window",))
_row("Ntile", window="whole", window_only=True, sees_ties=True)
_row("CumeDist PercentRank", window="whole", window_only=True)

# A class that this version of sqlglot does not have is skipped: its function is refused then.
_BY_CLASS: dict[type, Facts] = {
    getattr(exp, name): facts for name, facts in FUNCTIONS.items() if not name.islower() and hasattr(exp, name)
}


def of(node: exp.Expr) -> Facts:
    """The facts of the function that a node calls."""
    if isinstance(node, exp.Anonymous):
        name = str(node.this).lower()
        return FUNCTIONS.get(name, UNKNOWN)
    return _BY_CLASS.get(type(node), UNKNOWN)


def result_type(facts: Facts, argument: str | None) -> set[str | None]:
    """The type that a function over rows makes of an argument, as far as it is known. A time with zone stays one."""
    if facts.keeps_type or (argument == "timestamptz" and not facts.counts):
        return {argument}
    return {"plain"} if facts.counting or (facts.exact and argument in ALIKE) else set()


def classes(having: Callable[[Facts], bool]) -> frozenset[type]:
    """The node classes of which this is a fact."""
    return frozenset(kind for kind, facts in _BY_CLASS.items() if having(facts))


_MERGEABLE = {
    str(name).lower()
    for kind in classes(lambda f: f.mergeable)
    if issubclass(kind, exp.Func)
    for name in kind.sql_names()
}


def is_mergeable(name: str) -> bool:
    """Is it an aggregate, by its SQL name, whose states may be made by hand?"""
    return name in _MERGEABLE
