"""What a model family is: a name, the tasks it can do, how to build it, and where to search."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from insitu.errors import ConfigurationError


@dataclass(frozen=True)
class Request:
    """What a family needs to know about the data to build an unfitted Pipeline."""

    task: str
    numeric: list[str]
    categorical: list[str]
    random_state: int
    candidate: str
    n_classes: int = 2
    quantile: float | None = None
    monotonic: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1
    import_path: str | None = None

    @property
    def columns(self) -> list[str]:
        """Columns in the order in which the encoded matrix has them."""
        return [*self.numeric, *self.categorical]


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
    own_threads: bool = False  # the estimator itself uses all threads
    max_rows: int | None = None  # fitted on an even sample of so many rows by default
    rounds: str | None = None  # parameter with the number of boosting rounds, for early stopping
    quantiles: bool = False
    monotonic: bool = False
    sample_weight: bool = True


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
