"""What `meta.ml` may say about a use case, checked before anything is trained.

One pydantic model per block. Unknown keys are refused with the list of the allowed ones, because a misspelt option that
is silently ignored is an expensive mistake. Blocks that belong to other parts (costs, actions, monitoring,
…) are accepted whole and checked there.
"""

from __future__ import annotations

import difflib
import itertools
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from insitu import durations, metrics
from insitu.acting.experiments import Experiment, check_together, check_variants
from insitu.acting.policies import Policy, check_policy
from insitu.blocks import STRICT, duration, fixed_duration, plain_time
from insitu.errors import ConfigurationError

Task = Literal["binary", "multiclass", "regression"]


class Block(BaseModel):
    """A configuration block without room for unknown keys."""

    model_config = STRICT


class Parity(Block):
    """What is logged of the features that a batch was scored with, and which of them may change later."""

    log: Literal["values", "hash"] = "values"
    may_differ: list[str] = []
    days: int = Field(default=30, ge=1)  # how far back batches are compared
    tolerated: float = Field(default=0.01, ge=0, le=1)  # share of a batch's rows that may differ in a feature
    acknowledged: list[str] = []  # batches whose differences somebody has looked at
    severity: Literal["warn", "error"] = "warn"  # `error` fails the build


def slice_length(value: Any) -> str:
    """Check the length of a slice: a duration, or a share of the period such as `15%`. Raises ValueError."""
    text = str(value).replace(" ", "")
    if text.endswith("%"):
        if not text[:-1].replace(".", "", 1).isdigit() or not 0 < float(text[:-1]) < 100:
            raise ValueError(f"{value!r} is not a share between 0% and 100%")
        return text
    return str(durations.parse(value))


class Scoring(Block):
    """How often predictions are due, how far back a run looks for rows that nobody has scored, and what it tells."""

    every: str = "1 day"
    window: str | None = None  # a week, or `every` where that is longer
    reasons: int = Field(default=0, ge=0, le=20)  # how many features that made a score what it is

    check_durations = field_validator("every", "window")(duration)


class CrossValidation(Block):
    """Temporal cross-validation inside the rows a candidate is fitted on.

    Each fold validates on a later slice than it trains on; labels must have matured before the slice begins.
    """

    folds: int = Field(default=3, ge=1, le=20)
    window: Literal["expanding", "sliding"] = "expanding"
    train: str | None = None  # length of a sliding training window
    validation: str | None = None  # length of one validation slice; the default divides the later half evenly
    gap: str | None = None  # left out between training and validation
    group_by_entity: bool = False  # an entity seen in training is dropped from validation

    check_durations = field_validator("train", "validation", "gap")(duration)

    @model_validator(mode="after")
    def sliding_needs_length(self) -> CrossValidation:
        if self.window == "sliding" and self.train is None:
            raise ValueError("a sliding window needs its length: `train: 90 days`")
        return self


class Start(Block):
    """A slice that begins at a date, UTC, and not a length before the next one: `{from: 2010-01-01}`."""

    start: datetime = Field(alias="from")

    check_times = field_validator("start", "end", mode="before", check_fields=False)(plain_time)


class Window(Start):
    """A window of the test, with its end; without one, up to the moment of training."""

    end: datetime | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def forward(self) -> Window:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"the window ends ({self.end}) before it begins ({self.start})")
        return self


D = TypeVar("D", bound=Start)


