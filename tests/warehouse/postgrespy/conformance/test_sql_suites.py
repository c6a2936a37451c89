"""dbt-tests-adapter: the SQL suites, whole, as installed. What is left out stands in EXCLUDED, with its reason."""

import importlib
import inspect
import pkgutil
import types

import dbt.tests.adapter as published
import pytest

SUITES = ("basic", "caching", "constraints", "grants", "hooks", "incremental", "utils")
# Bases without a ready-made test class in the package.
BASES = {"BaseGetCatalogForSingleRelation", "BaseIncrementalBadStrategy", "BaseMergeExcludeColumns", "BaseMicrobatch"}
EXCLUDED: dict[str, str] = {}

pytestmark = pytest.mark.conformance


def suite_classes(suite: str) -> dict[str, type]:
    """The test classes of one suite, by a name that is unique over all suites."""
    found = {}
    [directory] = [f"{path}/{suite}" for path in published.__path__]
    for info in pkgutil.walk_packages([directory], f"dbt.tests.adapter.{suite}."):
        module = importlib.import_module(info.name)
        for name, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and (name.startswith("Test") or name in BASES):
                found[f"Test{suite.title()}{name.removeprefix('Test')}"] = member
    return found


for _suite in SUITES:
    for _name, _class in suite_classes(_suite).items():
        if _name not in EXCLUDED:
            globals()[_name] = types.new_class(
                _name, (_class,), exec_body=lambda body: body.update(__module__=__name__)
            )
