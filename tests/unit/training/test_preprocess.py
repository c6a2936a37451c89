"""Both encodings, value by value: what a missing number, a rare, a missing and an unseen category become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.tree import DecisionTreeClassifier

from insitu.registry.model import Model
from insitu.training.fitting.preprocess import for_sums, for_trees
from insitu.training.train import silent, train
from tests.unit.training.example import ml, snapshot
from tests.unit.training.test_bad_data import put

NUMBERS = ["a", "b", "noise", "n", "flag"]
CITIES = [*["oslo"] * 40, *["rome"] * 30, *["lima"] * 20, *["bonn"] * 9, *["kiev"] * 8]


def frame(number: list[float], category: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"x": number, "c": pd.Series(category, dtype=object)})


def dense(encoded: Any) -> np.ndarray[Any, Any]:
    return np.asarray(encoded.todense() if hasattr(encoded, "todense") else encoded)


def test_trees_get_numbers_as_they_are_and_codes_in_the_order_of_the_names() -> None:
    encode = for_trees(["x"], ["c"]).fit(frame([1.0, 2.0, 3.0, 4.0], ["rome", "lima", np.nan, "oslo"]))
    found = encode.transform(frame([5.0, np.nan, 7.0, 8.0, 9.0], ["rome", "lima", "oslo", np.nan, "atlantis"]))
    np.testing.assert_array_equal(found, [[5, 2], [np.nan, 0], [7, 1], [8, np.nan], [9, np.nan]])


def test_trees_get_at_most_250_codes() -> None:
    """The most frequent have a code each; the others share one."""
    names = [f"c{i:03}" for i in range(300)]
    often = [name for name in names[::-1][:249] for _ in range(2)]
    encode = for_trees([], ["c"]).fit(frame([0.0] * (len(often) + 300), often + names))
    codes = encode.transform(frame([0.0] * 300, names))[:, 0]
    assert len(set(codes[:51])) == 1 and len(set(codes[51:])) == 249 and codes[0] not in codes[51:]
    assert codes.max() < 255, "what histogram gradient boosting takes"


def test_sums_get_the_median_an_indicator_a_scale_and_a_bucket_of_the_rare() -> None:
    x = np.arange(len(CITIES), dtype=float) ** 2
    x[7] = np.nan
    encode = for_sums(["x"], ["c"]).fit(frame(x.tolist(), CITIES))
    filled, missing = np.where(np.isnan(x), np.nanmedian(x), x), np.isnan(x).astype(float)

    def scaled(value: float, column: np.ndarray[Any, Any]) -> float:
        return float((value - column.mean()) / column.std())

    found = dense(encode.transform(frame([4.0, np.nan, 4.0, 4.0], ["rome", "kiev", np.nan, "atlantis"])))
    there, not_there = scaled(0, missing), scaled(1, missing)
    four, median = scaled(4, filled), scaled(float(np.nanmedian(x)), filled)
    expected = [  # number, was it missing, lima, oslo, rome, and the bucket of bonn, kiev and all that is not known
        [four, there, 0, 0, 1, 0],
        [median, not_there, 0, 0, 0, 1],
        [four, there, 0, 0, 0, 1],
        [four, there, 0, 0, 0, 1],
    ]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_sums_keep_the_place_of_a_number_that_is_always_missing() -> None:
    encode = for_sums(["x", "z"], [])
    rows = pd.DataFrame({"x": [1.0, 3.0], "z": [np.nan, np.nan]})
    np.testing.assert_array_equal(dense(encode.fit_transform(rows)), [[-1, 0, 0], [1, 0, 0]])


def test_sums_have_a_column_of_their_own_for_a_hundred_categories_at_most() -> None:
    names = [f"c{i:03}" for i in range(120) for _ in range(20 + i % 7)]
    encode = for_sums([], ["c"]).fit(frame([0.0] * len(names), names))
    assert dense(encode.transform(frame([0.0] * len(names), names))).shape[1] == 100


def odd(cities: list[Any]) -> tuple[Any, pd.DataFrame, pd.DataFrame, Any]:
    """A snapshot with some rare cities; its rows of the split train; rows with cities that are none of them."""
    table = snapshot(800)
    city = np.array(table["city"].to_pylist(), dtype=object)
    city[[3, 90, 201, 330, 377, 412]] = ["bonn", "kiev", "bonn", "kiev", "bonn", "bonn"]
    table = put(table, "city", city.tolist())
    rows = table.to_pandas().astype({"flag": float, "n": float, "y": int})
    test = table.slice(table.num_rows - len(cities))
    return table, rows[rows.split == "train"], rows.iloc[-len(cities) :], put(test, "city", cities)


TREES = {
    "hist_gradient_boosting": ({"max_iter": 20}, None),
    "extra_trees": ({"n_estimators": 10}, None),
    "lightgbm": ({"n_estimators": 20}, None),
    "xgboost": ({"n_estimators": 20}, None),
}


def by_hand(family: str) -> Any:
    if family == "hist_gradient_boosting":
        return HistGradientBoostingClassifier(
            max_iter=20, min_samples_leaf=50, l2_regularization=1.0, early_stopping=False, random_state=0,
            categorical_features=[5],
        )  # fmt: skip
    if family == "extra_trees":
        return ExtraTreesClassifier(10, min_samples_leaf=20, max_features="sqrt", random_state=0)
    if family == "lightgbm":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(
            n_estimators=20, min_child_samples=50, reg_lambda=1.0, deterministic=True, force_row_wise=True,
            verbosity=-1, random_state=0, n_jobs=1,
        )  # fmt: skip
    from xgboost import XGBClassifier

    return XGBClassifier(
        n_estimators=20, learning_rate=0.1, max_depth=6, min_child_weight=10.0, tree_method="hist", random_state=0,
        enable_categorical=True, feature_types=["q"] * 5 + ["c"], n_jobs=1,
    )  # fmt: skip


@pytest.mark.parametrize("family", TREES)
def test_trees_score_an_unseen_and_a_missing_category_as_a_missing_code(family: str) -> None:
    table, seen, last, batch = odd(["atlantis", None, "rome", "bonn"])
    parameters = TREES[family][0]
    candidate = {"name": "one", "family": family, "parameters": parameters}
    (row,) = train(ml(candidate, training={"refit": False}), "demo", table, progress=silent).to_pylist()
    codes = {name: float(code) for code, name in enumerate(["bonn", "kiev", "lima", "oslo", "rome"])}
    encoded = np.column_stack([seen[NUMBERS].to_numpy(), seen["city"].map(codes)])
    model = by_hand(family)
    model.fit(encoded, seen["y"], **({"categorical_feature": [5]} if family == "lightgbm" else {}))
    asked = np.column_stack([last[NUMBERS].to_numpy(), [np.nan, np.nan, codes["rome"], codes["bonn"]]])
    np.testing.assert_allclose(Model.from_row(row).predict(batch), model.predict_proba(asked)[:, 1], rtol=0, atol=1e-7)


def sums(rows: pd.DataFrame, seen: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Imputed, scaled numbers and one-hot categories, with pandas alone."""
    median = seen[NUMBERS].median()
    indicated = [name for name in NUMBERS if seen[name].isna().any()]

    def raw(part: pd.DataFrame) -> pd.DataFrame:
        missing = part[indicated].isna().astype(float).add_suffix(" missing")
        return pd.concat([part[NUMBERS].fillna(median), missing], axis=1)

    of_seen = raw(seen)
    scaled = (raw(rows) - of_seen.mean()) / of_seen.std(ddof=0)
    counts = seen["city"].value_counts()
    own = sorted(counts.index[counts >= 20])
    cities = [(rows["city"] == name).astype(float) for name in own] + [(~rows["city"].isin(own)).astype(float)]
    return np.column_stack([scaled.to_numpy(), *cities])


