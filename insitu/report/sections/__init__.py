"""The sections of a use case, in the order of the page. A new one is a module with a function and its name here."""

from collections.abc import Callable

from insitu.report.blocks import Section
from insitu.report.context import Context
from insitu.report.sections.alerts import alerts
from insitu.report.sections.business import business
from insitu.report.sections.decisions import decisions
from insitu.report.sections.drift import drift
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
)
