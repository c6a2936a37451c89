"""An artifact is loaded only when it is what was registered, made here, and of known types."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from insitu.errors import InsituError
from insitu.registry import artifact
from insitu.registry.versions import library_versions

X = np.random.default_rng(0).normal(size=(300, 4))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def logistic() -> bytes:
    return artifact.dumps(LogisticRegression().fit(X, Y))


def load(data: bytes, sha: str | None = None, versions: dict[str, str] | None = None) -> Any:
    return artifact.loads(data, sha or artifact.sha256(data), versions or library_versions(), "m_1")


def test_reads_back_what_was_written(logistic: bytes) -> None:
    expected = LogisticRegression().fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(load(logistic).predict_proba(X), expected)


def test_the_same_model_gives_the_same_bytes() -> None:
    make = lambda: HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, Y)  # noqa: E731
    assert artifact.dumps(make()) == artifact.dumps(make())


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_found_before_parsing(logistic: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(logistic) - 1))
    changed = bytearray(logistic)
    changed[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InsituError, match="bytes were changed after training"):
        load(bytes(changed), artifact.sha256(logistic))


def test_another_scikit_learn_is_refused_with_the_way_out(logistic: bytes) -> None:
    with pytest.raises(InsituError, match=r"trained with scikit-learn 0\.24\.1, and .* is installed.*dbt build"):
        load(logistic, versions={"scikit-learn": "0.24.1"})


def test_a_type_outside_the_list_is_refused(logistic: bytes) -> None:
    evil = skops.io.dumps(FunctionTransformer(func=__import__("os").system))
    with pytest.raises(InsituError, match="outside the allow-list"):
        load(evil)


def test_what_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(InsituError, match="trusted_types"):
        artifact.dumps(FunctionTransformer(func=load))


class Own(LogisticRegression):
    """A type of a project's own."""


def test_a_type_of_the_projects_own_is_written_and_loaded_if_it_is_trusted() -> None:
    name = f"{Own.__module__}.Own"
    model = Own().fit(X, Y)
    with pytest.raises(
        InsituError, match=rf"holds {name}, which the registry does not load.*`meta\.ml\.trusted_types`"
    ):
        artifact.dumps(model)
    data = artifact.dumps(model, [name])
    again = artifact.loads(data, artifact.sha256(data), library_versions(), "m_1", [name])
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    with pytest.raises(InsituError, match="outside the allow-list"):
        load(data)


@pytest.mark.parametrize("model", [HistGradientBoostingClassifier(max_iter=3), RandomForestClassifier(3)])
@pytest.mark.parametrize("value", [10_000_000, -7])
def test_trees_that_point_outside_are_refused(model: Any, value: int) -> None:
    """A file with a right hash but crafted nodes: scikit-learn would read foreign memory."""
    model.fit(X, Y)
    if isinstance(model, HistGradientBoostingClassifier):
        nodes = model._predictors[0][0].nodes
        nodes["left"][0] = value % 2**32
        data = artifact.dumps(model)
    else:
        data = _with_crafted_nodes(artifact.dumps(model), value)
    with pytest.raises(InsituError, match="does not hold together"):
        load(data)


def _with_crafted_nodes(data: bytes, value: int) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(data))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content), allow_pickle=False)
                if array.dtype.names and "left_child" in array.dtype.names:
                    array["left_child"][0] = value
                    changed = io.BytesIO()
                    np.save(changed, array)
                    content = changed.getvalue()
            target.writestr(name, content)
    assert json.loads(source.read("schema.json"))
    return buffer.getvalue()
