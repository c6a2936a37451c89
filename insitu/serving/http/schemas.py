"""What a request may hold, from the model's signature and the spine's columns: pydantic models, and so JSON schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from insitu.config import UseCase
from insitu.training.fitting.frame import Feature

# Beyond these a 64-bit number of the warehouse cannot be.
BIG = 2**63


def _utc(value: datetime) -> datetime:
    """As the warehouse has times: in UTC, without saying so."""
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _text(value: Any) -> Any:
    """A code is a category like any other, and is written as the warehouse writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


Moment = Annotated[datetime, AfterValidator(_utc)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=10_000)]
Category = Annotated[Text, BeforeValidator(_text)]


# Of a field: its type, its default, and what else is said of it.
Fields = dict[str, tuple[Any, Any, dict[str, Any]]]


def asked_rows(use_case: str, config: UseCase, asked: Mapping[str, str], most: int) -> type[BaseModel]:
    """A request for rows by key: the entity, a moment (the present by default), and columns only the request knows."""
    fields: Fields = {name: (_type(asked[name]), ..., {}) for name in config.entity}
    fields[config.as_of] = (Moment | None, None, {"description": "The moment asked about, UTC; now if left out."})
    for name, type_ in asked.items():
        if name not in fields:
            said = {"description": "Left out: that of the entity's last row on the spine."}
            fields[name] = (_type(type_) | None, None, said)
    return _rows(f"{use_case}_asked", fields, most)


def given_rows(
    use_case: str, key: Sequence[str], types: Mapping[str, str], features: list[Feature], most: int, extra: str
) -> type[BaseModel]:
    """A request with features: entity and moment, where there is a key, and a value or null for every feature."""
    fields: Fields = {name: (_type(types[name]), ..., {}) for name in key[:-1]}
    if key:
        fields[key[-1]] = (Moment | None, None, {"description": "The features' moment, UTC; now if left out."})
    columns = {feature.name: _feature(feature) for feature in features}
    fields["features"] = (_model(f"{use_case}_features", columns, extra), ..., {})
    return _rows(f"{use_case}_given", fields, most)


def _rows(name: str, fields: Fields, most: int) -> type[BaseModel]:
    row = _model(f"{name}_row", fields, "forbid")
    rows: Any = Annotated[list[row], Field(min_length=1, max_length=most)]  # type: ignore[valid-type]
    return _model(name, {"rows": (rows, ..., {})}, "forbid")


def _model(name: str, fields: Fields, extra: str) -> type[BaseModel]:
    """Columns may be called anything: fields have names of their own, and the columns' as aliases."""
    renamed: dict[str, Any] = {
        f"field_{number}": (type_, Field(default, alias=column, **said))
        for number, (column, (type_, default, said)) in enumerate(fields.items())
    }
    settings = ConfigDict(extra=extra, title=name)  # type: ignore[typeddict-item]
    return create_model(name, __config__=settings, **renamed)


def _feature(feature: Feature) -> tuple[Any, Any, dict[str, Any]]:
    said = [f"{feature.type}, in training {feature.null_fraction:.0%} null"]
    examples: list[Any] = []
    if feature.min is not None and feature.max is not None:
        said.append(f"between {feature.min:g} and {feature.max:g}")
        examples = [feature.min, feature.max]
    if feature.categories:
        examples = list(feature.categories[:5])
        said.append(f"{feature.n_categories or len(feature.categories)} categories; another one counts as unknown")
    kind: Any = {"number": Number, "category": Category, "timestamp": Moment}[feature.kind]
    more = {"json_schema_extra": {"examples": examples}} if examples else {}
    return kind | None, ..., {"description": "; ".join(said) + ".", **more}


def _type(sql: str) -> Any:
    """The type of a column of the warehouse."""
    name = sql.lower()
    if name == "boolean":
        return bool
    if re.match(r"(tiny|small|big|huge)?int|u(tiny|small|big)?int|integer|serial", name):
        return Annotated[int, Field(ge=-BIG, lt=BIG)]
    if re.match(r"double|real|float|numeric|decimal", name):
        return Number
    if re.match(r"timestamp|date", name):
        return Moment
    return Text
