"""The library knows nothing of the example in this repository: take that away, and everything else still works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = re.compile(r"flight|nycflights|models_py|\bdbt_project/", re.IGNORECASE)
TEXTS = (".py", ".sql", ".yml", ".csv", ".md", ".css", ".toml")


def test_nothing_of_the_library_names_the_example() -> None:
    # the texts of `insitu new` are written for a project that they are put into, which is not the example
    files = (path for folder in ("insitu", "scoring") for path in (REPOSITORY / folder).rglob("*"))
    named = {
        str(path.relative_to(REPOSITORY)): EXAMPLE.findall(path.read_text())
        for path in files
        if path.suffix in TEXTS and "scaffold" not in path.parts
    }
    assert {path: found for path, found in named.items() if found} == {}


def test_the_example_names_the_library_as_any_project_does() -> None:
    packages = yaml.safe_load((REPOSITORY / "dbt_project/packages.yml").read_text())
    assert packages == {"packages": [{"local": "../insitu/dbt"}]}
    settings = yaml.safe_load((REPOSITORY / "dbt_project/dbt_project.yml").read_text())
    assert settings["name"] == "flights"
