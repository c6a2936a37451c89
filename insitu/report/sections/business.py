"""What the decisions brought, in money, once outcomes are known."""

from insitu.report.ask import Answer, Row
from insitu.report.blocks import Section, Tile, figure, figures, nothing, source, tiles
from insitu.report.charts.over_time import lines
from insitu.report.context import Context
from insitu.report.markup import Html, join
from insitu.report.wording import count, moment, number

POLICIES = {
    "realised_profit": "the decisions",
    "profit_treat_all": "treating all",
    "profit_treat_none": "treating none",
}
RUNNING = {"over_all": "over treating all", "over_none": "over treating none"}


def business(context: Context) -> Section | None:
    """Realised profit by day and its running lead over the simple policies; left out where no costs are declared."""
    if not context.config.get("costs"):
        return None
    days = context.ask(
        """
        select day, n_outcomes, n_treated, expected_profit, realised_profit, profit_treat_all, profit_treat_none,
            sum(realised_profit - profit_treat_all) over (order by day) as over_all,
            sum(realised_profit - profit_treat_none) over (order by day) as over_none
        from {mon_business}
        where use_case = ?
        order by day
        """,
        context.use_case,
    )
    if not days:
        return Section("business", "Business value", nothing(days, otherwise="No outcome is known yet."))
    totals = context.ask(
        """
        select cast(sum(n_outcomes) as bigint) as n_outcomes, cast(sum(n_treated) as bigint) as n_treated,
            min(day) as first_day, max(day) as last_day, sum(expected_profit) as expected_profit,
            sum(realised_profit) as realised_profit, sum(profit_treat_all) as profit_treat_all,
            sum(profit_treat_none) as profit_treat_none
        from {mon_business}
        where use_case = ?
        """,
        context.use_case,
    )
    body = join(
        _tiles(totals.first),
        source(totals),
        figures(
            figure(
                "Profit by day",
                _by_day(days, POLICIES),
                "What the decisions brought, beside what either rule would have.",
                days,
            ),
            figure("Lead so far", _by_day(days, RUNNING), "The difference added up since the first outcome.", days),
        ),
    )
    return Section("business", "Business value", body)


def _by_day(days: Answer, names: dict[str, str]) -> Html:
    rows: list[Row] = [{"day": r["day"], "name": name, "value": r[key]} for r in days for key, name in names.items()]
    return lines(rows, list(names.values()), "Money")


def _tiles(row: Row) -> Html:
    span = f"{moment(row['first_day'])} to {moment(row['last_day'])}"
    return tiles(
        [
            Tile("Realised profit", number(row["realised_profit"], 0), f"{number(row['expected_profit'], 0)} expected"),
            Tile("Treating all", number(row["profit_treat_all"], 0), "would have brought"),
            Tile("Treating none", number(row["profit_treat_none"], 0), "would have brought"),
            Tile("Outcomes", count(row["n_outcomes"]), f"{count(row['n_treated'])} treated; {span}"),
        ]
    )
