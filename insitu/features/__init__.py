"""What the feature macros say about themselves: the catalog of generated columns, and why each is computed as it is."""

from insitu.features.catalog import Feature, catalog
from insitu.features.explain import Explanation, explain

__all__ = ["Explanation", "Feature", "catalog", "explain"]
