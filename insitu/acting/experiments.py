"""An experiment, or a gradual roll-out: variants, their shares over time, and what is measured.

Shares and assignments are pure functions of what is declared here and of the steps that were taken; a changed salt
would move everybody, so what a running experiment rests on is compared with what it began with
(insitu/dbt/macros/rollouts/plan.sql).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from insitu.acting.metrics import Metric
from insitu.blocks import STRICT, duration, plain_time
from insitu.durations import FIXED, parse_fixed

NAME = r"^[a-z][a-z0-9_]*$"


class Variant(BaseModel):
    """What is different for those who get it; nothing, for the usual."""

    model_config = STRICT

    name: str = Field(pattern=NAME, max_length=48)
    model: str | None = None  # challenger, champion or a version
    threshold: float | None = Field(default=None, ge=0)
    action: str | None = None  # none, treat or the name of an action, whatever the score says

    @property
    def treats(self) -> bool:
        """Does it change what is done with a score?"""
        return self.threshold is not None or self.action is not None


class Step(BaseModel):
    """From when on, counted from the beginning, which share a variant has; the control has the rest."""

    model_config = STRICT

    after: timedelta
    shares: dict[str, float]

    @field_validator("after", mode="before")
    @classmethod
    def fixed_length(cls, value: Any) -> timedelta:
        if re.fullmatch(r"0( +(second|minute|hour|day|week)s?)?", str(value).strip()):
            return timedelta(0)
        found = parse_fixed(value)
        return found.number * FIXED[found.unit]

    @field_validator("shares")
    @classmethod
    def at_most_all(cls, shares: dict[str, float]) -> dict[str, float]:
        for variant, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the share of {variant!r} is {share:g}; expected a number from 0 to 1")
        if (total := sum(shares.values())) > 1 + 1e-9:
            said = " + ".join(f"{share:g}" for share in shares.values())
            raise ValueError(f"the shares come to {total:.4g} ({said}), more than 1; the control has what they leave")
        return shares


class Experiment(BaseModel):
    """One of `meta.ml.experiments`."""

    model_config = STRICT

    name: str = Field(pattern=NAME, max_length=48)
    salt: str | None = None  # use case and name
    unit: list[str] | None = Field(default=None, min_length=1)  # the entity
    layer: str | None = Field(default=None, pattern=NAME, max_length=48)
    layer_share: tuple[float, float] | None = None  # which part of the layer is its own
    begins: datetime = Field(alias="from")
    ends: datetime | None = Field(default=None, alias="until")
    eligible: str | None = None  # SQL over a row of the spine
    variants: list[Variant] = Field(min_length=2)  # the first is the control
    shadow: bool = False
    ramp: list[Step] = Field(min_length=1)
    min_units: int = Field(default=100, ge=1)  # matured units of each variant that a further step takes
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    correction: Literal["holm", "benjamini_hochberg", "none"] = "holm"  # of p-values that are read together
    tuned_for: int = Field(default=5000, ge=1)  # units of both arms at which the confidence sequence is narrowest
    power: float = Field(default=0.8, gt=0, lt=1)  # of what `detectable_effect` says
    window: str | None = None
    metrics: list[Metric] = Field(min_length=1)
    slices: list[str] = []

    check_window = field_validator("window")(duration)
    check_times = field_validator("begins", "ends", mode="before")(plain_time)

    @field_validator("unit", mode="before")
    @classmethod
    def one_column(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def control(self) -> str:
        return self.variants[0].name

    @property
    def changes_model(self) -> bool:
        """Does a variant have another model, and is it acted upon?"""
        return not self.shadow and any(variant.model not in (None, "champion") for variant in self.variants)

    @property
    def treats(self) -> bool:
        """Does a variant change what is done?"""
        return any(variant.treats for variant in self.variants)

    @model_validator(mode="after")
    def consistent(self) -> Experiment:
        _each_once("variants", [variant.name for variant in self.variants], self.name)
        _each_once("metrics", [metric.name for metric in self.metrics], self.name)
        if self.ends is not None and self.ends <= self.begins:
            raise ValueError(f"the experiment {self.name!r} ends ({self.ends}) before it begins ({self.begins})")
        if not any(metric.role == "primary" for metric in self.metrics):
            raise ValueError(f"the experiment {self.name!r} has no metric of role primary; say which one it is about")
        if (self.layer is None) != (self.layer_share is None):
            raise ValueError(
                f"the experiment {self.name!r} has {'`layer_share`' if self.layer is None else '`layer`'} alone; a "
                "layer and the part of it that is its own come together: `layer: crew` and `layer_share: [0, 0.5]`"
            )
        if self.layer_share is not None and not 0 <= self.layer_share[0] < self.layer_share[1] <= 1:
            raise ValueError(
                f"layer_share of the experiment {self.name!r} is {list(self.layer_share)}; expected two ascending "
                "numbers from 0 to 1"
            )
        if self.shadow and any(v.model is None or v.treats for v in self.variants[1:]):
            raise ValueError(
                f"the experiment {self.name!r} is in shadow, where nobody acts: each of its variants but the control "
                "has a `model`, and no threshold or action"
            )
        _check_ramp(self)
        return self


def _check_ramp(experiment: Experiment) -> None:
    """Raises ValueError where a step is of nobody, out of order, or would move somebody out of a treatment."""
    allowed = [variant.name for variant in experiment.variants[1:]]
    where = f"the ramp of the experiment {experiment.name!r}"
    for step in experiment.ramp:
        for name in step.shares:
            if name == experiment.control:
                raise ValueError(f"{where} gives a share to {name!r}, the control; it has what the others leave")
            if name not in allowed:
                raise ValueError(f"{where} names {name!r}, which is no variant; expected {', '.join(allowed)}")
    if experiment.ramp[0].after:
        raise ValueError(f"{where} begins after {experiment.ramp[0].after}; its first step is `after: 0 days`")
    for before, step in itertools.pairwise(experiment.ramp):
        if step.after <= before.after:
            raise ValueError(f"{where} has a step after {_said(step)} behind one after {_said(before)}: they overlap")
        for name in allowed:
            earlier, later = before.shares.get(name, 0), step.shares.get(name, 0)
            if later < earlier:
                raise ValueError(
                    f"{where} descends: {name!r} has {later:g} after {_said(step)}, and {earlier:g} before. A "
                    "step moves nobody out of a variant; what goes wrong is rolled back by a guardrail, or by a person "
                    "in `experiment_overrides`"
                )


def _said(step: Step) -> str:
    return f"{step.after.total_seconds() / 86400:g} days"


def _each_once(what: str, names: Sequence[str], experiment: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what} of the experiment {experiment!r} are called {twice[0]!r}; give each its own name")


def check_together(experiments: Sequence[Experiment]) -> None:
    """Raises ValueError where two experiments of a use case cannot run beside one another."""
    names = [experiment.name for experiment in experiments]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two experiments are called {twice[0]!r}; give each its own name")
    for one, other in itertools.combinations(experiments, 2):
        if not _at_one_time(one, other):
            continue
        both = f"the experiments {one.name!r} and {other.name!r}"
        if one.layer is not None and one.layer == other.layer:
            if one.unit != other.unit:
                raise ValueError(
                    f"{both} share the layer {one.layer!r} and have other units ({one.unit}, {other.unit})"
                )
            if _overlap(one.layer_share, other.layer_share):
                raise ValueError(
                    f"{both} overlap in the layer {one.layer!r} ({_part(one)} and {_part(other)}); give each a "
                    "`layer_share` of its own"
                )
            continue
        for what, is_so in (("models", "changes_model"), ("actions", "treats")):
            if getattr(one, is_so) and getattr(other, is_so):
                raise ValueError(
                    f"{both} both change {what} of the same rows at the same time. Give them a `layer` with a "
                    "`layer_share` each, so that a unit is in one of them, or other times"
                )


def check_variants(experiments: Sequence[Experiment], task: str, actions: Sequence[str], treat: str) -> None:
    """Raises ValueError where a variant decides what this use case cannot.

    Args:
        actions: the names of what may be done.
        treat: what `treat` stands for.
    """
    for experiment in experiments:
        for variant in experiment.variants:
            who = f"the variant {variant.name!r} of the experiment {experiment.name!r}"
            known = ["none", *(["treat"] if treat in actions else []), *actions]
            if variant.action is not None and variant.action not in known:
                raise ValueError(
                    f"{who} has the action {variant.action!r}; there are {', '.join(dict.fromkeys(known))}"
                )
            if variant.threshold is not None and task == "multiclass":
                raise ValueError(
                    f"{who} has a threshold, and a score is that of one of several classes; give an `action`"
                )
            if variant.threshold is not None and task == "binary" and variant.threshold > 1:
                raise ValueError(f"{who} has the threshold {variant.threshold:g}; scores are from 0 to 1")


def _at_one_time(one: Experiment, other: Experiment) -> bool:
    return (one.ends is None or other.begins < one.ends) and (other.ends is None or one.begins < other.ends)


def _overlap(one: tuple[float, float] | None, other: tuple[float, float] | None) -> bool:
    return one is None or other is None or (one[0] < other[1] and other[0] < one[1])


def _part(experiment: Experiment) -> str:
    return (
        "all" if experiment.layer_share is None else f"{experiment.layer_share[0]:g} to {experiment.layer_share[1]:g}"
    )
