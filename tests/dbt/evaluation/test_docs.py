"""The SQL shown in the docs runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dbt.evaluation.conftest import Stub

DOCS = Path(__file__).parents[3] / "docs"
BLOCKS = [
    (name, block)
    for name in ("evaluation.md", "monitoring.md")
    for block in re.findall(r"```sql\n(.*?)```", (DOCS / name).read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_sql_in_the_docs_runs(stub: Stub, name: str, block: str) -> None:
    # the stub has one schema, the project one per layer
    found = stub.query(re.sub(r"\b(evaluation|monitoring)\.", "", block))
    assert not found.empty
