"""Synthetic upstream tables of the contracted schema: a binary use case (`basket`) and a regression (`visits`)."""

from __future__ import annotations

import numpy as np
import pandas as pd

AS_OF = pd.Timestamp("2024-03-03")
BATCHES = pd.date_range("2024-02-20", "2024-03-02", freq="D")
SKIPPED = pd.Timestamp("2024-02-25")  # a day on which nothing was scored
DRIFTED = pd.Timestamp("2024-03-01")  # from here the feature `spend` and the scores move


def features(random: np.random.Generator, day: pd.DatetimeIndex, first_id: int) -> pd.DataFrame:
    n = len(day)
    spend = random.gamma(2, 10, n) + np.where(day >= DRIFTED, 40, 0)
    return pd.DataFrame(
        {
            "shop_id": [f"s{i % 3}" for i in range(n)],
            "customer_id": np.arange(first_id, first_id + n),
            "as_of": day + pd.to_timedelta(random.integers(0, 23, n), unit="h"),
            "country": random.choice(["de", "fr", None], n, p=[0.5, 0.4, 0.1]),
            "spend": np.where(random.random(n) < 0.05, np.nan, spend),
            "visits_before": random.poisson(3, n),
            "is_member": random.random(n) < 0.3,
        }
    )


def tables(seed: int = 3) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(seed)
    past = features(random, pd.DatetimeIndex(random.choice(pd.date_range("2023-11-01", "2024-01-31"), 3000)), 1)
    days = [d for d in BATCHES if d != SKIPPED]
    recent = features(random, pd.DatetimeIndex(np.repeat(days, 120)), 10_001)
    everything = pd.concat([past, recent], ignore_index=True)
    probability = 1 / (1 + np.exp(2 - 0.05 * everything.spend.fillna(20) + 0.3 * (everything.country == "fr")))
    truth = {
        "basket": ("is_lost", (random.random(len(everything)) < probability)),
        "visits": ("visits", random.poisson(everything.visits_before + 1).astype(float)),
    }
    # what people do changes: the last days bring far more visits than the model expects
    truth["visits"][1][everything.as_of >= "2024-02-26"] += random.poisson(4, (everything.as_of >= "2024-02-26").sum())
    scores = {"basket": probability.to_numpy(), "visits": (everything.visits_before + 1.0).to_numpy()}
    entities = {"basket": ["shop_id", "customer_id"], "visits": ["customer_id"]}
    found: dict[str, pd.DataFrame] = {}
    for use_case, entity in entities.items():
        name, label = truth[use_case]
        keys = [*entity, "as_of"]
        matured_at = everything.as_of + pd.Timedelta("1D")
        found[f"{use_case}__labels"] = everything[keys].assign(**{name: label, "matured_at": matured_at})
        found[f"{use_case}__features"] = everything[[*keys, *[c for c in everything if c not in (*keys, "shop_id")]]]
        is_past = everything.index < len(past)
        split = np.where(past.as_of < "2024-01-01", "train", np.where(past.as_of < "2024-01-15", "validation", "test"))
        found[f"{use_case}__snapshots"] = (
            found[f"{use_case}__features"][is_past]
            .assign(snapshot_id="s1", training_as_of=pd.Timestamp("2024-02-01"), split=split)
            .assign(**{name: label[is_past], "matured_at": matured_at[is_past]})
        )
        heldout = everything[keys][is_past].assign(
            snapshot_id="s1", split=split, label=label[is_past], score=scores[use_case][is_past]
        )
        heldout = heldout[heldout.split != "train"]
        weaker = heldout.assign(model_version="weak", score=random.permutation(heldout.score))
        found[f"{use_case}__heldout_predictions"] = pd.concat([heldout.assign(model_version="good"), weaker])
        scored = everything[keys][~is_past]
        batch = scored.as_of.dt.floor("D")
        found[f"{use_case}__predictions"] = scored.assign(
            batch_id=use_case + batch.dt.strftime("%Y%m%d"),
            batch_as_of=batch,
            model_version="good",
            score=scores[use_case][~is_past],
            predicted_at=batch,
        )
        found[f"{use_case}__parity"] = parity(use_case, batch.min())
        found[f"{use_case}__models"] = pd.DataFrame(
            {
                "model_version": ["good", "weak"],
                "use_case": use_case,
                "candidate": ["gbm", "logistic"],
                "family": ["hist_gradient_boosting", "logistic_regression"],
                "task": "binary" if use_case == "basket" else "regression",
                "training_key": ["k1", "k2"],
                "snapshot_id": "s1",
                "training_as_of": pd.Timestamp("2024-02-01"),
                "status": "trained",
                "message": pd.array([None, None], dtype="string"),
                "parameters": "{}",
                "search_trace": "[]",
                "signature": "{}",
                "feature_importance": "[]",
                "partial_dependence": "[]",
                "artifact_sha256": ["aa", "bb"],
                "code_hash": "c",
                "config_hash": "d",
                "git_revision": "e",
                "library_versions": "{}",
                "random_state": 0,
                "trained_rows": 2000,
                "fit_seconds": 1.0,
                "created_at": pd.Timestamp("2024-02-01"),
            }
        )
        found[f"{use_case}__promotions"] = pd.DataFrame(
            {
                "training_as_of": [pd.Timestamp("2024-02-01")],
                "model_version": "good",
                "decision": "promoted",
                "reason": "first",
                "previous_champion": pd.array([None], dtype="string"),
                "decided_at": pd.Timestamp("2024-02-01"),
            }
        )
    found |= tiers(random, found["visits__snapshots"])
    return found


def parity(use_case: str, batch_as_of: pd.Timestamp) -> pd.DataFrame:
    """What one batch was scored with: of `basket`, one feature differs in more rows than are tolerated."""
    different = [0, 1, 30 if use_case == "basket" else 0]
    return pd.DataFrame(
        {
            "use_case": use_case,
            "batch_id": "first",
            "batch_as_of": batch_as_of,
            "feature": ["country", "is_member", "spend"],
            "n_rows": 120,
            "n_different": different,
            "largest_difference": 1.0,
            "differs_after_minutes": [np.nan, 30.0, 90.0],
            "may_differ": False,
            "is_tolerated": [True, True, use_case != "basket"],
            "severity": "warn",
        }
    )


def tiers(random: np.random.Generator, snapshots: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A multiclass use case: held-out predictions with a row per class."""
    classes = np.array(["gold", "none", "silver"])
    held = snapshots[snapshots.split != "train"]
    scores = random.dirichlet([2, 3, 1], len(held))
    label = np.array([random.choice(classes, p=p) for p in scores])
    rows = held[["customer_id", "as_of", "snapshot_id", "split"]].assign(model_version="good", label=label)
    long = rows.loc[rows.index.repeat(3)].assign(**{"class": np.tile(classes, len(held)), "score": scores.ravel()})
    return {
        "tier__heldout_predictions": long,
        "tier__snapshots": held.drop(columns="visits"),
        "tier__models": pd.DataFrame({"model_version": ["good"]}),
    }