def test_sums_score_an_unseen_and_a_missing_category_as_a_rare_one() -> None:
    table, seen, last, batch = odd(["atlantis", None, "rome", "bonn"])
    candidate = {"name": "one", "family": "logistic_regression"}
    (row,) = train(ml(candidate, training={"refit": False}), "demo", table, progress=silent).to_pylist()
    model = LogisticRegression(C=0.1, max_iter=300, solver="newton-cholesky").fit(sums(seen, seen), seen["y"])
    asked = sums(last.assign(city=["atlantis", None, "rome", "bonn"]), seen)
    np.testing.assert_allclose(Model.from_row(row).predict(batch), model.predict_proba(asked)[:, 1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("encoding", [None, "sums", "trees"])
def test_a_custom_estimator_by_hand(encoding: str | None) -> None:
    """A tree cuts codes in another place than one-hot columns; naive Bayes sees one-hot columns alone."""
    table, seen, last, batch = odd(["oslo", "lima", "rome", "rome"])
    trees = encoding == "trees"
    path = "sklearn.tree.DecisionTreeClassifier" if trees else "sklearn.naive_bayes.BernoulliNB"
    parameters = {"max_depth": 4} if trees else {"alpha": 3.0}
    candidate = {"name": "own", "family": "custom", "estimator": path, "encoding": encoding, "parameters": parameters}
    settings = {"training": {"refit": False}, "random_state": 3}
    (row,) = train(ml(candidate, **settings), "demo", table, progress=silent).to_pylist()
    if trees:
        codes = {name: float(code) for code, name in enumerate(["bonn", "kiev", "lima", "oslo", "rome"])}
        encoded, asked = (np.column_stack([part[NUMBERS], part["city"].map(codes)]) for part in (seen, last))
        asked[:, 5] = [codes["oslo"], codes["lima"], codes["rome"], codes["rome"]]
        model: Any = DecisionTreeClassifier(max_depth=4, random_state=3).fit(encoded, seen["y"])
    else:
        model = BernoulliNB(alpha=3.0).fit(sums(seen, seen), seen["y"])
        asked = sums(last.assign(city=["oslo", "lima", "rome", "rome"]), seen)
    found = Model.from_row(row)
    np.testing.assert_allclose(found.predict(batch), model.predict_proba(asked)[:, 1], rtol=0, atol=1e-9)
    if trees:
        assert found.estimator["model"].random_state == 3, "the seed is the use case's"
