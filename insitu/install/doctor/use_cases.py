"""Use cases: what is listed, what there are models of, and what their features read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from insitu.errors import ConfigurationError
from insitu.install import usage
from insitu.install.doctor.result import Result, finding, ok, skipped
from insitu.install.layout import Layout
from insitu.proof.project.entries import declaration
from insitu.warehouse.project import USE_CASES

READERS = ("spine", "features", "training_set")  # what they read is looked at in their SQL


def listed(layout: Layout) -> Iterator[Result]:
    """The variable lists every use case, where the models over all of them see it."""
    project, name = layout.project, "use cases"
    try:
        declared = list(project.declared_use_cases)
    except ConfigurationError as error:
        yield skipped(name, str(error), project.command("dbt parse"))
        return
    listed = project.listed_use_cases
    unseen = [case for case in usage.use_cases(layout) if case not in declared]
    for case in unseen:
        message = f"The use case `{case}` has files, and dbt has no model `{case}__models` with `meta.ml` of it."
        yield finding(name, message, f"`{project.command('dbt parse')}`; then see `meta.ml` of `{case}__models`.")
    for case in (case for case in listed if case not in declared and case not in unseen):
        message = f"The variable `{USE_CASES}` lists `{case}`, and there is no model `{case}__models`."
        yield finding(name, message, f"`insitu new {case}`, or take it out of the variable.")
    for case in (case for case in declared if case not in listed):
        message = f"The variable `{USE_CASES}` does not list `{case}`: monitoring, alerts and ml_models leave it out."
        yield finding(name, message, f"vars: {USE_CASES}: [{', '.join([*listed, case])}] in dbt_project.yml")
    if listed and not project.variable(USE_CASES):
        own = project.settings.get("name")
        message = f"The variable `{USE_CASES}` is set for the package `{own}` alone; insitu's models do not see it."
        yield finding(name, message, f"In dbt_project.yml move it up, out of `{own}:`, to stand right under `vars:`.")
    elif sorted(listed) == sorted(declared) and not unseen:
        yield ok(name, ", ".join(listed) or "none yet")


def point_in_time(layout: Layout) -> Iterator[Result]:
    """Every table that the features of a use case reach says what it is, point in time."""
    project, name = layout.project, "point in time"
    try:
        manifest, cases = project.manifest, list(project.declared_use_cases)
    except ConfigurationError as error:
        yield skipped(name, str(error), project.command("dbt parse"))
        return
    nodes: dict[str, Any] = {**manifest["nodes"], **manifest.get("sources", {})}
    starts = [f"{case}__{suffix}" for case in cases for suffix in ("training_set", "scoring_set")]
    reached = _undeclared(nodes, [node["unique_id"] for n in starts if (node := project.models.get(n))])
    for node, reader in reached:
        what = f"{node['resource_type']} `{node['name']}`" + ("" if node["resource_type"] != "source" else _of(node))
        step = (
            f"Add `config: {{meta: {{point_in_time: {{kind: event, available_at: <column>}}}}}}` (or static, validity, "
            f"mutable, raw) to it in {node.get('patch_path') or node.get('original_file_path')}, then `insitu check`."
        )
        message = f"The {what}, which `{reader}` reads, does not say when its rows could be known."
        yield finding(name, message, step)
    if cases and not reached:
        yield ok(name, "every table that features read is declared")


def _undeclared(nodes: dict[str, Any], starts: list[str]) -> list[tuple[Any, str]]:
    """Tables without a declaration that are reached through SQL alone, and who reads them."""
    found: dict[str, tuple[Any, str]] = {}
    stack, seen = list(starts), set(starts)
    while stack:
        reader = nodes[stack.pop()]
        for unique_id in reader.get("depends_on", {}).get("nodes", []):
            node = nodes.get(unique_id)
            if node is None or unique_id in seen:
                continue
            seen.add(unique_id)
            declared = declaration(node)
            kind = declared.get("kind") if isinstance(declared, dict) else None
            if kind in READERS or (kind is None and node["resource_type"] == "model" and node.get("depends_on")):
                stack.append(unique_id)
            elif kind is None:
                found[unique_id] = (node, reader["name"])
    return [found[unique_id] for unique_id in sorted(found)]


def _of(node: Any) -> str:
    return f" of `{node['source_name']}`"
