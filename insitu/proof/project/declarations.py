"""What a relation says about time: the models of `config.meta.point_in_time`.

| kind | the relation holds | known when |
|---|---|---|
| event | things that happened | at `available_at` (+ `lag`), row by row |
| static | facts that never change | always (say why in `reason`) |
| validity | versions with `valid_from`, `valid_to` | at `valid_from`; the end of a version only at its end |
| mutable | today's values, overwritten in place | only the columns in `immutable` |
| raw | source rows whose time of knowledge a staging model works out | never, until a declared staging model says so |
| spine | what is asked: entity × as-of | |
| labels | outcomes, future by definition | at `matured_at` |
| features | one row per spine row | strictly before `as_of` (this is what is proved) |
| training_set | features with labels | features before `as_of`; label columns exempt |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from insitu import durations
from insitu.errors import ConfigurationError
from insitu.proof.sql.identifiers import folded

MIN_REASON = 10  # letters of a reason; fewer say nothing
Reason = Annotated[str, Field(min_length=MIN_REASON)]


def _folded(name: str, info: ValidationInfo) -> str:
    return folded(name, (info.context or {}).get("dialect", "duckdb"))


Column = Annotated[str, AfterValidator(_folded)]  # as the warehouse compares it


class DeclarationError(ConfigurationError):
    """A declaration is missing, malformed or names what does not exist."""


def duration(text: str) -> int:
    """Microseconds of a duration such as '90 minutes'; raises ValueError."""
    length = durations.parse_fixed(text)
    return length.number * (durations.FIXED[length.unit] // timedelta(microseconds=1))


class Waiver(BaseModel):
    """A finding that is accepted for now: which column, which code, why, and until when."""

    model_config = ConfigDict(extra="forbid")
    column: Column
    code: str = Field(pattern=r"^\d{3}$")
    reason: Reason
    expires: date


class Determined(BaseModel):
    """Rows with the same `by` have the same `column`, that of the row of `as_in` with this key; NULL says nothing."""

    model_config = ConfigDict(extra="forbid")
    column: Column
    by: Column
    as_in: str
    key: Column | None = None  # what `by` is called there
    equals: Column | None = None  # what `column` is called there

    @property
    def their_key(self) -> str:
        return self.key or self.by

    @property
    def their_column(self) -> str:
        return self.equals or self.column


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid")
    unique: list[list[Column]] = []
    determined: list[Determined] = []
    not_null: list[Column] = []
    waivers: list[Waiver] = []
    trust: Reason | None = None  # why a model that cannot be checked is right all the same

    def columns(self) -> Iterable[str]:
        """The columns the declaration names, for the check that they exist."""
        yield from (c for key in self.unique for c in key)
        yield from (c for rule in self.determined for c in (rule.by, rule.column))
        yield from self.not_null


class _Timed(_Declared):
    strict: bool = True
    lag: str | None = None

    @field_validator("lag")
    @classmethod
    def _duration(cls, value: str | None) -> str | None:
        if value is not None:
            duration(value)
        return value

    @property
    def lag_microseconds(self) -> int:
        return duration(self.lag) if self.lag else 0


class Event(_Timed):
    """Things that happened: each row is known at `available_at`, plus `lag`."""

    kind: Literal["event"]
    available_at: Column

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.available_at)


class Static(_Declared):
    """Facts that never change."""

    kind: Literal["static"]
    reason: Reason
    content: str | list[str] | None = None  # hash of its contents, as the test of obligations tells it; per warehouse


class Validity(_Timed):
    """Versions: known at `valid_from`, their end only at `valid_to`."""

    kind: Literal["validity"]
    valid_from: Column
    valid_to: Column | None = None
    current_flags: list[Column] = []
    strict: bool = False  # a version is in force from the instant valid_from on

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.valid_from, *([self.valid_to] if self.valid_to else []))
        yield from self.current_flags


class Mutable(_Declared):
    """Today's values, overwritten in place: usable are the columns in `immutable`."""

    kind: Literal["mutable"]
    immutable: list[Column] = []
    rows_are_permanent: Reason | None = None  # why every row is there at every as-of; without it no row is

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), *self.immutable)


class Raw(_Declared):
    """Source rows whose time of knowledge a staging model works out."""

    kind: Literal["raw"]
    key: list[Column]  # rows with the same key tell of the same thing

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), *self.key)


class Spine(_Declared):
    """What is asked: entity × as-of."""

    kind: Literal["spine"]
    as_of: Column = "as_of"
    key: list[Column]

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.as_of, *self.key)

    @property
    def exempt(self) -> set[str]:
        return set()


