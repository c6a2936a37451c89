"""The report, from the warehouse to the file."""

import os
import tempfile
from pathlib import Path

from insitu import __version__
from insitu.report.blocks import Section, note, nothing
from insitu.report.context import Context, context
from insitu.report.markup import join
from insitu.report.page import Chapter, page
from insitu.report.sections import SECTIONS
from insitu.report.wording import moment
from insitu.warehouse import Project, Warehouse


def build(project: Project, warehouse: Warehouse) -> str:
    """The HTML of the report about every use case of a project."""
    chapters = [_chapter(context(project, warehouse, use_case)) for use_case in project.use_cases]
    name = str(project.settings.get("name", project.directory.name))
    return page(
        name,
        chapters,
        f"Written by insitu {__version__}. Every number is in the tables named beside it; times are UTC.",
    )


def write(path: Path, content: str) -> None:
    """Put the file in place whole, or leave what was there.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _chapter(of: Context) -> Chapter:
    registry = of.ask("select count(*) as n from {use__models}")
    if registry.missing:
        words = nothing(registry), note("Run `dbt build`, then `insitu report` again.")
        return Chapter(of.use_case, "Not built yet", [Section("headline", "At a glance", join(*words))])
    sections = [section for make in SECTIONS if (section := make(of)) is not None]
    scored = of.ask("select max(batch_as_of) as latest from {use__predictions}").first.get("latest")
    return Chapter(of.use_case, f"As of {moment(scored)}" if scored else "Not scored yet", sections)
