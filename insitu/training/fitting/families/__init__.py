"""Model families, by the name used in `meta.ml.candidates[].family`.

One more family: copy the file of a similar one (`kernel_svm.py` is short), write its `build` and its `space`, and list
its `FAMILY` below; `tests/unit/training/test_families.py` then tests it. An estimator that is not scikit-learn's
also needs its types in `insitu/registry/artifact.py` and its version in `insitu/registry/versions.py`.
"""

from insitu.training.fitting.families import (
    average,
    custom,
    forests,
    hist_gradient_boosting,
    kernel_svm,
    lightgbm,
    linear_regression,
    linear_svm,
    logistic_regression,
    mlp,
    stack,
    xgboost,
)
from insitu.training.fitting.families.base import Family, Request, Stopping

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        logistic_regression.FAMILY,
        linear_regression.FAMILY,
        linear_svm.FAMILY,
        kernel_svm.FAMILY,
        forests.RANDOM_FOREST,
        forests.EXTRA_TREES,
        hist_gradient_boosting.FAMILY,
        mlp.FAMILY,
        lightgbm.FAMILY,
        xgboost.FAMILY,
        custom.FAMILY,
        average.FAMILY,
        stack.FAMILY,
    )
}

__all__ = ["FAMILIES", "Family", "Request", "Stopping"]
