"""Multiclass metrics over long-format class scores against scikit-learn, on DuckDB and PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.test_binary import expected_calibration_error, mean, only, share

CLASSES = np.array(["Amber", "blue", "cyan"])  # an upper-case letter: the order is the bytes', not a language's
Wide = tuple[np.ndarray, np.ndarray]  # labels (n,), scores (n, classes)


def scored() -> dict[str, Wide]:
    random = np.random.default_rng(4)
    scores = random.dirichlet([1, 1, 1], 300)
    label = np.array([random.choice(CLASSES, p=p) for p in scores])
    ties = np.round(scores, 1)
    return {
        "smooth": (label, scores),
        "ties": (label, ties / ties.sum(axis=1, keepdims=True)),
        "all tied": (label[:30], np.full((30, 3), 1 / 3)),
        "one row": (label[:1], scores[:1]),
        "one class": (np.repeat(CLASSES[:1], 9), scores[:9]),
        "sure": (label[:20], np.eye(3)[random.integers(0, 3, 20)]),
    }


def long(name: str, wide: Wide) -> pd.DataFrame:
    labels, scores = wide
    return pd.DataFrame(
        {
            "g": name,
            "row_id": np.repeat(np.arange(len(labels)), 3).astype(str),
            "label": np.repeat(labels, 3),
            "class": np.tile(CLASSES, len(labels)),
            "score": scores.ravel(),
        }
    )


@pytest.fixture(scope="module")
def table(macros: Macros) -> dict[str, Wide]:
    groups = scored()
    unusable = long("smooth", (np.array(["Amber", "blue"]), np.array([[0.1, np.nan, 0.2], [0.3, 0.3, np.inf]])))
    unusable["row_id"] = "unusable" + unusable.row_id
    unlabelled = long("smooth", (np.array(["blue"]), np.array([[0.2, 0.3, 0.5]]))).assign(
        label=None, row_id="unlabelled"
    )
    rows = pd.concat([*(long(name, wide) for name, wide in groups.items()), unusable, unlabelled])
    macros.load("classed", rows.sample(frac=1, random_state=1))
    return groups


def predicted(wide: Wide) -> np.ndarray:
    return CLASSES[wide[1].argmax(axis=1)]


def label_scores(wide: Wide) -> np.ndarray:
    eps = np.finfo(float).eps
    return np.clip((wide[1] * (wide[0][:, None] == CLASSES)).sum(axis=1), eps, 1 - eps)


def one_against_rest(wide: Wide) -> float:
    truth = wide[0][:, None] == CLASSES
    areas = [sk.roc_auc_score(t, s) for t, s in zip(truth.T, wide[1].T, strict=True) if 0 < t.sum() < len(t)]
    return float(np.mean(areas)) if areas else math.nan


def top_label_calibration(wide: Wide) -> float:
    hits = pd.DataFrame({"label": (predicted(wide) == wide[0]).astype(float), "score": wide[1].max(axis=1)})
    return expected_calibration_error(hits)


ORACLES: dict[str, Callable[[Wide], tuple[float, float, float]]] = {
    "log_loss": lambda w: (
        sk.log_loss(w[0], w[1] / w[1].sum(axis=1, keepdims=True), labels=CLASSES),
        *mean(-np.log(label_scores(w)))[1:],
    ),
    "accuracy": lambda w: share(sk.accuracy_score(w[0], predicted(w), normalize=False), len(w[0])),
    "balanced_accuracy": lambda w: only(sk.balanced_accuracy_score(w[0], predicted(w))),
    "macro_f1": lambda w: only(sk.f1_score(w[0], predicted(w), average="macro")),
    "auc": lambda w: only(one_against_rest(w)),
    "expected_calibration_error": lambda w: only(top_label_calibration(w)),
}


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("metric", ORACLES)
def test_metric_agrees_with_its_oracle(macros: Macros, table: dict[str, Wide], metric: str) -> None:
    found = macros.run(f"metric_multiclass_{metric}", relation="classed", by=["g"], options={}).set_index("g")
    assert set(found.index) == set(table)
    assert (found.metric == metric).all()
    for name, wide in table.items():
        row = found.loc[name]
        values = [math.nan if v is None else float(v) for v in (row.value, row.ci_low, row.ci_high)]
        np.testing.assert_allclose(values, ORACLES[metric](wide), rtol=1e-9, atol=1e-9, err_msg=name)


def test_auc_is_scikit_learns_macro_average(macros: Macros, table: dict[str, Wide]) -> None:
    label, scores = table["smooth"]
    assert one_against_rest(table["smooth"]) == pytest.approx(
        sk.roc_auc_score(label, scores, multi_class="ovr", average="macro", labels=CLASSES)
    )


def test_confusion(macros: Macros, table: dict[str, Wide]) -> None:
    found = macros.run("confusion", relation="classed", by=["g"])
    for name, wide in table.items():
        matrix = sk.confusion_matrix(wide[0], predicted(wide), labels=CLASSES)
        ours = found[found.g == name].pivot(index="label", columns="predicted", values="n_rows")
        np.testing.assert_array_equal(ours.reindex(index=CLASSES, columns=CLASSES).fillna(0), matrix)
        assert found[found.g == name].groupby("label").share.sum().to_numpy() == pytest.approx(1)