def _dated(kind: type[D], value: Any) -> D:
    """A slice with its date. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is neither a duration such as `31 days` nor a date: `{{from: 2010-01-01}}`")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        known = [field.alias for field in kind.model_fields.values()]
        said = [
            f"`{problem['loc'][0]}` is unknown; allowed: {', '.join(map(str, known))}"
            if problem["type"] == "extra_forbidden"
            else f"`{problem['loc'][0]}` is missing"
            if problem["type"] == "missing"
            else problem["msg"].removeprefix("Value error, ")
            for problem in error.errors()
        ]
        raise ValueError("; ".join(said)) from None


def _in_order(windows: list[Window]) -> list[Window]:
    """The windows by their beginning. Raises ValueError where two overlap."""
    if not windows:
        raise ValueError("no window is given")
    ordered = sorted(windows, key=lambda window: window.start)
    for one, other in itertools.pairwise(ordered):
        if one.end is None or one.end > other.start:
            raise ValueError(f"the window from {one.start} has to end before {other.start}, where another begins")
    return ordered


class Training(Block):
    """Which days are for what, counted back from `training_as_of`, or from a date on."""

    retrain_every: Literal["day", "week", "month", "quarter", "year"] = "month"
    test: str | list[Window] = "30 days"
    horizon: str | None = None  # how long labels take: a length of the test ends so much before the moment of training
    gap: str | None = "7 days"
    validation: str | Start = "30 days"
    retrain_on_corrections: bool = False  # when history changed since models were trained for the present moment
    history: str | None = None  # train rows older than this before the train split's end are left out
    # After validation, fit the same procedure once more on train + validation; `everything`: and, to be deployed once
    # it is promoted, on all rows whose label had matured.
    refit: Literal[True, False, "everything"] = True
    cross_validation: CrossValidation = CrossValidation()

    check_durations = field_validator("horizon", "gap", "history")(duration)

    @field_validator("test", "validation", mode="before")
    @classmethod
    def duration_or_date(cls, value: Any, info: ValidationInfo) -> Any:
        """Durations in their usual spelling; the windows of the test in order."""
        kind = Window if info.field_name == "test" else Start
        if isinstance(value, dict):
            return [_dated(kind, value)] if kind is Window else _dated(kind, value)
        if isinstance(value, list) and kind is Window:
            return _in_order([_dated(Window, item) for item in value])
        return duration(value) if value is not None else _dated(kind, value)

    @model_validator(mode="after")
    def in_order(self) -> Training:
        test, validation = self.test, self.validation
        if isinstance(test, list) and isinstance(validation, Start) and validation.start >= test[0].start:
            raise ValueError(f"the validation begins ({validation.start}) after the test ({test[0].start})")
        return self


class Search(Block):
    """How a candidate's hyperparameters are chosen. Without this block they are taken as given."""

    method: Literal["halving", "random", "grid", "optuna"] = "halving"
    trials: int = Field(default=12, ge=1)
    # parameter → list of values, or {low, high, log, integer}; the default is the family's own space
    space: dict[str, Any] | None = None
    factor: int = Field(default=3, ge=2)  # halving keeps 1/factor of the trials on factor times the rows


class Calibration(Block):
    """Maps scores to frequencies, learned on a slice of the fitted rows that is later in time."""

    method: Literal["isotonic", "sigmoid"] = "sigmoid"
    slice: str = "15%"

    check_slice = field_validator("slice")(slice_length)


class EarlyStopping(Block):
    """Stops boosting or epochs when a slice that is later in time no longer gains."""

    rounds: int = Field(default=20, ge=1)
    slice: str = "15%"

    check_slice = field_validator("slice")(slice_length)


class FeatureSelection(Block):
    """Keeps the features that matter by permutation importance on a slice that is later in time."""

    keep: int | None = Field(default=None, ge=1)  # at most so many
    min_importance: float = 0.0  # loss in the selection metric when the feature is shuffled
    slice: str = "15%"

    check_slice = field_validator("slice")(slice_length)


