"""The point-in-time verdict on a training set, as evidence that is registered with the models trained on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from insitu.errors import InsituError
from insitu.nodes.target import target_path
from insitu.proof.project import checking
from insitu.proof.project.columns import of_warehouse
from insitu.proof.project.declarations import DeclarationError
from insitu.proof.project.entries import upstream
from insitu.proof.project.manifest import load

MAX_MESSAGE = 500  # characters


def point_in_time(query: Callable[[str], pa.Table], use_case: str) -> tuple[str, str | None]:
    """Check the compiled SQL of `<use_case>__training_set` and of all models that it reads, as `insitu check` does.

    Args:
        query: runs a query in the warehouse; the proof asks for the types of columns.
        use_case: its name.

    Returns:
        `proved`, `not proved` or `not checked`, and why: what could not be checked says so.

    Raises:
        DeclarationError: a declaration is wrong, which is to be mended before anything is trained on it.
    """
    target = target_path()
    if target is None or not (target / "manifest.json").is_file():
        return "not checked", "there is no dbt manifest"
    try:
        outcome = checking.check(
            target,
            columns=lambda relations: of_warehouse(query, relations),
            select=ancestors(target, f"{use_case}__training_set"),
            building=True,
        )
    except DeclarationError:
        raise
    except InsituError as error:
        return "not checked", str(error)[:MAX_MESSAGE]
    except Exception as error:  # an error of the analyser must not stop the training
        return "not checked", f"{type(error).__name__}: {error}"[:MAX_MESSAGE]
    if outcome.ok:
        return "proved", None
    failed = sorted(
        {f"{result.name}.{column.column}" for result in outcome.results for column in result.columns
         if column.status not in ("proved", "waived")}
    )  # fmt: skip
    said = ", ".join(failed[:8]) + (f" and {len(failed) - 8} more" if len(failed) > 8 else "")
    return "not proved", "; ".join([said, *outcome.problems])[:MAX_MESSAGE]


def ancestors(target: Path, model: str) -> list[str]:
    """A model and all SQL models that it reads, directly or not, by name."""
    models = {key: node for key, node in load(target)["nodes"].items() if node["resource_type"] == "model"}
    found = upstream(models, [key for key, node in models.items() if node["name"] == model])
    return sorted(models[key]["name"] for key in found)
