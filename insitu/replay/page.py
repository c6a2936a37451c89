"""The report of a replay as a page of its own."""

from __future__ import annotations

from insitu import __version__
from insitu.replay.report import GAINED, LINES, Found, over_time, retrained, time_line
from insitu.report.blocks import Section, note, table
from insitu.report.markup import join, tag
from insitu.report.page import Chapter, page


def html(found: Found, project: str) -> str:
    """The whole document; nothing in it is fetched from anywhere."""
    heads, rows = over_time(found)
    sections = [Section("over-time", "Over time", table(heads, rows, numeric=range(1, len(heads))))]
    if found.retrainings:
        heads, rows = retrained(found)
        body = join(table(heads, rows, numeric=(2, 4, 5)), note(GAINED))
        sections.append(Section("retrainings", "What each retraining cost and gained", body))
    lines = [
        join(tag("h4", policy), table(["alert", "steps"], [[name, tag("code", seen)] for name, seen in alerts]))
        for policy in found.seconds
        if (alerts := time_line(found, policy))
    ]
    body = join(*lines, note(LINES)) if lines else note("No alert was raised on any step.")
    sections.append(Section("alerts", "Alerts on a time line", body))
    subtitle = f"A replay of {len(found.steps):,} steps, {found.steps[0]} to {found.steps[-1]}"
    foot = f"Written by insitu {__version__}; times are UTC."
    return page(project, [Chapter(found.use_case, subtitle, sections)], foot)
