"""The queries about experiments that the docs show run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from tests.dbt.experiments.test_results import drawn
from tests.dbt.experiments.trial import Trial

DOCS = Path(__file__).parents[3] / "docs" / "acting.md"


def test_queries_of_the_docs_run(trial: Trial) -> None:
    section = DOCS.read_text().partition("## Experiments: ")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    assert len(blocks) > 5
    exposures, outcomes, spine, features = drawn("windowed", 60, seed=1)
    trial.run(exposures, outcomes=outcomes, spine=spine, features=features)
    for block in blocks:
        # the docs' names, for rows of ours
        query = (
            block.replace("actions.flight_delay__", "shop__").replace("actions.", "").replace("flight_delay", "shop")
        )
        query = query.replace("early_crew", "windowed").replace("'profit'", "'sales'")
        found = trial.warehouse.query(query.strip().rstrip(";"))
        assert isinstance(found, pd.DataFrame)
        assert len(found) or "slice_column <> ''" in query or "p_value <" in query, query
