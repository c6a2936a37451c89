"""A handful of rows per table, whose right answers can be read off: what training found out, and whom to act upon.

`claim` is binary with costs, `usage` a regression and `grade` multiclass, both with costs that mean nothing there;
`watch` says only a threshold, `named` only the names of its actions, `still` nothing of when to act.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.dbt.evaluation.conftest import PROJECT
from tests.dbt_package import install

AS_OF = "2024-03-01 00:00:00"
JANUARY, FEBRUARY = pd.Timestamp("2024-01-10"), pd.Timestamp("2024-02-10")
COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}
USE_CASES: dict[str, dict[str, Any]] = {
    "claim": {
        "task": "binary",
        "entity": ["region", "claim_id"],
        "label": "is_fraud",
        "costs": COSTS,
        "actions": {"treat": "call", "none": "wait"},
    },
    "usage": {"task": "regression", "entity": "meter_id", "label": "kilowatts", "costs": COSTS},
    "grade": {"task": "multiclass", "entity": "pupil_id", "label": "grade", "costs": COSTS},
    "watch": {"task": "binary", "entity": "claim_id", "evaluation": {"threshold": 0.6}},
    "named": {"task": "binary", "entity": "claim_id", "actions": {"treat": "ring", "none": "leave"}},
    "still": {"task": "binary", "entity": "claim_id"},
}
OVER_ALL = ["claim", "usage", "grade"]
MACROS = {
    "policies": [],
    "batches": [],
    "decisions": ["usage", "grade", "watch", "named", "still"],
    "outcomes": ["usage", "still"],
}
READ = ["ml_candidates", "ml_feature_importance", "ml_partial_dependence", "ml_search_trials", "ml_retraining_value"]
BUILT = [*READ, "ml_predictions", "ml_metrics", "ml_models"]


def frame(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def at(day: str, hour: int = 0) -> pd.Timestamp:
    return pd.Timestamp(f"2024-{day}") + pd.Timedelta(hours=hour)


def claims() -> dict[str, pd.DataFrame]:
    """Predictions of two versions, and what was decided about three."""
    predictions = frame(
        "region claim_id as_of batch_id batch_as_of model_version score predicted_at",
        [
            ("north", "a", at("01-09"), "jan-v1", JANUARY, "v1", 0.2, at("01-10", 6)),
            ("north", "a", at("01-09"), "jan-v2", JANUARY, "v2", 0.19, at("02-11", 6)),
            ("south", "a", at("02-09"), "feb-v1", FEBRUARY, "v1", 0.5, at("02-10", 9)),
        ],
    )
    promotions = frame(
        "training_as_of model_version decision reason previous_champion decided_at",
        [
            (at("01-01"), "v1", "promoted", "first", None, at("01-02")),
            # decided twice in one month, and before that in another
            (at("01-01"), "v2", "rejected", "too few rows", "v1", at("02-05")),
            (at("02-01"), "v2", "rejected", "not proved", "v1", at("02-02")),
            (at("02-01"), "v2", "promoted", "better", "v1", at("02-03")),
            (at("02-01"), "v3", "rejected", "worse", "v1", at("02-04")),
        ],
    )
    return {"predictions": predictions, "promotions": promotions}


STEPS = [
    {"step": "fit", "parameters": {"depth": 9}, "score": 0.99},
    {"step": "search", "rung": 0, "share": 0.5, "parameters": {"depth": 2}, "score": 0.7, "scores": [0.6, 0.8]},
    {
        "step": "search",
        "rung": 1,
        "share": 1.0,
        "parameters": {"depth": -1},
        "error": "depth is negative",
        "seconds": 0.25,
    },
    {"step": "choose", "parameters": {"depth": 2}},
    {
        "step": "search",
        "rung": 1,
        "share": 1.0,
        "parameters": {"depth": 3},
        "score": 0.6,
        "scores": [0.6],
        "seconds": 2,
    },
]
IMPORTANCE = [
    {"feature": "amount", "importance": 0.25, "std": 0.125, "metric": "auc"},
    {"feature": "age", "importance": -0.5, "std": 0.0, "metric": "auc"},
]
NUMBERS = {"feature": "amount", "values": [-3, 0, 2.5, 2**40], "scores": [0.1, 0.2, 0.3, 0.4]}
WORDS = {"feature": "channel", "values": ["web", "7", None], "scores": [0.5, 0.25, 0.75]}
CLASSES = ["high", "low"]
BY_CLASS = {"feature": "amount", "values": [1, 2, 3], "scores": [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]]}


def models(use_case: str, dependence: list[dict[str, Any]], classes: list[str]) -> pd.DataFrame:
    """Three versions: v1, v2 that was refitted after its test, and v3 that failed."""
    task = USE_CASES[use_case]["task"]
    rows = frame(
        "model_version candidate family status message snapshot_id training_as_of search_trace trained_rows fit_seconds"
        " deployed_rows",
        [
            ("v1", "linear", "logistic_regression", "trained", None, "s1", at("01-01"), None, 100, 1.5, None),
            ("v2", "gbm", "hist_gradient_boosting", "trained", None, "s1", at("02-01"), STEPS, 200, 2.5, 300),
            ("v3", "broken", "kernel_svm", "failed", "C is negative", "s1", at("02-01"), [], 0, 0.5, None),
        ],
    )
    rows["search_trace"] = [None if steps is None else json.dumps(steps) for steps in rows.search_trace]
    rows = rows.astype({"deployed_rows": "float"}).astype({"deployed_rows": "Int64"})
    common = {
        "use_case": use_case,
        "task": task,
        "feature_importance": json.dumps(IMPORTANCE),
        "partial_dependence": json.dumps(dependence),
        "signature": json.dumps({"classes": classes}),
        "created_at": at("02-01"),
        "random_state": 7,
    }
    texts = ["parameters", "artifact_sha256", "training_key", "code_hash", "config_hash", "git_revision"]
    texts.append("library_versions")
    rows = rows.assign(**common, **{name: f"{name} of it" for name in texts})
    # a table written before models were refitted has no such column
    return rows.drop(columns="deployed_rows") if use_case == "grade" else rows


METRICS = [
    ("v1", "s1", "validation", "all", "all", 0.71, 0.61, 0.81),
    ("v1", "s1", "test", "all", "all", 0.72, 0.62, 0.82),
    ("v1", "s1", "test", "country", "de", 0.99, 0.98, 1.0),
    # measured again on what another training was about
    ("v1", "s2", "test", "all", "all", 0.01, 0.0, 0.02),
    ("v2", "s1", "validation", "all", "all", 0.4, 0.3, 0.5),
    ("v2", "s1", "test", "all", "all", 0.3, 0.2, 0.4),
]


def metrics(metric: str) -> pd.DataFrame:
    """The metric that decides, and another that does not."""
    columns = "model_version snapshot_id split slice_column slice_value value ci_low ci_high"
    rows = frame(columns, METRICS)
    return pd.concat([rows.assign(metric=metric), rows.assign(metric="other", value=1 - rows.value)]).assign(n_rows=50)


# key, from, age in days, value: three ages, of which the first period lacks the oldest and the last has only one; the
# freshest is not always the best
BACKTESTS = [
    ("k1", at("01-01"), 7, 0.7),
    ("k1", at("01-01"), 35, 0.9),
    ("k1", at("01-29"), 7, 0.8),
    ("k1", at("01-29"), 35, 0.75),
    ("k1", at("01-29"), 63, 0.4),
    ("k1", at("02-26"), 7, 0.6),
    ("k2", at("01-01"), 14, 0.5),
    ("k2", at("01-01"), 28, 0.1),
]


def backtests(metric: str) -> pd.DataFrame:
    rows = frame("backtest_key from_as_of age_days value", BACKTESTS)
    every = rows.backtest_key.map({"k1": 28.0, "k2": 14.0})
    training = rows.backtest_key.map({"k1": at("02-01"), "k2": at("01-01")})
    return rows.assign(
        candidate="gbm of " + rows.backtest_key, metric=metric, every_days=every, training_as_of=training
    )


def grades() -> pd.DataFrame:
    """Three classes each; two pupils have two that are as probable."""
    scores = {"p1": (0.2, 0.5, 0.3), "p2": (0.4, 0.4, 0.2), "p3": (0.1, 0.1, 0.8)}
    rows = [
        (pupil, at(day), f"g{day}", at(day), "v1", at(day, 1), name, score)
        for pupil, given in scores.items()
        for day in ("01-05", "01-06")
        # capitals before small letters, whatever the language of the database says
        for name, score in zip(("b", "C", "a"), given if day == "01-06" else given[::-1], strict=True)
    ]
    return frame("pupil_id as_of batch_id batch_as_of model_version predicted_at class score", rows)


def alike(use_case: str, entity: str, scores: list[float]) -> dict[str, pd.DataFrame]:
    """One batch of the only version."""
    rows = [(f"e{n}", at("02-09"), "b", FEBRUARY, "v1", score, at("02-10")) for n, score in enumerate(scores)]
    predictions = frame(f"{entity} as_of batch_id batch_as_of model_version score predicted_at", rows)
    label = USE_CASES[use_case].get("label", "label")
    labels = predictions[[entity, "as_of"]].assign(**{label: 1.0, "matured_at": at("02-20")})
    promotions = frame("training_as_of model_version decision reason decided_at",
                       [(at("01-01"), "v1", "promoted", "first", at("01-02"))])  # fmt: skip
    return {"predictions": predictions, "labels": labels, "promotions": promotions}


def tables() -> dict[str, pd.DataFrame]:
    own = {
        "claim": claims()
        | {"models": models("claim", [NUMBERS, WORDS], []), "metrics": metrics("auc"), "backtest": backtests("auc")},
        "usage": alike("usage", "meter_id", [3.0, 0.9])
        | {"models": models("usage", [], []), "metrics": metrics("mae"), "backtest": backtests("mae")},
        "grade": alike("grade", "pupil_id", [])
        | {"predictions": grades(), "models": models("grade", [BY_CLASS], CLASSES), "metrics": metrics("log_loss")},
        "watch": alike("watch", "claim_id", [0.6, 0.59]),
        "named": alike("named", "claim_id", [0.5, 0.49]),
        "still": alike("still", "claim_id", [0.99, 0.0]),
    }
    return {f"{use_case}__{name}": rows for use_case, found in own.items() for name, rows in found.items()}


def write_project(folder: Path) -> Path:
    """The project: our macros over those tables, and models that are only named for what nothing here builds."""
    (folder / "models").mkdir(parents=True)
    install(folder)
    shutil.copy(PROJECT / "profiles.yml", folder)
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    settings["vars"] = {"insitu_as_of": AS_OF, "insitu_use_cases": OVER_ALL, "insitu_backtests": ["claim", "usage"]}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    declared = [{"name": f"{name}__models", "config": {"meta": {"ml": meta}}} for name, meta in USE_CASES.items()]
    (folder / "models/_use_cases.yml").write_text(yaml.safe_dump({"models": declared}))
    raw = ["models", "predictions", "promotions", "labels", "metrics", "backtest"]
    raw += ["snapshots", "features", "heldout_predictions", "parity"]
    for use_case in USE_CASES:
        bodies = {name: f"select * from raw.{use_case}__{name}" for name in raw}
        bodies |= {"scored_features": f"select * from raw.{use_case}__predictions"}
        bodies |= {name: f"{{{{ insitu.{name}('{use_case}') }}}}" for name in MACROS}
        for name, body in bodies.items():
            (folder / f"models/{use_case}__{name}.sql").write_text(body)
    return folder


def selected() -> list[str]:
    """What is built: the macros' models, the tables over all use cases, and what they read."""
    own = [f"+{use_case}__{name}" for name, use_cases in MACROS.items() for use_case in use_cases]
    return [*own, *(f"+{name}" for name in BUILT)]
