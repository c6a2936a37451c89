"""The public API, opened by `insitu.open`: what a project has, read-only, for scripts and notebooks.

Names and meanings here change only with a new major version; docs/python.md is the reference. All else of the library
is its own affair.
"""

from insitu.api.champion import Champion
from insitu.api.opened import Insitu
from insitu.api.rows import Rows
from insitu.api.use_case import UseCase

__all__ = ["Champion", "Insitu", "Rows", "UseCase"]