class Candidate(Block):
    """One model to try: a family with parameters, or a search over them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)
    family: str
    parameters: dict[str, Any] = {}
    search: Search | None = None
    calibration: Calibration | None = None
    early_stopping: EarlyStopping | None = None
    feature_selection: FeatureSelection | None = None
    class_weight: Literal["balanced"] | dict[str, float] | None = None
    monotonic: dict[str, Literal["increasing", "decreasing"]] = {}
    features: list[str] | None = None  # only these; the default is all
    exclude: list[str] = []
    quantiles: list[float] | None = None  # regression: one model per quantile beside the main score
    max_rows: int | None = Field(default=None, ge=50)  # fit on an even sample of so many rows
    estimator: str | None = None  # family `custom`: import path of a scikit-learn estimator
    encoding: Literal["sums", "trees"] | None = None  # family `custom`: see docs/training.md
    members: list[str] | None = None  # ensembles: names of other candidates
    weights: list[float] | None = None  # family `average`

    @field_validator("search", mode="before")
    @classmethod
    def short_search(cls, value: Any) -> Any:
        """`search: halving` and `search: true` are short for the block."""
        if value is True:
            return {}
        if value is False or value == "none":
            return None
        return {"method": value} if isinstance(value, str) else value

    @field_validator("calibration", mode="before")
    @classmethod
    def short_calibration(cls, value: Any) -> Any:
        return {"method": value} if isinstance(value, str) else value

    @field_validator("early_stopping", "feature_selection", mode="before")
    @classmethod
    def short_block(cls, value: Any) -> Any:
        return {} if value is True else (None if value is False else value)

    @field_validator("quantiles")
    @classmethod
    def inside_unit_interval(cls, value: list[float] | None) -> list[float] | None:
        if value and not all(0 < q < 1 for q in value):
            raise ValueError("quantiles lie strictly between 0 and 1")
        return sorted(value) if value else value


class Budget(Block):
    """What a training run may cost. Seconds depend on the machine, trials do not: see docs/training.md."""

    seconds: float | None = Field(default=None, gt=0)
    trials: int | None = Field(default=None, ge=1)  # upper bound of each candidate's search


class Backtest(Block):
    """A candidate refitted at past dates: `<use_case>__backtest`."""

    candidate: str | None = None  # the first that is no ensemble
    dates: int = Field(default=4, ge=1)  # how many
    every: str = "28 days"  # between them
    step: str = "7 days"  # length of a scored period

    check_durations = field_validator("every", "step")(fixed_duration)


class Features(Block):
    """How columns become features when their type alone does not say it."""

    exclude: list[str] = []
    categorical: list[str] = []  # whole numbers that are codes
    timestamps: list[str] = []  # allowed as features, in seconds since 1970
    not_leaking: list[str] = []  # features that may predict the label perfectly


class UseCase(Block):
    """The whole of `meta.ml`."""

    task: Task
    entity: list[str] = Field(min_length=1)
    as_of: str = "as_of"
    label: str
    description: str | None = None
    random_state: int = Field(default=0, ge=0, lt=2**32)
    training: Training = Training()
    features: Features = Features()
    candidates: list[Candidate] = Field(min_length=1)
    selection_metric: str | None = None
    budget: Budget = Budget()
    backtest: Backtest = Backtest()
    # Types of this project's own estimators that an artifact may hold, beside the fixed list.
    trusted_types: list[str] = []
    # Read by other parts.
    scoring: Scoring = Scoring()
    costs: dict[str, Any] = {}
    slices: list[str] = []
    evaluation: dict[str, Any] = {}
    promotion: dict[str, Any] = {}
    parity: Parity = Parity()
    actions: dict[str, Any] = {}
    policy: Policy = Policy()
    experiments: list[Experiment] = []
    monitoring: dict[str, Any] = {}
    report: dict[str, Any] = {}

    @field_validator("entity", mode="before")
    @classmethod
    def one_entity(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def consistent(self) -> UseCase:
        names = [candidate.name for candidate in self.candidates]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"candidates share the name {twice[0]!r}; give each its own")
        allowed = metrics.CHOOSING[self.task]
        if self.selection_metric is not None and self.selection_metric not in allowed:
            raise ValueError(
                f"selection_metric is {self.selection_metric!r}; a {self.task} task chooses by {', '.join(allowed)}"
            )
        check_together(self.experiments)
        treat = self.actions.get("treat", "intervene")
        named = list(self.policy.costs) or [treat, self.actions.get("none", "none")]
        check_variants(self.experiments, self.task, named, treat)
        decides = bool(self.costs or self.actions) or self.evaluation.get("threshold") is not None
        check_policy(self.policy, self.task, decides, self.actions, self.key, self.parity.log)
        return self

    @property
    def key(self) -> list[str]:
        """The columns that tell one row from another: entity and as-of time."""
        return [*self.entity, self.as_of]

    @property
    def has_shadows(self) -> bool:
        """Does an experiment have rows scored in shadow? Then what is due says so, in a column `is_shadow`."""
        return any(experiment.shadow for experiment in self.experiments)

    @property
    def quantiles(self) -> list[float]:
        """Every quantile that a candidate predicts, in order."""
        return sorted({q for candidate in self.candidates for q in candidate.quantiles or []})

    @property
    def metric(self) -> str:
        """The metric that chooses among candidates."""
        return self.selection_metric or metrics.usual(self.task)


def _allowed(location: tuple[int | str, ...]) -> list[str]:
    """Keys allowed in the block that an error's location points into."""
    block: type[BaseModel] | None = UseCase
    for part in location:
        if isinstance(part, int) or block is None:
            continue
        field = block.model_fields.get(part)
        block = _block_of(field.annotation) if field else None
    return sorted(field.alias or name for name, field in block.model_fields.items()) if block else []


def _block_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _block_of(inner))), None)


def _line(error: Any) -> str:
    """One problem in one line: where, what was found, what is allowed."""
    location = error["loc"]
    where = "meta.ml" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    if error["type"] == "extra_forbidden":
        allowed = _allowed(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), allowed, 1)
        hint = f"did you mean `{near[0]}`? " if near else ""
        return f"{where} is unknown; {hint}allowed: {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"{where} is missing"
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "value_error":
        return f"{where}: {message}" if location else message
    return f"{where} is {error['input']!r}; expected {message}"


B = TypeVar("B", bound=Block)


def block(kind: type[B], values: dict[str, Any], where: str) -> B:
    """Check one block that was put together on the command line. Raises ConfigurationError."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(f"{where}: " + "; ".join(_line(problem) for problem in error.errors())) from None


def parse(config: dict[str, Any], use_case: str) -> UseCase:
    """Check the `meta.ml` of a use case.

    Raises:
        ConfigurationError: with one line per problem, naming the key, what was found and what is allowed.
    """
    try:
        return UseCase.model_validate(config)
    except ValidationError as error:
        lines = [_line(problem) for problem in error.errors()]
    node = f"`{use_case}__models`"
    if len(lines) == 1:
        raise ConfigurationError(f"{node}: {lines[0]}")
    raise ConfigurationError(f"{node} has {len(lines)} mistakes in its configuration:\n  - " + "\n  - ".join(lines))
