"""A fitted model as bytes: written by skops, checked by hash before a single byte is parsed.

Pickle executes code while it loads; skops only rebuilds objects of types it is told to trust. The list below is fixed
here and never read from the file. A type check cannot see a crafted *content* (tree nodes pointing outside their array
crash the process), so two more checks are made: against the SHA-256 in the registry, and of the model's structure.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from insitu.errors import InsituError
from insitu.registry.structure import check_boosters, check_estimators
from insitu.registry.structure.parts import BadStructure
from insitu.registry.versions import incompatible

# The types that our families need beyond those skops trusts by default (scikit-learn's estimators, NumPy arrays).
TRUSTED_TYPES = (
    "collections.OrderedDict",
    "functools.partial",  # histogram gradient boosting checks its input by a partial of the function below
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip entry can have


def sha256(data: bytes) -> str:
    """SHA-256 of the artifact, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def dumps(model: Any, trusted: Sequence[str] = ()) -> bytes:
    """Serialise a fitted estimator. The same model gives the same bytes.

    Raises:
        InsituError: the model holds a type outside the allow-list, or a structure that is not checked, so it could be
            written but never read back.
    """
    data = _canonical(skops.io.dumps(model))
    unknown = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED_TYPES) - set(trusted))
    if unknown:
        raise InsituError(
            f"the fitted model holds {', '.join(unknown)}, which the registry does not load. If you trust the code "
            "of these types, list them in `meta.ml.trusted_types`"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_boosters(archive)
    except BadStructure as error:
        raise InsituError(
            f"the registry could not load the fitted model again: {error}. Change its parameters"
        ) from error
    return data


def loads(
    data: bytes,
    expected_sha256: str,
    library_versions: str | dict[str, str],
    model_version: str = "model",
    trusted: Sequence[str] = (),
) -> Any:
    """Rebuild a fitted estimator, after its hash and the library versions were found to match.

    Raises:
        InsituError: the bytes differ from what was registered, another library version wrote them, or they hold a type
            that is not on the allow-list.
    """
    found = sha256(data)
    if found != expected_sha256:
        raise InsituError(
            f"`{model_version}`: the artifact's SHA-256 is {found[:12]}…, the registry says {expected_sha256[:12]}…. "
            "The bytes were changed after training and are not loaded. Restore the row from a backup, or delete it "
            "and train again"
        )
    versions = json.loads(library_versions) if isinstance(library_versions, str) else library_versions
    other = incompatible(versions)
    if other:
        raise InsituError(
            f"`{model_version}` was trained with {other}. A model is only applied by the version that made it: install "
            "that one, or run `dbt build` to train again with the present one"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_boosters(archive)
        model = skops.io.loads(data, trusted=[*TRUSTED_TYPES, *trusted])
        check_estimators(model)
    except UntrustedTypesFoundException as error:
        raise InsituError(
            f"`{model_version}` holds types outside the allow-list and is not loaded: {str(error).splitlines()[0]} "
            "Your own estimators' types belong in `meta.ml.trusted_types`"
        ) from error
    except BadStructure as error:
        raise InsituError(
            f"`{model_version}` does not hold together and is not loaded: {error}. No library writes such a model: "
            "find out who changed the row, then restore it from a backup, or delete it and train again"
        ) from error
    except Exception as error:  # whatever a file that is no model of ours makes the libraries raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InsituError(
            f"`{model_version}`: the artifact cannot be read ({reason}). Restore the row from a backup, or delete it "
            "and train again"
        ) from error
    return model


def _canonical(data: bytes) -> bytes:
    """The same zip with memory addresses and clock times taken out, compressed."""
    source = zipfile.ZipFile(io.BytesIO(data))
    schema = json.loads(source.read("schema.json"))
    ids: dict[int, int] = {}
    files: dict[str, str] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "__id__" in node:
                node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
            if isinstance(node.get("file"), str) and node["file"] in names:
                stem, _, suffix = node["file"].rpartition(".")
                node["file"] = files.setdefault(node["file"], f"{len(files) + 1}.{suffix}" if stem else node["file"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    names = set(source.namelist())
    walk(schema)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for old, new in files.items():
            _write(target, new, source.read(old))
        _write(target, "schema.json", json.dumps(schema).encode())
    return buffer.getvalue()


def _write(target: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    target.writestr(info, content)
