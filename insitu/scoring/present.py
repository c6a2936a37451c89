"""The moment that a use case is meant for: its own, else the project's, else the clock's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from insitu.moments import moment, utc_now
from insitu.warehouse import Project

AS_OF, OWN = "insitu_as_of", "insitu_use_case_as_of"


def declared(project: Project, use_case: str) -> str:
    """As the project says it, `now` for the clock."""
    return str(_variable(project, OWN, {}).get(use_case) or _variable(project, AS_OF, "now"))


def variables(project: Project, use_case: str, as_of: str) -> dict[str, Any]:
    """Those of dbt by which a use case is meant for another moment."""
    own = _variable(project, OWN, {})
    return {AS_OF: as_of} | ({OWN: {**own, use_case: as_of}} if use_case in own else {})


def clock(project: Project) -> Callable[[str], datetime]:
    """The present of each use case: the clock, or where the project fixes a moment, that."""
    fixed: dict[str, datetime | None] = {}

    def present(use_case: str) -> datetime:
        if use_case not in fixed:
            text = declared(project, use_case)
            fixed[use_case] = None if text == "now" else moment(text, f"The variable {AS_OF}")
        return fixed[use_case] or utc_now()

    return present


def _variable(project: Project, name: str, default: Any) -> Any:
    """As the project's own models see it."""
    return project.variable(name, default, package=str(project.settings.get("name")))
