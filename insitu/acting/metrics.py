"""What an experiment measures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from insitu.blocks import STRICT


class Metric(BaseModel):
    """A figure of each variant, and what it decides: a guardrail rolls back, a signal pauses."""

    model_config = STRICT

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)
    kind: Literal["mean", "proportion", "ratio", "quantile"]
    value: str  # column of the outcomes
    per: str | None = None  # of a ratio: the column below the line
    q: float | None = Field(default=None, gt=0, lt=1)  # of a quantile
    better: Literal["higher", "lower"] = "higher"
    role: Literal["primary", "secondary", "guardrail", "signal"] = "secondary"
    margin: float = Field(default=0, ge=0)  # how much worse a variant may be
    # Values above this quantile of all units count as it, and values below the opposite one as that.
    winsorise: float | None = Field(default=None, gt=0.5, lt=1)
    covariate: str | None = None  # a column known before exposure, which explains part of the variance
    minimum_effect: float | None = Field(default=None, gt=0)  # the smallest effect that matters: how long it takes

    @model_validator(mode="after")
    def of_its_kind(self) -> Metric:
        for key, kind in (("per", "ratio"), ("q", "quantile")):
            given = getattr(self, key) is not None
            if given and self.kind != kind:
                raise ValueError(f"the metric {self.name!r} is a {self.kind}; `{key}` belongs to a {kind}")
            if not given and self.kind == kind:
                raise ValueError(f"the metric {self.name!r} is a {kind}; it needs `{key}`")
        for key, kinds in (("winsorise", ("mean", "ratio")), ("covariate", ("mean", "proportion", "ratio"))):
            if getattr(self, key) is not None and self.kind not in kinds:
                raise ValueError(
                    f"the metric {self.name!r} is a {self.kind}; `{key}` belongs to a {' or a '.join(kinds)}"
                )
        return self
