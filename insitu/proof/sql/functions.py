"""Which functions are pure: the same arguments give the same value, in every session, at every time.

Only what is listed here is accepted; everything else (UDFs, macros, clocks, random numbers, functions that read files,
settings or the session's time zone) is refused. Typed nodes are sqlglot's; names are for functions that it does not
know, from DuckDB's and PostgreSQL's built-ins declared CONSISTENT or IMMUTABLE, less those that touch the session.
"""

from __future__ import annotations

from sqlglot import exp


def _classes(names: str) -> frozenset[type]:
    return frozenset(getattr(exp, n) for n in names.split() if hasattr(exp, n))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Operators and functions that are a pure function of their arguments, and of nothing else.
PURE = _classes(
    """
    Abs Acos Add And Array ArrayConcat ArrayContains ArrayContainsAll ArrayOverlaps ArraySize ArraySort ArraySlice
    ArrayToString Ascii Asin Atan Atan2 Between Bracket BitwiseAnd BitwiseCount BitwiseLeftShift BitwiseNot
    BitwiseOr BitwiseRightShift BitwiseXor Cbrt Ceil Chr Concat ConcatWs Contains Cos Cosh Cot DPipe Date DateDiff
    DatePart Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Degrees Div EQ EndsWith Epoch Exp Extract Factorial
    Floor GT GTE Hour ILike In IntDiv Interval Is IsInf IsNan JSONExtract JSONExtractScalar LT LTE Left Length
    Levenshtein Like List Ln Log Lower MD5 MakeInterval Minute Mod Month Mul NEQ Neg Not NullSafeEQ NullSafeNEQ
    Nullif Or Pad Paren Pi Pow PropertyEQ Quarter RegexpExtract RegexpILike RegexpLike RegexpReplace RegexpSplit
    Repeat Replace Reverse Right Round SHA SHA2 Second Sign SimilarTo Sin Sinh Split SplitPart Sqrt StartsWith
    StrPosition StrToDate StrToTime Struct StructExtract Sub Substring Tan Tanh TimeToStr TimestampDiff ToChar Trim
    Trunc Tuple Unicode Upper Week WeekOfYear Xor Year DateFromParts TimestampFromParts ToDays Kwarg Radians
    SafeDivide Escape Try TimeToUnix YearOfWeekIso YearOfWeek MonthName Dayname JSONObject ToNumber
    """
)
# Results that are text (or of unknown order): comparing two of them proves nothing about time.
NAMES = _names(
    """
    abs acos add_months age_in_days array_length atan atan2 bar bit_count bit_length cardinality cbrt ceil ceiling
    char_length character_length chr concat concat_ws contains cos cot damerau_levenshtein date_diff date_part
    datediff datepart day dayofmonth dayofweek dayofyear decade degrees ends_with era even exp factorial floor
    format gamma gcd greatest_common_divisor hamming hash hour instr isfinite isinf isnan isodow isoyear jaccard
    jaro_similarity jaro_winkler_similarity lcase lcm left len length levenshtein lgamma list_contains list_extract
    list_value ln log log10 log2 lower lpad ltrim make_date make_timestamp md5 microsecond mid millisecond minute
    mod month nextafter ord parse_path pi position pow power printf quarter radians regexp_extract regexp_full_match
    regexp_matches regexp_replace repeat replace reverse right round row rpad rtrim second sha1 sha256 sign signbit
    sin split_part sqrt starts_with strftime strip_accents strlen strpos struct_extract struct_pack substr substring
    suffix tan to_base64 translate trim trunc ucase unicode upper week weekday weekofyear width_bucket xor year
    yearweek epoch epoch_ms epoch_us epoch_ns to_days to_hours to_minutes to_seconds to_weeks to_months to_years
    to_milliseconds to_microseconds list_sort list_distinct list_sum list_avg list_min list_max array_value cosh
    sinh tanh asin ascii prefix div timezone hashtext initcap overlay btrim fdiv fmod equi_width_bins finalize
    to_aggregate_state
    """
)
# Aggregates whose states may be made by hand, and combined in any order.
STATES = frozenset({"stddev_samp"})
# Pure only in a model whose own declaration is trusted: they shift local times, which proves no order.
ZONED = _classes("AtTimeZone")
TEXT = _classes(
    "Concat ConcatWs DPipe Lower Upper Substring Left Right Pad Trim Replace Reverse Repeat RegexpReplace "
    "RegexpExtract SplitPart TimeToStr ToChar MD5 SHA SHA2 Initcap Chr MonthName Dayname"
)

CLOCKS = _classes(
    "CurrentDate CurrentTimestamp CurrentTime CurrentDatetime Rand Randn Uuid Localtimestamp Localtime "
    "CurrentTimestampLTZ UtcDate UtcTime UtcTimestamp CurrentUser SessionUser"
)
CLOCK_NAMES = _names(
    """
    now get_current_timestamp get_current_time today current_localtimestamp current_localtime clock_timestamp
    statement_timestamp transaction_timestamp random uuid uuidv4 uuidv7 gen_random_uuid nextval currval setseed
    getdate timeofday current_setting getvariable txid_current pg_sleep current_date current_timestamp
    """
)

# Aggregates over a bag of rows, whatever their order.
AGGREGATES = _classes(
    """
    Sum Count Avg Min Max Stddev StddevSamp StddevPop Variance VariancePop Median Quantile PercentileCont PercentileDisc
    LogicalOr LogicalAnd CountIf Corr CovarSamp CovarPop Skewness Kurtosis BitwiseAndAgg BitwiseOrAgg BitwiseXorAgg
    RegrSlope RegrIntercept RegrR2 RegrCount RegrAvgx RegrAvgy RegrSxx RegrSxy RegrSyy
    """
)
AGGREGATE_NAMES = _names(
    """
    quantile_cont quantile_disc product entropy mad kurtosis skewness kurtosis_pop favg fsum kahan_sum sumkahan
    count_if countif bool_or bool_and every regr_slope regr_intercept regr_r2 sem geomean geometric_mean
    combine_aggr
    """
)
# Aggregates that ignore NULL: a CASE without ELSE in them acts as a FILTER.
IGNORES_NULL = _classes(
    "Sum Count Avg Min Max Stddev StddevSamp StddevPop Variance VariancePop Median LogicalOr LogicalAnd CountIf"
)
# Aggregates whose value depends on the order of rows: they need an order that leaves no ties.
ORDERED = _classes("ArrayAgg GroupConcat AnyValue First Last ArgMax ArgMin Mode FirstValue LastValue")
ORDERED_NAMES = _names(
    """
    arg_max arg_min max_by min_by list string_agg mode any_value arbitrary first last
    """
)

RANKING = _classes("RowNumber Rank DenseRank")  # look at the rows before the current one only
WHOLE = _classes("Ntile PercentRank CumeDist")  # look at the whole partition
OFFSETS = _classes("Lag Lead")
POSITIONAL = _classes("FirstValue LastValue NthValue First Last")
WINDOW_ONLY = RANKING | WHOLE | OFFSETS | _classes("FirstValue LastValue NthValue")
