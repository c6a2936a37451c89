"""The SQL shown in the docs runs, read as if written about the shop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dbt.use_cases.conftest import Shop

DOCS = Path(__file__).parents[3] / "docs"
TRAINING = re.findall(r"```sql\n(.*?)```", (DOCS / "training.md").read_text(), re.DOTALL)
NEW = re.findall(r"`(select \* from [^`]*)`", (DOCS / "new_use_case.md").read_text())


@pytest.mark.parametrize("statement", [*TRAINING, *NEW])
def test_sql_in_the_docs_runs(shop: Shop, statement: str) -> None:
    shop.query(re.sub(r"flight_delay|churn", "tier", statement))


def test_there_is_sql_in_the_docs() -> None:
    assert len(TRAINING) >= 2 and len(NEW) >= 5
