"""Multiclass metrics over long-format class scores against scikit-learn, on DuckDB and PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from tests.unit.metrics.conftest import Macros
from tests.unit.metrics.test_binary import calibration_error, clipped, mean, only, share

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


def one_against_rest(wide: Wide) -> tuple[float, float, float]:
    """Mean area and its interval: DeLong's structural components, every pair of rows, summed over classes by row."""
    truth = wide[0][:, None] == CLASSES
    areas, parts = [], []
    for t, s in zip(truth.T, wide[1].T, strict=True):
        if not 0 < t.sum() < len(t):
            continue
        areas.append(sk.roc_auc_score(t, s))
        psi = (s[t][:, None] > s[~t][None, :]) + 0.5 * (s[t][:, None] == s[~t][None, :])
        part = np.empty(len(t))
        part[t], part[~t] = (psi.mean(axis=1) - areas[-1]) / t.mean(), (psi.mean(axis=0) - areas[-1]) / (~t).mean()
        parts.append(part)
    if not areas:
        return only(math.nan)
    return clipped(float(np.mean(areas)), np.mean(parts, axis=0).std(ddof=1) / math.sqrt(len(truth)))


def balanced_accuracy(wide: Wide) -> tuple[float, float, float]:
    recalls = pd.Series(predicted(wide) == wide[0]).groupby(wide[0])
    variance = (recalls.mean() * (1 - recalls.mean()) / recalls.size()).sum() / len(recalls) ** 2
    return clipped(sk.balanced_accuracy_score(wide[0], predicted(wide)), math.sqrt(variance))


def macro_f1(wide: Wide) -> tuple[float, float, float]:
    """The delta method by its definition, over the means of (hit, marks) of each class that occurs."""
    label, guess = wide[0], predicted(wide)
    value = sk.f1_score(label, guess, average="macro")
    if len(label) < 2:
        return only(value)
    present = [c for c in CLASSES if (label == c).any() or (guess == c).any()]
    terms = [((label == c) & (guess == c), (label == c).astype(float) + (guess == c)) for c in present]
    means = [(hit.mean(), marks.mean()) for hit, marks in terms]
    gradient = np.ravel([(2 / marks, -2 * hit / marks**2) for hit, marks in means]) / len(present)
    covariance = np.cov(np.array([column for term in terms for column in term], dtype=float))
    return clipped(value, math.sqrt(max(0.0, gradient @ covariance @ gradient) / len(label)))


def top_label_calibration(wide: Wide) -> tuple[float, float, float]:
    return calibration_error(
        pd.DataFrame({"label": (predicted(wide) == wide[0]).astype(float), "score": wide[1].max(axis=1)})
    )


ORACLES: dict[str, Callable[[Wide], tuple[float, float, float]]] = {
    "log_loss": lambda w: (
        sk.log_loss(w[0], w[1] / w[1].sum(axis=1, keepdims=True), labels=CLASSES),
        *mean(-np.log(label_scores(w)))[1:],
    ),
    "accuracy": lambda w: share(sk.accuracy_score(w[0], predicted(w), normalize=False), len(w[0])),
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
    "auc": one_against_rest,
    "expected_calibration_error": top_label_calibration,
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
    assert one_against_rest(table["smooth"])[0] == pytest.approx(
        sk.roc_auc_score(label, scores, multi_class="ovr", average="macro", labels=CLASSES)
    )


def test_confusion(macros: Macros, table: dict[str, Wide]) -> None:
    found = macros.run("confusion", relation="classed", by=["g"])
    for name, wide in table.items():
        matrix = sk.confusion_matrix(wide[0], predicted(wide), labels=CLASSES)
        ours = found[found.g == name].pivot(index="label", columns="predicted", values="n_rows")
        np.testing.assert_array_equal(ours.reindex(index=CLASSES, columns=CLASSES).fillna(0), matrix)
        assert found[found.g == name].groupby("label").share.sum().to_numpy() == pytest.approx(1)
