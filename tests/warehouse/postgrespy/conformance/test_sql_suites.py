"""dbt-tests-adapter: the SQL suites, whole, as installed. What is left out stands here, with its reason."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dbt.tests.adapter as published
import pytest

SUITES = ("basic", "caching", "constraints", "grants", "hooks", "incremental", "utils")
# Bases without a ready-made test class in the package.
BASES = {"BaseIncrementalBadStrategy", "BaseMergeExcludeColumns", "BaseMicrobatch"}
# Left out: BaseGetCatalogForSingleRelation, for an optional method that dbt-postgres does not have either.

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def test_data_dir() -> Path:
    """The hooks suite's own SQL files."""
    return Path(published.__path__[0], "hooks", "data")


def suite_classes(suite: str) -> dict[str, type]:
    """The test classes of one suite, by a name that is unique over all suites."""
    found = {}
    for info in pkgutil.walk_packages([f"{published.__path__[0]}/{suite}"], f"dbt.tests.adapter.{suite}."):
        module = importlib.import_module(info.name)
        for name, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and (name.startswith("Test") or name in BASES):
                found[f"Test{suite.title()}{name.removeprefix('Test')}"] = member
    return found


def named_postgres(get_ctx_vars: Callable[..., Any]) -> Callable[..., Any]:
    """The hooks suite expects `target.type` to be postgres; here it is postgrespy, which is checked instead."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        contexts = get_ctx_vars(*args, **kwargs)
        for context in contexts if isinstance(contexts, list) else [contexts]:
            assert context["target_type"] == "postgrespy"
            context["target_type"] = "postgres"
        return contexts

    return wrapped


def for_this_type(interpolate: Callable[..., str]) -> Callable[..., str]:
    """The utils suite has models that differ by `target.type`; take the variant for PostgreSQL."""
    return lambda *args: interpolate(*args).replace("target.type == 'postgres'", "target.type == 'postgrespy'")


for _suite in SUITES:
    for _name, _class in suite_classes(_suite).items():
        _body: dict[str, Any] = {"__module__": __name__}
        if hasattr(_class, "get_ctx_vars"):
            _body["get_ctx_vars"] = named_postgres(_class.get_ctx_vars)
        if hasattr(_class, "interpolate_macro_namespace"):
            _body["interpolate_macro_namespace"] = for_this_type(_class.interpolate_macro_namespace)
        globals()[_name] = type(_name, (_class,), _body)
