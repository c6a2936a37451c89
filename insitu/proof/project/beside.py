"""What a run does beside its models: hooks of the run and of other models, and macros put in the place of dbt's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from insitu.proof.project import hooks
from insitu.proof.project.entries import declaration, declares, upstream
from insitu.proof.project.freshness import project_root
from insitu.proof.project.templates import OWN, Macro, Templates, is_dbt

# Macros of dbt's whose result is in the compiled SQL, or has nothing to do with rows.
_HARMLESS = re.compile(
    r"macros/(utils|generic_test_sql|unit_test_sql|get_custom_name|python_model)/|tests/"
    r"|macros/adapters/(timestamps|persist_docs|apply_grants|freshness|metadata)\b|macros/persist_docs|macros/.*tests/"
)
_WRITES = re.compile(r"\b(update|insert|delete|merge|truncate|drop|alter|create|copy)\b", re.IGNORECASE)


def problems(target: Path, manifest: Mapping[str, Any], templates: Templates) -> list[str]:
    """Why the tables of declared models may hold other rows than their SQL says, one line for each reason."""
    entries = {**manifest["nodes"], **manifest["sources"]}
    relevant = upstream(entries, [key for key, entry in entries.items() if declares(entry)])
    made_by = {str(entries[key].get("config", {}).get("materialized")) for key in relevant}
    searched = _searched(target, templates.project)
    return [*_overrides(templates, searched, made_by), *_writers(entries, relevant, templates)]


def _searched(target: Path, project: str) -> set[str]:
    """The packages in which dbt looks for macros before its own: the project, and those of its setting `dispatch`."""
    root = project_root(target)
    settings = yaml.safe_load((root / "dbt_project.yml").read_text()) if root is not None else {}
    return {project}.union(*((rule.get("search_order") or []) for rule in (settings or {}).get("dispatch") or []))


def _overrides(templates: Templates, searched: set[str], made_by: set[str]) -> Iterator[str]:
    """Macros of the project that dbt runs instead of its own when it makes tables."""
    known: dict[str, Macro] = {}
    for macro in templates.all():
        if is_dbt(macro.package) or macro.package == OWN:
            known.setdefault(macro.name, macro)
            known.setdefault(macro.name.partition("__")[2] or macro.name, macro)
    for macro in templates.all():
        if is_dbt(macro.package) or macro.package == OWN or macro.trust:
            continue
        instead = known.get(macro.name) or known.get(macro.name.partition("__")[2])
        if macro.name.startswith("materialization_"):
            takes_part = any(macro.name.startswith(f"materialization_{kind}_") for kind in made_by)
        elif instead is None or macro.package not in searched:
            takes_part = False
        elif instead.package == OWN:
            takes_part = "__" in macro.name  # the library calls its own by their full names
        else:
            takes_part = not _HARMLESS.match(instead.path)
        if takes_part:
            yield (
                f"{macro.path}: 008 the macro {macro.name} takes part in making tables, so what runs is not what was "
                "compiled; remove it, or say in its meta.point_in_time.trust why no row is changed"
            )


def _writers(entries: Mapping[str, Any], relevant: set[str], templates: Templates) -> Iterator[str]:
    """SQL beside the models that writes what features read, or may."""
    names = {
        str(entries[key].get(part) or "").lower() for key in relevant for part in ("name", "alias", "identifier")
    } - {""}
    for key, entry in entries.items():
        package, path = entry.get("package_name", ""), entry.get("original_file_path", "")
        if package == OWN:
            continue
        declared = declaration(entry) or {}
        is_sql = entry["resource_type"] == "model" and entry.get("language", "sql") == "sql"
        if key in relevant and is_sql and not declared.get("trust"):
            continue  # looked into with the model
        texts = hooks.of(entry)
        if entry["resource_type"] == "operation":
            texts, what = [entry.get("raw_code", "")], ", ".join(entry.get("tags", [])) or "an operation"
        else:
            what = f"a hook of {entry['name']}"
        for text in texts:
            why = hooks.writes(text, templates, package)
            if why is None:
                continue
            touched = hooks.touched(text, templates, package)
            own = key in relevant
            if own or touched is None or touched & names:
                whom = entry["name"] if own else ", ".join(sorted((touched or set()) & names)) or "any table"
                yield f"{path}: 008 {what} may change rows of {whom}: {why}; remove it, or write it as a model"
        if key not in relevant and entry["resource_type"] in ("model", "test", "analysis"):
            yield from _asking_writer(entry, templates, names)


def _asking_writer(entry: Mapping[str, Any], templates: Templates, names: set[str]) -> Iterator[str]:
    """A template that writes by a query of its Jinja."""
    reading = templates.read(entry.get("raw_code", ""), entry.get("package_name", ""))
    if reading.problem is None or reading.problem.code != "008":
        return
    text = " ".join([entry.get("raw_code", ""), *(m.text for m in reading.macros)])
    mentioned = {word.lower() for word in re.findall(r"\w+", text)} & names
    if _WRITES.search(text) and mentioned:
        whom = ", ".join(sorted(mentioned))
        yield f"{entry['original_file_path']}: 008 its Jinja may change rows of {whom}: {reading.problem.why}"