class Labels(_Timed):
    """Outcomes, known at `matured_at`."""

    kind: Literal["labels"]
    matured_at: Column = "matured_at"

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.matured_at)


class Features(_Declared):
    """One row per spine row, which is proved to see the past only."""

    kind: Literal["features"]
    as_of: Column = "as_of"
    key: list[Column] = []
    batch: list[Column] = []  # columns that describe the batch, not the row (a content hash): never features

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.as_of, *self.key, *self.batch)

    @property
    def exempt(self) -> set[str]:
        return set(self.batch)


class TrainingSet(_Declared):
    """Features with their labels; the features are proved."""

    kind: Literal["training_set"]
    as_of: Column = "as_of"
    labels: list[Column]  # label, matured_at and whatever else may know the outcome
    batch: list[Column] = []

    def columns(self) -> Iterable[str]:
        yield from (*super().columns(), self.as_of, *self.labels, *self.batch)

    @property
    def exempt(self) -> set[str]:
        """Labels, the batch, and what the loop adds: `split` depends on when a label was known."""
        return {*self.labels, *self.batch, "split", "defined_by"}


Declaration = Annotated[
    Event | Static | Validity | Mutable | Raw | Spine | Labels | Features | TrainingSet, Field(discriminator="kind")
]
Anchored = Spine | Features | TrainingSet
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Declaration)
_REASONS = ("reason", "rows_are_permanent", "trust")
KINDS = ("event", "static", "validity", "mutable", "raw", "spine", "labels", "features", "training_set")


def known_by(declaration: Any) -> str | None:
    """The column that says when a row is known: of events, labels and versions; None for other kinds."""
    match declaration:
        case Event():
            return declaration.available_at
        case Labels():
            return declaration.matured_at
        case Validity():
            return declaration.valid_from
    return None


def parse(name: str, value: Any, dialect: str = "duckdb") -> Any:
    """The declaration of relation `name`, from `config.meta.point_in_time`.

    Names of columns are those of the warehouse: for DuckDB case does not count, for PostgreSQL it does.

    Raises DeclarationError that names the relation, what was found, what is allowed and what to write.
    """
    where = f"`{name}`: config.meta.point_in_time"
    if not isinstance(value, dict):
        raise DeclarationError(
            f"{where} is {value!r}, not a mapping. Write for example\n"
            "  point_in_time: {kind: event, available_at: departed_at}"
        )
    kind = value.get("kind")
    if kind not in KINDS:
        found = f"kind {kind!r}" if "kind" in value else "no kind"
        raise DeclarationError(f"{where} has {found}. Allowed: {', '.join(KINDS)}.")
    try:
        return _ADAPTER.validate_python(value, context={"dialect": dialect})
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            path = ".".join(str(p) for p in problem["loc"] if p not in KINDS)
            message = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                allowed = ", ".join(_model_of(kind).model_fields)
                message = f"is not an option of kind {kind} (options: {allowed})"
            elif problem["type"] == "missing":
                message = f"is missing; kind {kind} needs it"
            elif problem["type"] == "string_too_short":
                message = f"{problem['input']!r} is no reason; write at least {MIN_REASON} letters that say why"
            elif problem["type"] == "string_type" and problem["loc"][-1] in _REASONS:
                message = f"is {problem['input']!r}; write the reason, in at least {MIN_REASON} letters"
            lines.append(f"{where}.{path}: {message}")
        raise DeclarationError("\n".join(lines)) from None


def _model_of(kind: str) -> type[_Declared]:
    models: tuple[type[_Declared], ...] = (
        Event, Static, Validity, Mutable, Raw, Spine, Labels, Features, TrainingSet,
    )  # fmt: skip
    return models[KINDS.index(kind)]


def check_columns(name: str, declaration: _Declared, columns: dict[str, str | None]) -> None:
    """Every column that the declaration names exists; the availability column has a usable type."""
    if not columns:
        return
    missing = [c for c in dict.fromkeys(declaration.columns()) if c not in columns]
    if missing:
        has = ", ".join(list(columns)[:12]) + (", …" if len(columns) > 12 else "")
        raise DeclarationError(
            f"`{name}` has no column `{missing[0]}`, which config.meta.point_in_time names (it has: {has}). "
            "Correct the declaration, or add the column to the SQL."
        )
    if isinstance(declaration, Event) and declaration.lag is None and columns[declaration.available_at] == "date":
        raise DeclarationError(
            f"`{name}`: `{declaration.available_at}` is a date, so its rows would count as known at midnight, when the "
            "day begins. Say when in the day they are known: add `lag: '1 day'` (its end) or derive a timestamp."
        )
