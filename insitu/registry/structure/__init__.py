"""Whether the contents of a fitted model hold together, before anything follows them.

The libraries follow node indices unchecked, so a crafted file with a right hash could crash the scorer, hang it or read
foreign memory. `boosters` looks at bytes of LightGBM and XGBoost before they are loaded, `estimators` at scikit-learn's
objects before they score.
"""

from insitu.registry.structure.boosters import check_boosters
from insitu.registry.structure.estimators import check_estimators

__all__ = ["check_boosters", "check_estimators"]
