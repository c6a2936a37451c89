"""The bodies of the Python dbt models of a use case. A node reads relations, returns one, and never commits."""

from insitu.nodes.backtest import backtest
from insitu.nodes.heldout import predict_heldout
from insitu.nodes.predict import predict
from insitu.nodes.train import train

__all__ = ["backtest", "predict", "predict_heldout", "train"]
