"""How long labels take, where the relation that a first version is written over is in the warehouse already."""

from __future__ import annotations

import math
from datetime import datetime

from insitu import durations
from insitu.errors import ConfigurationError
from insitu.quoting import identifier, qualified
from insitu.scaffold.answers import Answers
from insitu.warehouse import Project, connect


def check_horizon(project: Project, answers: Answers) -> None:
    """Raise ConfigurationError if the labels take longer than the test is: none of them could judge a model."""
    take = days_until_known(project, answers)
    if take is None:
        return
    now = datetime(2024, 1, 1)
    test = (now - durations.parse(answers.test).before(now)).days
    if take >= test:
        raise ConfigurationError(
            f"Labels of `{answers.source}` take {durations.Duration(take, 'day')}: when models are trained, no label "
            f"of a test of {answers.test} would be known, and no model could be judged. Give --test "
            f"'{take + test} days' --gap '{take} days': that tests on {test} days, and no label that was trained on "
            "reaches into them."
        )


def days_until_known(project: Project, answers: Answers) -> int | None:
    """The days within which 95 of 100 labels are known, rounded up; None where the warehouse cannot tell yet."""
    if not (answers.source and answers.time and answers.matured_at) or not _has_manifest(project):
        return None
    relation = _relation(project, answers.source)
    if relation is None:
        return None
    took = (
        f"extract(epoch from cast({identifier(answers.matured_at)} as timestamp)"
        f" - cast({identifier(answers.time)} as timestamp))"
    )
    try:
        with connect(project) as warehouse:
            (row,) = warehouse.query(
                f"select percentile_cont(0.95) within group (order by cast({took} as double precision)) as seconds "
                f"from {relation}"
            ).to_pylist()
    except Exception:  # not built, not reachable, another type of column: the build says it, here it is no question
        return None
    return None if row["seconds"] is None else max(1, math.ceil(row["seconds"] / 86400))


def _has_manifest(project: Project) -> bool:
    return (project.target_path / "manifest.json").is_file()


def _relation(project: Project, source: str) -> str | None:
    if "." not in source:
        return project.relation(source) if source in project.models else None
    name, table = source.split(".")
    for node in project.manifest.get("sources", {}).values():
        if (node["source_name"], node["name"]) == (name, table):
            return qualified(node["schema"], node["identifier"])
    return None
