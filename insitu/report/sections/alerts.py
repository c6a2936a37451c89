"""What needs attention."""

from insitu.report.ask import Row
from insitu.report.blocks import Section, badge, breakable, more, nothing, source, table, when
from insitu.report.context import Context
from insitu.report.markup import Html, join
from insitu.report.wording import number

SHOWN = 12
TONES = {"error": "bad", "warn": "attention"}
COLUMNS = ["Alert", "Severity", "Subject", "As of", "Value", "Limit", "What was found"]


def alerts(context: Context) -> Section:
    """The open alerts, errors first, the farthest beyond their limit first."""
    found = context.ask(
        """
        select alert, severity, subject, as_of, value, limit_value, message
        from {alerts}
        where use_case = ?
        order by case severity when 'error' then 0 else 1 end, alert, value desc, subject
        """,
        context.use_case,
    )
    if not found:
        return Section("alerts", "Open alerts", nothing(found, otherwise="All quiet: no alert is open."))
    kinds: dict[str, list[Row]] = {}
    for row in found:
        kinds.setdefault(row["alert"], []).append(row)
    # one alert may have a finding per feature: show one of each kind, and the rest behind a click
    fair = max(1, SHOWN // len(kinds))
    first = [row for rows in kinds.values() for row in rows[:fair]]
    rest = [row for rows in kinds.values() for row in rows[fair:]]
    body = join(
        _table(first, f"{len(found)} open"), more(f"{len(rest)} more", _table(rest)) if rest else "", source(found)
    )
    return Section("alerts", "Open alerts", body)


def _table(rows: list[Row], caption: str = "") -> Html:
    cells = [
        (
            row["alert"].removeprefix("alert_").replace("_", " "),
            badge(row["severity"], TONES.get(row["severity"], "")),
            breakable(row["subject"]),
            when(row["as_of"]),
            number(row["value"]),
            number(row["limit_value"]),
            breakable(row["message"]),
        )
        for row in rows
    ]
    return table(COLUMNS, cells, caption, (4, 5))
