"""Renders the library's macros to SQL with dbt's own Jinja, once per adapter and without running dbt."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from dbt.adapters.base import BaseAdapter
from dbt.adapters.factory import FACTORY, get_adapter_by_type
from dbt.cli.main import dbtRunner
from dbt.context.providers import generate_runtime_macro_context
from dbt.contracts.graph.nodes import Macro

from tests.dbt_package import install

PROFILES = """
macros_only:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: ":memory:"}
    postgres: {type: postgres, host: none, port: 1, user: none, password: none, dbname: none, schema: public}
"""
PROJECT = """
name: macros_only
profile: macros_only
flags: {send_anonymous_usage_stats: false}
"""


@cache
def _adapter(kind: str) -> BaseAdapter:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "profiles.yml").write_text(PROFILES)
        Path(folder, "dbt_project.yml").write_text(PROJECT)
        install(Path(folder))
        where = ["--project-dir", folder, "--profiles-dir", folder, "--target", kind]
        result = dbtRunner().invoke(["--quiet", "--no-partial-parse", "parse", *where])
    if not result.success:
        raise RuntimeError(f"dbt could not parse the macros: {result.exception}")
    adapter = get_adapter_by_type(kind)
    adapter.set_macro_resolver(result.result)
    adapter.set_macro_context_generator(generate_runtime_macro_context)
    return adapter


def render(kind: str, macro: str, /, **arguments: Any) -> Any:
    """What the macro returns in the dialect of `kind` (`duckdb` or `postgres`): SQL text, or a value."""
    adapter = _adapter(kind)
    FACTORY.adapters[kind] = adapter  # every dbt invocation in this process forgets the adapters of the one before
    return adapter.execute_macro(macro, project="insitu", kwargs=arguments)


def macros(kind: str) -> list[Macro]:
    """The library's macros, as dbt parsed them."""
    return [macro for macro in _adapter(kind)._macro_resolver.macros.values() if macro.package_name == "insitu"]
