"""What the tables say is what the page says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import duckdb
import pytest

from tests.unit.report import example
from tests.unit.report.conftest import Site

SHOWN = {
    "champion": "forest_1 (forest) is in charge since 2024-03-01: first champion.",
    "selection metric": "AUC, test0.81295 %: 0.801 to 0.824",
    "calibration error": "Calibration error, test0.021",
    "profit against the simple policies": "Profit a row, test−12.34treating all −19.87, none −15.55",
    "lead": "Lead over simple rules, test3.2195 %: 2.90 to 3.50",
    "regression": "Mean absolute error, test4.56795 %: 4.400 to 4.700",
    "regression, others": "Root mean squared error, test6.789",
    "volume": "Predictions120last batch 2024-03-03",
    "outcomes": "Outcomes known38",
    "alerts": "Open alerts211 error, 20 warn",
    "splits": "validation62023-12-222023-12-2750.0 %",
    "provenance": "Artifact sha256sha256-of-artifact",
    "training time": "Trained2024-03-01 in 12.3 s, random state 7",
    "promotion evidence": "rejected0.7000.6900.800−0.0123 ± 0.0045forest_1 is better",
    "decisions": "first champion3280.0 %",
    "expected profit of the batch": "Expected profit−300of the whole batch",
    "missing values": "first champion12.5 %",
    "recent performance": "AUC0.7650.700 to 0.8300.812",
    "realised profit": "Realised profit−963−900 expected",
    "override": "2024-03-01forest_1pinfirst champion",
}


@pytest.mark.parametrize("what", SHOWN)
def test_number_of_the_tables_is_on_the_page(full: Site, what: str) -> None:
    assert SHOWN[what] in full.document.text


def test_every_statement_shown_runs_as_it_stands(full: Site) -> None:
    statements = [part for block in full.document.statements for part in block.split(";\n\n")]
    assert len(statements) > 60
    with duckdb.connect(str(full.warehouse), read_only=True) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()


def test_every_figure_is_drawn_and_named_with_its_source(full: Site) -> None:
    figures = re.findall(r"<figure.*?</figure>", full.html, re.S)
    # 6 + 2 quality, 2 value, importance and 2 effects, slices, the batch, 3 of drift, 4 of performance, 2 of business
    assert sum('<svg class="chart"' in figure for figure in figures) == 8 + 2 + 2 * 3 + 2 + 2 + 2 * 3 + 2 * 4 + 2
    assert all("SQL: " in figure for figure in figures)
    assert all('role="img" aria-label="' in svg for svg in re.findall(r"<svg[^>]*>", full.html))


def test_curve_has_the_points_of_the_table(full: Site) -> None:
    roc = next(f for f in re.findall(r"<figure.*?</figure>", full.html, re.S) if "<h4>ROC</h4>" in f)
    lines = [d for d in re.findall(r' d="(M[^"]*)"', roc) if d.count("L") == 9]
    assert len(lines) == 2  # champion and challenger, ten points each


def test_only_the_twenty_most_important_features_are_drawn(full: Site) -> None:
    figure = next(f for f in re.findall(r"<figure.*?</figure>", full.html, re.S) if "Importance of features" in f)
    assert "top 20 of 30" in figure
    assert ">forest_20</text>" in figure
    assert ">forest_21</text>" not in figure


def test_the_same_warehouse_gives_the_same_file(full: Site) -> None:
    from insitu.report.build import build
    from insitu.warehouse import connect

    with connect(full.project) as warehouse:
        assert build(full.project, warehouse) == full.html


def test_old_versions_do_not_crowd_the_page(site: Callable[[Iterable[str]], Site]) -> None:
    """Of forty earlier trainings and of a candidate that was trained again, one version each and the champion."""
    models = "training.parcel_late__models"
    again = f"""insert into {models} select 'ridge_0', * exclude (model_version)
        replace (created_at - interval '1 day' as created_at) from {models} where model_version = 'ridge_1'"""
    earlier = f"""insert into {models} select model_version || '_' || n || 'old', * exclude (model_version, n)
        replace ('snap' || n as snapshot_id, training_as_of - to_days(30 * cast(n as integer)) as training_as_of)
        from {models}, range(1, 41) as old (n) where model_version <> 'ridge_0'"""
    text = site([*example.create(), *example.fill(), again, earlier]).document.text
    assert "ridge_1" in text
    assert "ridge_0" not in text and "1old" not in text
