"""The model card says what the registry says, in valid Markdown with a valid YAML header."""

from __future__ import annotations

from typing import Any

import yaml

from insitu.report.model_card import render
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot


def metric(name: str, value: float, split: str = "test", column: str = "all", of: str = "all") -> dict[str, Any]:
    return {
        "split": split,
        "slice_column": column,
        "slice_value": of,
        "metric": name,
        "value": value,
        "ci_low": value - 0.01,
        "ci_high": value + 0.01,
        "n_rows": 180,
    }


def test_card_of_a_trained_model() -> None:
    config = ml(
        {"name": "logistic", "family": "logistic_regression", "search": {"trials": 2}, "calibration": "sigmoid"},
        description="Is it late?",
        costs={"true_positive": -40},
    )
    (row,) = train(config, "demo", snapshot(600), progress=lambda line: None).to_pylist()
    metrics = [metric("auc", 0.81), metric("auc", 0.83, "validation"), metric("auc", 0.7, column="city", of="a|b")]
    card = render(row, metrics, config)

    header = yaml.safe_load(card.split("---\n")[1])
    assert header["pipeline_tag"] == "tabular-classification"
    (result,) = header["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "auc", "value": 0.81}]
    for text in (
        f"# {row['model_version']}",
        "Is it late?",
        "| auc | 0.8100 (0.8000 to 0.8200) | 0.8300 (0.8200 to 0.8400) | 180 |",
        "| city = a\\|b | 0.7000 (0.6900 to 0.7100) | 180 |",
        "Search: halving, 2 trials on 3 temporal folds",
        "Calibration: sigmoid on",
        "| `city` | category | 0.0% | 3 categories |",
        row["artifact_sha256"],
        f"insitu reproduce {row['model_version']}",
    ):
        assert text in card, text


def test_card_before_evaluation() -> None:
    config = ml()
    (row,) = train(config, "demo", snapshot(400), progress=lambda line: None).to_pylist()
    card = render(row, [], config)
    assert "Not evaluated yet." in card and "model-index" not in card
