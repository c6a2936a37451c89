"""What a request may hold, from the model's signature and the spine's columns: pydantic models, and so JSON schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from insitu.config import UseCase
from insitu.training.fitting.frame import Feature

# Of whole numbers, by the first syllables of their types' names.
BITS = {"tiny": 8, "small": 16, "": 32, "big": 64, "huge": 64}


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


def asked_rows(name: str, config: UseCase, asked: Mapping[str, str], most: int) -> type[BaseModel]:
    """A request for rows by key: the entity, a moment (the present by default), and columns only the request knows."""
    fields: Fields = {name: (_type(asked[name]), ..., {}) for name in config.entity}
    fields[config.as_of] = (Moment | None, None, {"description": "The moment asked about, UTC; now if left out."})
    for column, type_ in asked.items():
        if column not in fields:
            said = {"description": "Left out: that of the entity's last row on the spine."}
            fields[column] = (_type(type_) | None, None, said)
    return _rows(name, fields, most)


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
    kinds: dict[str, Any] = {"number": _number(feature.type), "category": Category, "timestamp": Moment}
    kind = kinds[feature.kind]
    more = {"json_schema_extra": {"examples": examples}} if examples else {}
    return kind | None, ..., {"description": "; ".join(said) + ".", **more}


def _number(arrow: str) -> Any:
    """Of a numeric feature: what a column of its type can hold, so that what was given can be kept."""
    if arrow == "bool":
        return bool
    found = re.fullmatch(r"(u?)int(\d+)", arrow)
    return _whole(bool(found[1]), int(found[2])) if found else Number


def _whole(is_unsigned: bool, bits: int) -> Any:
    low, high = (0, 2**bits) if is_unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return Annotated[int, Field(ge=low, lt=high)]


def _type(sql: str) -> Any:
    """The type of a column of the warehouse."""
    name = sql.lower()
    if name == "boolean":
        return bool
    if found := re.fullmatch(r"(u?)(tiny|small|big|huge|)int(eger)?", name):
        return _whole(bool(found[1]), BITS[found[2]])
    if re.match(r"double|real|float|numeric|decimal", name):
        return Number
    if re.match(r"timestamp|date", name):
        return Moment
    return Text
