"""The sections of a use case, in the order of the page.

One more section: a module here with a function that takes the `Context`, asks it for rows (`context.ask`) and returns a
`Section` made of the blocks in `insitu/report/blocks.py`, or None where it does not apply; then its name in the list
below. A picture is a function in `insitu/report/charts`.
"""

from collections.abc import Callable

from insitu.report.blocks import Section
from insitu.report.context import Context
from insitu.report.sections.alerts import alerts
from insitu.report.sections.business import business
from insitu.report.sections.decisions import decisions
from insitu.report.sections.drift import drift
from insitu.report.sections.episodes import episodes
from insitu.report.sections.explanation import explanation
from insitu.report.sections.headline import headline
from insitu.report.sections.model import model
from insitu.report.sections.performance import performance
from insitu.report.sections.promotions import promotions
from insitu.report.sections.quality import quality
from insitu.report.sections.slices import slices
from insitu.report.sections.value import value

SECTIONS: tuple[Callable[[Context], Section | None], ...] = (
    headline,
    model,
    quality,
    value,
    explanation,
    slices,
    promotions,
    decisions,
    drift,
    performance,
    business,
    alerts,
    episodes,
)
