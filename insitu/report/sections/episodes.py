"""When alerts were open, and what became of them."""

from datetime import timedelta

from insitu.report.ask import Row
from insitu.report.blocks import Section, badge, breakable, figure, more, source, table, when
from insitu.report.charts.episodes import time_line
from insitu.report.context import Context
from insitu.report.markup import Html, join

LANES = 12
SHOWN = 10
LISTED = 100
TONES = {"opened": "attention", "still_open": "attention", "acknowledged": "", "muted": "", "resolved": "good"}
COLUMNS = ["Opened", "State", "Alert", "Subject", "Cause", "Last seen", "What was found"]


def episodes(context: Context) -> Section | None:
    """The alert episodes on a time line; left out while there was none."""
    found = context.ask(
        """
        select opened_at, last_seen_at, resolved_at, as_of, state, severity, alert, subject, cause, last_message,
            handled_until, handled_reason
        from {alert_episodes}
        where use_case = ?
        order by opened_at desc, case severity when 'error' then 0 else 1 end, alert, subject
        """,
        context.use_case,
    )
    if not found:
        return None
    lanes = list(dict.fromkeys(row["cause"] for row in found))[:LANES]
    picture = time_line([_bar(row) for row in found if row["cause"] in lanes], lanes)
    left_out = len({row["cause"] for row in found}) - len(lanes)
    caption = "A bar is an episode: from the moment it opened until it was resolved, or until now."
    if left_out > 0:
        caption += f" {left_out} causes that were open before are left out."
    first, rest = found.rows[:SHOWN], found.rows[SHOWN:LISTED]
    body = join(
        figure("Alerts over time", picture, caption, found, tall=True),
        _table(first, f"The newest of {len(found)} episodes" if len(found) > SHOWN else ""),
        more(f"{len(rest)} more", _table(rest)) if rest else "",
        source(found),
    )
    return Section("episodes", "Alerts over time", body)


def _bar(row: Row) -> Row:
    ends_at = row["resolved_at"] or row["as_of"]
    return {
        "cause": row["cause"],
        "opened_at": row["opened_at"],
        # what opened at this very moment is to be seen, too
        "ends_at": max(ends_at, row["opened_at"] + timedelta(hours=6)),
        "kind": "resolved" if row["state"] == "resolved" else row["severity"],
    }


def _table(rows: list[Row], caption: str = "") -> Html:
    cells = [
        (
            when(row["opened_at"]),
            join(badge(row["state"].replace("_", " "), TONES.get(row["state"], "")), " ", _until(row)),
            row["alert"].removeprefix("alert_").replace("_", " "),
            breakable(row["subject"]),
            breakable(row["cause"]),
            when(row["last_seen_at"]),
            breakable(row["last_message"]),
        )
        for row in rows
    ]
    return table(COLUMNS, cells, caption)


def _until(row: Row) -> Html:
    if row["resolved_at"] is not None:
        return when(row["resolved_at"])
    if row["handled_until"] is not None:
        return join("until ", when(row["handled_until"]), ": ", row["handled_reason"])
    return Html()
