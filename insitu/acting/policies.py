"""From a score to an action, where a threshold on the score is not enough: prices, capacity, and chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator, model_validator

from insitu.blocks import STRICT


class Price(BaseModel):
    """Money that depends on a column of the row, as it was when it was scored: `plus + times * column`."""

    model_config = STRICT

    column: str
    times: float = Field(default=1, allow_inf_nan=False)
    plus: float = Field(default=0, allow_inf_nan=False)


def price(value: Any) -> float | Price:
    """The money of an action and a class: a number, the name of a column, or a `Price`. Raises ValueError."""
    if isinstance(value, str):
        return Price(column=value)
    if isinstance(value, dict):
        try:
            return Price.model_validate(value)
        except ValidationError:
            raise ValueError(f"{value!r} is no price; expected {{column: fare, times: -0.5, plus: 0}}") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no price; expected a number, a column, or {{column: …, times: …, plus: …}}")
    return float(value)


Prices = dict[str, dict[str, float | Price]]


def _class(name: Any) -> str:
    """The name of a class. dbt cannot log a key that is no text. Raises ValueError."""
    if not isinstance(name, str):
        raise ValueError(
            f"the class {name!r} is no text; write {str(name)!r}, or positive and negative in a binary task"
        )
    return name


def prices(value: Any) -> Prices:
    """The money of each action and class. Raises ValueError."""
    if not isinstance(value, dict) or not all(isinstance(row, dict) and row for row in value.values()):
        raise ValueError(f"{value!r} has no prices; expected them by action and class: {{call: {{late: -8}}}}")
    found: Prices = {}
    for action, row in value.items():
        try:
            found[str(action)] = {_class(name): price(money) for name, money in row.items()}
        except ValueError as error:
            raise ValueError(f"the action `{action}`: {error}") from None
    return found


class Capacity(BaseModel):
    """How many rows may be treated in each period of their as-of times, and in each group."""

    model_config = STRICT

    rows: int = Field(ge=0)
    per: Literal["hour", "day", "week", "month", "quarter", "year"] = "day"
    by: list[str] = []  # columns of the key or of features, as they were when the row was scored

    @field_validator("by", mode="before")
    @classmethod
    def one_column(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Explore(BaseModel):
    """The share of rows whose action is drawn, to learn what actions bring."""

    model_config = STRICT

    share: float = Field(ge=0, lt=1)
    salt: str | None = None  # another one draws other rows; the default is the use case's name
    actions: list[str] | None = Field(default=None, min_length=2)  # each as probable; all of them


class Alternative(BaseModel):
    """A policy that is held against the one in force: what would it have brought?"""

    model_config = STRICT

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)
    threshold: float | None = Field(default=None, allow_inf_nan=False)
    action: str | None = None  # the same for every row
    policy_version: str | None = None  # one that was in force before

    @model_validator(mode="after")
    def one_rule(self) -> Alternative:
        if sum(rule is not None for rule in (self.threshold, self.action, self.policy_version)) != 1:
            raise ValueError(f"{self.name!r} needs one of threshold, action, policy_version, which says how it decides")
        return self


class Policy(BaseModel):
    """From a score to an action, where a threshold on the score is not enough."""

    model_config = STRICT

    costs: Annotated[Prices, BeforeValidator(prices)] = {}
    capacity: Capacity | None = None
    explore: Explore | None = None
    compare: list[Alternative] = []

    @model_validator(mode="after")
    def own_names(self) -> Policy:
        names = [alternative.name for alternative in self.compare]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two policies to compare share the name {twice[0]!r}; give each its own")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns of a row that the policy reads."""
        money = [one.column for row in self.costs.values() for one in row.values() if isinstance(one, Price)]
        return sorted({*money, *(self.capacity.by if self.capacity else [])})


def check_policy(
    policy: Policy, task: str, decides: bool, actions: Mapping[str, Any], key: Sequence[str], log: str
) -> None:
    """Check a policy against the rest of its use case. Raises ValueError.

    Args:
        decides: whether a threshold says when to act: by costs, or as it is.
        actions: the names of the two actions of a threshold.
        key: the columns of the key.
        log: what is kept of the features that a row was scored from.
    """
    costs, nothing = policy.costs, actions.get("none", "none")
    if costs and task == "regression":
        raise ValueError("policy.costs prices classes, and a regression task has none; use policy.capacity")
    if costs and (nothing not in costs or len(costs) < 2):
        raise ValueError(
            f"policy.costs prices {', '.join(costs)}; expected `{nothing}`, doing nothing, and an action beside it"
        )
    binary = {"positive", "negative"}
    classes = binary if task == "binary" else {name for row in costs.values() for name in row}
    for action, row in costs.items():
        if unknown := sorted(set(row) - classes):
            raise ValueError(
                f"policy.costs.{action} prices the class {unknown[0]!r}; a binary task has positive and negative"
            )
        if lacking := sorted(classes - set(row)):
            raise ValueError(f"policy.costs.{action} has no price for the class {lacking[0]!r}; give each its own")
    if policy.explore and not (costs or policy.capacity or (decides and task == "binary")):
        raise ValueError(
            "policy.explore draws actions instead of those that are decided, and nothing says when to act; expected "
            "costs, evaluation.threshold, policy.costs or policy.capacity"
        )
    treat = actions.get("treat", "intervene")
    known = list(costs) or [treat, nothing]
    asked = [("policy.explore.actions", name) for name in (policy.explore and policy.explore.actions) or []]
    asked += [(f"policy.compare ({one.name})", one.action) for one in policy.compare if one.action is not None]
    asked += [
        (f"policy.compare ({one.name}), by actions.treat,", treat)
        for one in policy.compare
        if one.threshold is not None
    ]
    for where, name in asked:
        if name not in known:
            raise ValueError(f"{where} names the action {name!r}; there are {', '.join(known)}")
    if log == "hash" and (lost := sorted(set(policy.columns) - set(key))):
        raise ValueError(
            f"policy reads the column {lost[0]!r} as it was when the row was scored; parity.log is 'hash', which "
            "keeps no values; expected parity.log: values"
        )
