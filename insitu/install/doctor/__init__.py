"""`insitu doctor`: is all as it has to be? One function per check; each result has its next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from insitu.install.doctor import environment, packages, use_cases, warehouse
from insitu.install.doctor.result import FINDING, OK, SKIPPED, Result
from insitu.install.layout import Layout
from insitu.warehouse import Project

CHECKS: tuple[Callable[[Layout], Iterator[Result]], ...] = (
    environment.python,
    environment.dbt,
    environment.adapters,
    packages.vendored,
    packages.installed,
    warehouse.profile,
    warehouse.connection,
    use_cases.listed,
    use_cases.point_in_time,
)


def diagnose(project: Project) -> list[Result]:
    """The results of all checks.

    Raises:
        ConfigurationError: there is no dbt project, or dbt can not read it.
    """
    layout = Layout(project)
    layout.project.dbt_project  # noqa: B018  # says it if there is none
    return [result for check in CHECKS for result in check(layout)]


__all__ = ["CHECKS", "FINDING", "OK", "SKIPPED", "Result", "diagnose"]
