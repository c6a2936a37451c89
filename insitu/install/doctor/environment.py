"""Python, dbt and the adapters."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.util import find_spec

import yaml

from insitu.install.doctor.result import Result, finding, ok
from insitu.install.layout import Layout
from insitu.install.package import source
from insitu.warehouse.places import PROJECT_FILE

# The types of profile that are supported, and the distribution that brings each.
ADAPTERS = {"duckdb": "dbt-duckdb", "postgrespy": "insitu"}


def python(layout: Layout) -> Iterator[Result]:
    """The Python that runs this is one that the library supports."""
    required, found = metadata("insitu")["Requires-Python"], platform.python_version()
    if _within(found, required.split(",")):
        yield ok("python", f"Python {found}")
    else:
        step = "Make a virtual environment with a supported Python, and install insitu and your dbt adapter there."
        yield finding("python", f"Python is {found}; insitu needs {required}.", step)


def dbt(layout: Layout) -> Iterator[Result]:
    """dbt is one that the package supports."""
    required = yaml.safe_load((source() / PROJECT_FILE).read_text())["require-dbt-version"]
    found = version("dbt-core")
    if _within(found, required):
        yield ok("dbt", f"dbt-core {found}")
    else:
        step = f"pip install 'dbt-core{','.join(required)}'"
        yield finding("dbt", f"dbt-core is {found}; insitu needs {', '.join(required)}.", step)


def adapters(layout: Layout) -> Iterator[Result]:
    """The adapters of the supported warehouses are installed."""
    for adapter, distribution in ADAPTERS.items():
        try:
            if find_spec(f"dbt.adapters.{adapter}") is None:
                raise PackageNotFoundError
            yield ok("adapters", f"{adapter} ({distribution} {version(distribution)})")
        except (PackageNotFoundError, ModuleNotFoundError):
            step = f"pip install --force-reinstall --no-deps {distribution}"
            yield finding("adapters", f"The dbt adapter `{adapter}` is not installed.", step)


def _within(found: str, required: list[str]) -> bool:
    from dbt_common.semver import VersionSpecifier, versions_compatible

    bounds = [VersionSpecifier.from_version_string(_three(bound)) for bound in required]
    return bool(versions_compatible(VersionSpecifier.from_version_string(found), *bounds))


def _three(bound: str) -> str:
    """A bound such as `>=3.11` with the three numbers that dbt wants to see."""
    return bound.strip() + ".0" * (2 - bound.count("."))
