"""What dbt reads once, when it parses the project, must not depend on the moment: a scorer does not parse for each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from jinja2 import nodes

from insitu.errors import ConfigurationError
from insitu.proof.project.templates import parse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Variable, macro and clock by which a template tells the moment.
MOMENTS = {"insitu_as_of", "insitu_use_case_as_of", "as_of", "run_started_at"}


def check(manifest: Manifest, ids: Iterable[str]) -> None:
    """Refuse models whose configuration depends on the moment.

    Raises:
        ConfigurationError: one does.
    """
    for id_ in ids:
        node = manifest.nodes.get(id_)
        if node is None or not hasattr(node, "raw_code"):
            continue
        calls = parse(node.raw_code).find_all(nodes.Call) if "config(" in node.raw_code else []
        in_file = any(
            isinstance(call.node, nodes.Name) and call.node.name == "config" and _tells(call) for call in calls
        )
        in_yaml = any(f"{name}" in json.dumps(_templates(node.unrendered_config)) for name in MOMENTS)
        if in_file or in_yaml:
            raise ConfigurationError(
                f"The configuration of `{node.name}` depends on the moment ({'config(…)' if in_file else 'YAML'} in "
                f"{node.original_file_path}): dbt reads it when it parses the project, which a run of the scorer does "
                "not do anew. Ask for the moment in the model's SQL."
            )


def _tells(call: nodes.Call) -> bool:
    """Does an argument name a moment?"""
    names = {name.name for name in call.find_all(nodes.Name)} | {
        attribute.attr for attribute in call.find_all(nodes.Getattr)
    }
    return bool(MOMENTS & (names | {text.value for text in call.find_all(nodes.Const) if isinstance(text.value, str)}))


def _templates(settings: object) -> list[str]:
    """The texts in a configuration that dbt renders."""
    if isinstance(settings, str):
        return [settings] if "{{" in settings or "{%" in settings else []
    values = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list) else ()
    return [text for value in values for text in _templates(value)]
