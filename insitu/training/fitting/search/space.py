"""Search spaces: a parameter is a list of values or a range `{low, high, log, integer, steps}`."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from insitu.errors import ConfigurationError

RANGE = {"low", "high", "log", "integer", "steps"}


def check(space: dict[str, Any], candidate: str) -> None:
    """Raises ConfigurationError for an entry that is neither a list nor a range."""
    for name, values in space.items():
        where = f"candidate `{candidate}`: search.space.{name}"
        if isinstance(values, dict):
            unknown = sorted(set(values) - RANGE)
            if unknown:
                raise ConfigurationError(
                    f"{where} has the unknown key {unknown[0]!r}; allowed: {', '.join(sorted(RANGE))}"
                )
            if not {"low", "high"} <= set(values) or not values["low"] < values["high"]:
                raise ConfigurationError(f"{where} is {values!r}; a range needs `low` below `high`")
            if values.get("log") and values["low"] <= 0:
                raise ConfigurationError(f"{where}: a logarithmic range begins above 0, not at {values['low']}")
        elif not isinstance(values, list) or not values:
            raise ConfigurationError(f"{where} is {values!r}; expected a list of values or {{low, high, log, integer}}")


def _between(values: dict[str, Any], share: float) -> int | float:
    low, high = float(values["low"]), float(values["high"])
    if values.get("log"):
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    # Four digits are precise enough, and readable in the registry.
    return round(value) if values.get("integer") else float(f"{value:.4g}")


def draw(space: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """One random point."""
    return {
        name: _between(values, rng.random()) if isinstance(values, dict) else values[int(rng.integers(len(values)))]
        for name, values in space.items()
    }


def points(space: dict[str, Any], number: int, random_state: int) -> list[dict[str, Any]]:
    """At most `number` different random points; the first is `{}`, the candidate as it is declared."""
    rng = np.random.default_rng(random_state)
    found: list[dict[str, Any]] = [{}]
    for _ in range(20 * number):
        if len(found) >= number:
            break
        point = draw(space, rng)
        if point not in found:
            found.append(point)
    return found


def grid(space: dict[str, Any]) -> list[dict[str, Any]]:
    """Every combination; a range contributes `steps` points (5 by default)."""
    axes = []
    for values in space.values():
        if isinstance(values, dict):
            steps = int(values.get("steps", 5))
            axes.append(list(dict.fromkeys(_between(values, step / max(1, steps - 1)) for step in range(steps))))
        else:
            axes.append(values)
    return [dict(zip(space, combination, strict=True)) for combination in itertools.product(*axes)]
