"""Model families, by the name used in `meta.ml.candidates[].family`."""

from insitu.training.families import hist_gradient_boosting, logistic_regression
from insitu.training.families.base import Family, Request

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        logistic_regression.FAMILY,
        hist_gradient_boosting.FAMILY,
    )
}

__all__ = ["FAMILIES", "Family", "Request"]
