"""What dbt reads once, when it parses the project, must not depend on the moment: a scorer does not parse for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jinja2 import nodes

from insitu.errors import ConfigurationError
from insitu.proof.project.templates import parse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# By what a template tells the moment: variables, macros that are called, a clock.
VARIABLES = {"insitu_as_of", "insitu_use_case_as_of"}
MACROS = {"as_of", "newest_as_of"}
CLOCK = "run_started_at"


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
        in_yaml = any(_tells(parse(text)) for text in _templates(node.unrendered_config))
        if in_file or in_yaml:
            raise ConfigurationError(
                f"The configuration of `{node.name}` depends on the moment ({'config(…)' if in_file else 'YAML'} in "
                f"{node.original_file_path}): dbt reads it when it parses the project, which a run of the scorer does "
                "not do anew. Ask for the moment in the model's SQL."
            )


def _tells(node: nodes.Node) -> bool:
    """Does a piece of template ask for a moment?"""
    called = {
        call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
        for call in node.find_all(nodes.Call)
    }
    texts = {text.value for text in node.find_all(nodes.Const) if isinstance(text.value, str)}
    clocks = {name.name for name in node.find_all(nodes.Name)}
    return bool(called & MACROS or texts & VARIABLES or CLOCK in clocks)


def _templates(settings: object) -> list[str]:
    """The texts in a configuration that dbt renders."""
    if isinstance(settings, str):
        return [settings] if "{{" in settings or "{%" in settings else []
    values = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list) else ()
    return [text for value in values for text in _templates(value)]
