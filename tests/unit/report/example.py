"""A small project with its relations filled by hand: one binary use case, one regression, columns as in the contracts.

The statements are plain SQL, so the same rows go into either warehouse.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from insitu.warehouse import Project

DAY = dt.datetime(2024, 3, 1)
COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}
USE_CASES: dict[str, dict[str, Any]] = {
    "parcel_late": {
        "task": "binary",
        "entity": ["parcel_id"],
        "label": "is_late",
        "selection_metric": "auc",
        "costs": COSTS,
        "slices": ["depot"],
    },
    "basket_value": {"task": "regression", "entity": ["basket_id"], "label": "amount"},
}
PER_USE_CASE = {
    "champion": (
        "evaluation",
        "use_case text, model_version text, candidate text, family text, training_as_of timestamp, "
        "trained_rows bigint, champion_since timestamp, reason text",
    ),
    "models": (
        "training",
        "model_version text, use_case text, candidate text, family text, task text, training_key text, "
        "snapshot_id text, training_as_of timestamp, status text, message text, parameters text, search_trace text, "
        "signature text, feature_importance text, partial_dependence text, artifact_sha256 text, code_hash text, "
        "config_hash text, git_revision text, library_versions text, random_state bigint, trained_rows bigint, "
        "fit_seconds double precision, created_at timestamp, point_in_time text, point_in_time_message text",
    ),
    "metrics": (
        "evaluation",
        "model_version text, snapshot_id text, split text, slice_column text, slice_value text, metric text, "
        "value double precision, ci_low double precision, ci_high double precision, n_rows bigint",
    ),
    "promotions": (
        "evaluation",
        "use_case text, training_as_of timestamp, model_version text, decision text, reason text, "
        "previous_champion text, metric text, validation_value double precision, test_value double precision, "
        "champion_test_value double precision, mean_difference double precision, difference_error double precision, "
        "calibration_error double precision, worst_slice_loss double precision",
    ),
    "snapshots": (
        "training",
        "snapshot_id text, split text, as_of timestamp, is_late integer, amount double precision",
    ),
    "predictions": (
        "predictions",
        "batch_id text, batch_as_of timestamp, model_version text, as_of timestamp, score double precision, "
        "predicted_at timestamp",
    ),
    "decisions": (
        "actions",
        "batch_id text, batch_as_of timestamp, score double precision, threshold double precision, action text, "
        "expected_profit double precision",
    ),
    "outcomes": ("actions", "batch_id text, label double precision"),
}
SHARED = {
    "ml_curves": (
        "evaluation",
        "use_case text, model_version text, snapshot_id text, split text, curve text, point integer, "
        "threshold double precision, x double precision, y double precision, n_rows bigint",
    ),
    "promotion_overrides": (
        "evaluation",
        "use_case text, model_version text, override text, effective_from timestamp, reason text",
    ),
    "mon_feature_drift": (
        "monitoring",
        "use_case text, batch_id text, batch_as_of timestamp, model_version text, feature text, metric text, "
        "value double precision, n_rows bigint",
    ),
    "mon_score_drift": (
        "monitoring",
        "use_case text, batch_id text, batch_as_of timestamp, model_version text, metric text, value double precision, "
        "n_rows bigint",
    ),
    "mon_performance": (
        "monitoring",
        "use_case text, model_version text, day date, metric text, value double precision, ci_low double precision, "
        "ci_high double precision, n_rows bigint",
    ),
    "mon_recent_performance": (
        "monitoring",
        "use_case text, model_version text, first_as_of timestamp, last_as_of timestamp, metric text, "
        "value double precision, ci_low double precision, ci_high double precision, n_rows bigint",
    ),
    "mon_volume": (
        "monitoring",
        "use_case text, day date, model_version text, n_predictions bigint, n_batches bigint, n_labelled bigint",
    ),
    "mon_business": (
        "monitoring",
        "use_case text, day date, n_outcomes bigint, n_treated bigint, expected_profit double precision, "
        "realised_profit double precision, profit_treat_all double precision, profit_treat_none double precision",
    ),
    "alert_score_drift": ("monitoring", "use_case text, limit_value double precision"),
    "alerts": (
        "monitoring",
        "use_case text, alert text, subject text, as_of timestamp, severity text, message text, "
        "value double precision, limit_value double precision",
    ),
    "alert_episodes": (
        "monitoring",
        "use_case text, alert text, subject text, cause text, state text, severity text, opened_at timestamp, "
        "last_seen_at timestamp, resolved_at timestamp, last_message text, handled_reason text, "
        "handled_until timestamp, as_of timestamp",
    ),
}


def relations() -> dict[str, tuple[str, str]]:
    """Schema and columns of every relation."""
    own = {f"{case}__{name}": table for case in USE_CASES for name, table in PER_USE_CASE.items()}
    return own | SHARED


def project(folder: Path, output: dict[str, Any]) -> Project:
    """A dbt project folder with what the report reads of it: settings, profile, manifest."""
    (folder / "target").mkdir(parents=True, exist_ok=True)
    settings = {"name": "shop", "profile": "shop", "vars": {"insitu_use_cases": list(USE_CASES)}}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    (folder / "profiles.yml").write_text(yaml.safe_dump({"shop": {"target": "t", "outputs": {"t": output}}}))
    nodes = {}
    for name, (schema, _) in relations().items():
        case = name.split("__")[0]
        meta = {"ml": USE_CASES[case]} if name.endswith("__models") else {}
        nodes[f"model.shop.{name}"] = {
            "name": name,
            "resource_type": "model",
            "schema": schema,
            "alias": name,
            "config": {"meta": meta},
        }
    (folder / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    return Project(folder, folder)


def create() -> Iterator[str]:
    """Statements that create the empty relations."""
    for schema in sorted({schema for schema, _ in relations().values()}):
        yield f"create schema {schema}"
    for name, (schema, columns) in relations().items():
        yield f"create table {schema}.{name} ({columns})"


def fill(name: str = "forest", words: str = "first champion") -> Iterator[str]:
    """Statements that fill them; `name` and `words` appear wherever the data has text."""
    for case, config in USE_CASES.items():
        yield from _learned(case, config, name, words)
        yield from _in_use(case, config["task"] == "binary", f"{name}_1", words)


def _insert(relation: str, *rows: tuple[Any, ...]) -> str:
    schema, columns = relations()[relation]
    assert all(len(row) == columns.count(",") + 1 for row in rows), relation
    values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    return f"insert into {schema}.{relation} values {values}"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dt.datetime | dt.date | str):
        return "'" + str(value).replace("'", "''") + "'"
    return repr(value)


def _learned(case: str, config: dict[str, Any], name: str, words: str) -> Iterator[str]:
    binary = config["task"] == "binary"
    versions = [f"{name}_1", "ridge_1"]
    yield _insert(f"{case}__champion", (case, versions[0], name, "forest", DAY, 5000, DAY, words))
    importance = [{"feature": f"{name}_{i}", "importance": 0.1 / i, "std": 0.01, "metric": "auc"} for i in range(1, 31)]
    shapes = [{"feature": f"{name}_1", "values": [1, 2, 3], "scores": [0.1, 0.4, 0.2]}]
    shapes.append({"feature": words, "values": [words, "b"], "scores": [0.1, 0.4]})
    signature = {"features": [{"name": "weight", "kind": "number"}, {"name": "depot", "kind": "category"}]}
    texts = [{"depth": 3}, [{"step": "trial", "score": 0.7}], signature, importance, shapes]
    json_columns = [json.dumps(item) for item in texts]
    yield _insert(
        f"{case}__models",
        *(
            (
                *(
                    version,
                    case,
                    version.removesuffix("_1"),
                    "forest",
                    config["task"],
                    "key",
                    "snap",
                    DAY,
                    "trained",
                    words,
                ),
                *(*json_columns, "sha256-of-artifact", "code-hash", "config-hash", "abc123", '{"python": "3.11"}'),
                *(7, 5000, 12.34, DAY, "not proved", words),
            )
            for version in versions
        ),
    )
    metrics = {
        "auc": (0.8123, 0.8011, 0.8235),
        "expected_calibration_error": (0.0213, None, None),
        "base_rate": (0.2, 0.19, 0.21),
    }
    metrics |= {"profit": (-12.34, -13.5, -11.2), "profit_treat_all": (-19.87, -20, -19.7)}
    metrics |= {
        "profit_treat_none": (-15.55, -16, -15),
        "profit_uplift": (3.21, 2.9, 3.5),
        "log_loss": (0.4321, 0.42, 0.44),
    }
    if not binary:
        metrics = {
            "mae": (4.567, 4.4, 4.7),
            "rmse": (6.789, 6.5, 7.0),
            "r2": (0.654, None, None),
            "bias": (-0.123, -0.3, 0.1),
        }
    rows: list[tuple[Any, ...]] = []
    for version in versions:
        for metric, (value, low, high) in metrics.items():
            for split in ("validation", "test"):
                rows.append((version, "snap", split, "all", "all", metric, value, low, high, 1234))
            for depot in ("north", words):
                rows.append((version, "snap", "test", "depot", depot, metric, value, low, high, 617))
    yield _insert(f"{case}__metrics", *rows)
    yield _insert("ml_curves", *((case, *row) for version in versions for row in _curves(version, binary)))
    metric = "auc" if binary else "mae"
    empty = (None,) * 5
    yield _insert(
        f"{case}__promotions",
        (case, DAY, versions[0], "promoted", words, None, metric, 0.82, 0.8123, *empty[:3], 0.02, None),
        (
            case,
            DAY,
            versions[1],
            "rejected",
            f"{versions[0]} is better",
            None,
            metric,
            0.7,
            0.6901,
            0.8,
            -0.0123,
            0.0045,
            0.1,
            None,
        ),
    )
    for split, start in (("train", 0), ("validation", 30), ("gap", 60), ("test", 70)):
        when = DAY - dt.timedelta(days=100 - start)
        yield _insert(
            f"{case}__snapshots", *(("snap", split, when + dt.timedelta(days=i), i % 2, 10.0 + i) for i in range(6))
        )


def _curves(version: str, binary: bool) -> Iterator[tuple[Any, ...]]:
    shapes = ("roc", "precision_recall", "calibration", "lift", "gain", "profit") if binary else ("calibration",)
    for curve in shapes:
        for point in range(1, 11):
            x = point / 10
            threshold = None if curve == "profit" and point == 1 else 1 - x
            yield (version, "snap", "test", curve, point, threshold, x, x * x, 123)
    histograms = (
        ("score_distribution_positive", "score_distribution_negative") if binary else ("residual_distribution",)
    )
    for curve in histograms:
        for point in range(1, 21):
            yield (version, "snap", "test", curve, point, (point - 1) / 20, (point - 0.5) / 20, 0.05, 60)


def _in_use(case: str, binary: bool, version: str, words: str) -> Iterator[str]:
    for batch in range(3):
        when = DAY + dt.timedelta(days=batch)
        scores = [(i + 0.5) / 40 if binary else 20.0 + i for i in range(40)]
        yield _insert(f"{case}__predictions", *((f"b{batch}", when, version, when, score, when) for score in scores))
        yield _insert(
            f"{case}__decisions",
            *(
                (f"b{batch}", when, s, 0.2 if binary else None, words if s >= 0.2 else "none", -7.5 if binary else None)
                for s in scores
            ),
        )
        drift = [(f"{version}_{i}", 0.05 * i) for i in range(1, 19)]
        yield _insert("mon_feature_drift", *((case, f"b{batch}", when, version, f, "psi", v, 40) for f, v in drift))
        yield _insert("mon_feature_drift", (case, f"b{batch}", when, version, words, "missing_share", 0.125, 40))
        yield _insert("mon_score_drift", *((case, f"b{batch}", when, version, m, 0.31, 40) for m in ("psi", "ks")))
        metrics = (
            ("auc", "log_loss", "base_rate", "mean_score") if binary else ("mae", "bias", "mean_label", "mean_score")
        )
        day = when.date()
        yield _insert("mon_performance", *((case, version, day, m, 0.777, 0.7, 0.85, 38) for m in metrics))
        yield _insert("mon_volume", (case, day, version, 40, 1, 38))
        if binary:
            yield _insert("mon_business", (case, day, 38, 10, -300.0, -321.0, -400.0, -500.0))
    metric = "auc" if binary else "mae"
    yield _insert(
        "mon_recent_performance", (case, version, DAY, DAY + dt.timedelta(days=2), metric, 0.7654, 0.7, 0.83, 114)
    )
    yield _insert(f"{case}__outcomes", *(("b0", 1.0) for _ in range(38)))
    yield _insert("alert_score_drift", (case, 0.25))
    yield _insert(
        "alerts",
        *(
            (case, "alert_feature_drift", f"{words} {i}", DAY, "warn", f"{words} moved", 0.9 - i / 100, 0.25)
            for i in range(20)
        ),
        (case, "alert_calibration", version, DAY, "error", "scores and outcomes differ", 0.07, 0.05),
    )
    yield _insert("promotion_overrides", (case, version, "pin", DAY, words))
