"""What a model family is: a name, the tasks it can do, how to build it, and where to search."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from insitu.errors import ConfigurationError
from insitu.training.fitting.data import Rows
from insitu.training.fitting.preprocess import for_sums, for_trees

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Request:
    """What a family needs to know about the data to build an unfitted Pipeline."""

    task: str
    numeric: list[str]
    categorical: list[str]
    random_state: int
    candidate: str
    quantile: float | None = None
    monotonic: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    import_path: str | None = None
    encoding: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns in the order in which the tree encoding has them."""
        return [*self.numeric, *self.categorical]

    @property
    def codes(self) -> list[int]:
        """Positions of the categories in the tree encoding."""
        return list(range(len(self.numeric), len(self.numeric) + len(self.categorical)))

    @property
    def constraints(self) -> list[int]:
        """Monotonic direction of each column of the tree encoding: 1, -1 or 0."""
        direction = {"increasing": 1, "decreasing": -1}
        return [direction.get(self.monotonic.get(name, ""), 0) for name in self.columns]


@dataclass(frozen=True)
class Stopping:
    """The rows that early stopping fits on and the later slice that judges them, both already encoded."""

    model: Any  # unfitted
    train: Any  # shape (rows, encoded columns)
    train_y: Array
    judge: Any
    judge_y: Array
    weights: Array | None  # of the rows in train
    patience: int  # rounds without a gain
    fit_parameters: dict[str, Any]

    @classmethod
    def of(
        cls, pipeline: Any, early: Rows, late: Rows, weights: Array | None, patience: int, parameters: dict[str, Any]
    ) -> Stopping:
        """Encode both slices, with encoders fitted on the earlier one."""
        prepare = clone(pipeline["prepare"])
        train = prepare.fit_transform(early.frame)
        judge = prepare.transform(late.frame)
        return cls(clone(pipeline["model"]), train, early.y, judge, late.y, weights, patience, parameters)


BestRounds = Callable[[Stopping], int]  # the number of rounds or epochs with the least loss on the later slice


@dataclass(frozen=True)
class Family:
    """One entry of the dispatch table in `families/__init__.py`.

    `build(request, parameters)` returns an unfitted Pipeline with the steps `prepare` and `model`.
    """

    name: str
    tasks: tuple[str, ...]
    build: Callable[[Request, dict[str, Any]], Any]
    # Default search space by task: parameter → list of values or {low, high, log, integer}
    space: Callable[[str], dict[str, Any]]
    max_rows: int | None = None  # fitted on an even sample of so many rows by default
    rounds: str | None = None  # parameter with the number of boosting rounds or epochs
    best_rounds: BestRounds | None = None  # for early stopping
    quantiles: bool = False
    monotonic: bool = False
    probabilities: bool = True  # False: a classifier whose scores become probabilities by calibration only
    # unfitted Pipeline → keyword arguments that its model's `fit` needs
    fit_parameters: Callable[[Any], dict[str, Any]] = lambda pipeline: {}
    own_threads: bool = False  # the estimator itself uses all cores
    combines: bool = False  # an ensemble of other candidates
    reasons: bool = False  # the features' contributions to a score can be told (`insitu.registry.reasons`)


def make(estimator: Callable[..., Any], request: Request, **parameters: Any) -> Any:
    """Construct an estimator.

    Raises:
        ConfigurationError: naming the candidate, the unknown parameter and the allowed ones.
    """
    known = inspect.signature(estimator).parameters
    flexible = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
    unknown = [] if flexible else [name for name in parameters if name not in known]
    if unknown:
        raise ConfigurationError(
            f"candidate `{request.candidate}`: {estimator.__name__} has no parameter {unknown[0]!r}; "
            f"allowed: {', '.join(name for name in known if name != 'self')}"
        )
    return estimator(**parameters)


def with_sums(request: Request, model: Any) -> Any:
    """A Pipeline with imputed, scaled numbers and one-hot categories."""
    return Pipeline([("prepare", for_sums(request.numeric, request.categorical)), ("model", model)])


def with_trees(request: Request, model: Any) -> Any:
    """A Pipeline with numbers as they are and categories as codes."""
    return Pipeline([("prepare", for_trees(request.numeric, request.categorical)), ("model", model)])


def boosted(
    name: str,
    build: Callable[[Request, dict[str, Any]], Any],
    space: dict[str, Any],
    rounds: str,
    best_rounds: BestRounds,
    fit_parameters: Callable[[Any], dict[str, Any]] = lambda pipeline: {},
) -> Family:
    """A family of boosted trees: early stopping, quantiles, monotonic constraints, threads of its own."""
    return Family(
        name,
        ("binary", "multiclass", "regression"),
        build,
        lambda task: space,
        rounds=rounds,
        best_rounds=best_rounds,
        fit_parameters=fit_parameters,
        quantiles=True,
        monotonic=True,
        own_threads=True,
        reasons=True,
    )


def quantile_loss(request: Request, parameters: dict[str, Any], loss: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a quantile's model: its loss in place of the declared one; unchanged for the main model."""
    if request.quantile is None:
        return parameters
    return {name: value for name, value in parameters.items() if name not in loss} | dict(loss)
