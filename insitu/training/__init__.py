"""Fits a use case's candidates on a warehouse snapshot and returns them as rows of `<use_case>__models`."""

import insitu.threads  # noqa: F401  before scikit-learn loads OpenMP
from insitu.training.schema import MODELS_SCHEMA
from insitu.training.train import train

__all__ = ["MODELS_SCHEMA", "train"]
