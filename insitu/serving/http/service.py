"""What every route does: validate, have features, apply the model in charge, keep what was said."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import anyio
import anyio.to_thread
from pydantic import BaseModel, ValidationError

from insitu.config import UseCase
from insitu.moments import utc_now
from insitu.quoting import identifier, identifiers
from insitu.serving.applied import Applied, Scores
from insitu.serving.deployed import Deployed, Deployments
from insitu.serving.http.counts import Counts
from insitu.serving.http.problems import Problem, invalid
from insitu.serving.http.schemas import asked_rows, given_rows
from insitu.serving.source import NotTaken, Row, Unavailable, features_at
from insitu.serving.spool import Full, Spool

MANY = 50  # rows, from which on a model is applied beside the event loop


@dataclass(frozen=True)
class Limits:
    """What a service takes on.

    Attributes:
        rows: in a request with features.
        keys: in a request by key.
        bytes: of a request.
        seconds: that the warehouse may take.
        queries: at a time.
        waiting: requests that wait for one.
        extra: `forbid` or `ignore` features that the model does not have.
        when_full: `block` requests until predictions can be kept, or `drop` these and count them.
    """

    rows: int = 1000
    keys: int = 100
    bytes: int = 2_000_000
    seconds: float = 10.0
    queries: int = 4
    waiting: int = 200
    extra: str = "forbid"
    when_full: str = "block"


@dataclass(frozen=True)
class Said:
    """An answer, before a route gives it its form."""

    deployed: Deployed
    keys: list[Row]
    scores: list[Scores]
    is_logged: bool

    @property
    def version(self) -> str:
        """Of the model that said it."""
        return _in_charge(self.deployed).version

    def as_rows(self) -> list[Row]:
        """Rows of keys, scores and actions."""
        policy = self.deployed.policy
        return [
            {
                **{name: value.isoformat() if isinstance(value, datetime) else value for name, value in key.items()},
                **scores,
                **({"action": policy.action(scores["score"])} if policy.threshold is not None else {}),
            }
            for key, scores in zip(self.keys, self.scores, strict=True)
        ]


@dataclass
class Service:
    """The use cases that are served."""

    deployments: Deployments
    spool: Spool | None
    counts: Counts
    limits: Limits = Limits()
    _models: dict[tuple[str, str, str], type[BaseModel]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._turns = anyio.CapacityLimiter(self.limits.queries)
        self._waiting = 0

    def deployed(self, use_case: str) -> Deployed:
        """Raises Problem for one that is not served."""
        if use_case not in self.deployments:
            raise Problem(404, f"`{use_case}` is not served; served are: {', '.join(self.deployments.names)}.")
        return self.deployments[use_case]

    async def by_key(self, use_case: str, body: bytes) -> Said:
        """Predict for rows by key: their features are computed now."""
        deployed = self.deployed(use_case)
        applied = _in_charge(deployed)
        published = deployed.published
        if not published.function:
            raise Problem(422, f"{published.refusal} Send the features.")
        rows = _read(self.asked_model(deployed), body)
        keys = self._keys(deployed, rows)
        asked = [{**row, **key} for row, key in zip(rows, keys, strict=True)]
        found = await self._asked(lambda: features_at(self.deployments.source, published, asked))
        by_key = {_place(deployed.config, row): row for row in found}
        features = [by_key.get(_place(deployed.config, key)) for key in keys]
        if None in features:
            raise self._not_there(deployed, keys[features.index(None)], features.index(None))
        return await self._say(deployed, applied, keys, [row for row in features if row is not None])

    async def given(self, use_case: str, body: bytes) -> Said:
        """Predict from features that the caller has."""
        deployed = self.deployed(use_case)
        rows = _read(self.given_model(deployed), body)
        keys = self._keys(deployed, rows)
        return await self._say(deployed, _in_charge(deployed), keys, [row["features"] for row in rows])

    async def columns(self, use_case: str, rows: Sequence[Row]) -> Said:
        """Predict from features, as other protocols have them: entity and moment are columns beside them, or not."""
        deployed = self.deployed(use_case)
        applied = _in_charge(deployed)
        names, key = set(applied.model.signature.columns), deployed.config.key
        entity = deployed.config.entity
        shaped = [
            {
                "features": {name: value for name, value in row.items() if name in names or name not in key},
                **{name: row[name] for name in key if name in row},
            }
            for row in rows
        ]
        has_keys = all(name in row for row in rows for name in entity)
        shaped = shaped if has_keys else [{"features": row["features"]} for row in shaped]
        read = _validated(self.given_model(deployed, has_keys), {"rows": shaped})
        keys = self._keys(deployed, read) if has_keys else [{} for _ in read]
        return await self._say(deployed, applied, keys, [row["features"] for row in read])

    async def last(self, use_case: str, body: bytes) -> tuple[Said, list[float]]:
        """Predict from what the last batch scored, with the age of that in seconds; it is not kept again."""
        deployed = self.deployed(use_case)
        applied = _in_charge(deployed)
        config, relation = deployed.config, deployed.published.relations["scored_features"]
        if config.parity.log == "hash":
            raise Problem(422, "Of what a batch scored, a hash is kept and no values (`parity: {log: hash}`).")
        rows = _read(self.asked_model(deployed), body)
        same = " and ".join(f"{identifier(name)} = ?" for name in config.entity)
        columns = identifiers(*dict.fromkeys([*config.key, *applied.model.signature.columns]))
        query = f"select {columns} from {relation} where {same} order by {identifier(config.as_of)} desc limit 1"
        keys = self._keys(deployed, rows)
        found = []
        for number, key in enumerate(keys):
            entity = [key[name] for name in config.entity]
            one = await self._asked(lambda entity=entity: self.deployments.source.rows(query, *entity))
            if not one:
                raise Problem(404, f"No batch has scored row {number}: {_told(config.entity)}.")
            found.append(one[0])
        now = self.deployments.now(use_case)
        ages = [(now - row[config.as_of]).total_seconds() for row in found]
        own = [{name: row[name] for name in config.key} for row in found]
        return Said(deployed, own, applied.scores(found), False), ages

    # Models of requests, one for each version

    def asked_model(self, deployed: Deployed) -> type[BaseModel]:
        """Of rows by key."""
        published = deployed.published
        return self._model(
            ("asked", deployed.use_case, published.published_at),
            lambda: asked_rows(deployed.use_case, deployed.config, published.asked, self.limits.keys),
        )

    def given_model(self, deployed: Deployed, has_keys: bool = True) -> type[BaseModel]:
        """Of rows with features; other protocols may leave out whom they are about."""
        applied = _in_charge(deployed)
        types = {**deployed.published.given, **deployed.published.asked}
        features = applied.model.signature.features
        key = deployed.config.key if has_keys else []
        return self._model(
            ("given" if has_keys else "features", deployed.use_case, applied.version),
            lambda: given_rows(deployed.use_case, key, types, features, self.limits.rows, self.limits.extra),
        )

    def _model(self, key: tuple[str, str, str], make: Any) -> type[BaseModel]:
        if key not in self._models:
            self._models[key] = make()
        return self._models[key]

    # Steps

    def _keys(self, deployed: Deployed, rows: Sequence[Row]) -> list[Row]:
        """Entity and moment of each row. Raises Problem for one that comes twice."""
        config, now = deployed.config, self.deployments.now(deployed.use_case)
        keys = [
            {**{name: row[name] for name in config.entity}, config.as_of: row.get(config.as_of) or now} for row in rows
        ]
        places = [_place(config, key) for key in keys]
        if len(set(places)) < len(places):
            twice = next(number for number, place in enumerate(places) if place in places[:number])
            raise Problem(422, f"Row {twice} has the key of an earlier one ({_told(config.key)}): ask once for each.")
        return keys

    async def _asked(self, query: Any) -> list[Row]:
        """Ask the warehouse, beside the event loop."""
        if self._waiting >= self.limits.waiting:
            raise Problem(503, "Too many requests wait for the warehouse.", headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            with anyio.fail_after(self.limits.seconds):
                found: list[Row] = await anyio.to_thread.run_sync(query, limiter=self._turns, abandon_on_cancel=True)
                return found
        except TimeoutError:
            raise Problem(504, f"The warehouse took more than {self.limits.seconds:g} s.") from None
        except NotTaken as error:
            raise Problem(422, "The warehouse does not take one of the values, though its type is right.") from error
        except Unavailable as error:
            raise Problem(503, f"The warehouse does not answer: {error}", headers={"Retry-After": "5"}) from error
        finally:
            self._waiting -= 1

    async def _say(
        self, deployed: Deployed, applied: Applied, keys: Sequence[Row], features: Sequence[Mapping[str, Any]]
    ) -> Said:
        if len(features) > MANY:
            scores = await anyio.to_thread.run_sync(applied.scores, features)
        else:
            scores = applied.scores(features)
        is_logged = await self._keep(deployed, applied, keys, features, scores)
        self.counts.predictions.labels(deployed.use_case, applied.version).inc(len(scores))
        return Said(deployed, list(keys), scores, is_logged)

    async def _keep(
        self,
        deployed: Deployed,
        applied: Applied,
        keys: Sequence[Row],
        features: Sequence[Mapping[str, Any]],
        scores: Sequence[Scores],
    ) -> bool:
        """On the disk, before the answer is sent."""
        if self.spool is None or not all(keys):
            return False
        now = utc_now().isoformat(sep=" ")
        rows = [
            {
                "key": key,
                "as_of": key[deployed.config.as_of].isoformat(sep=" "),
                "predicted_at": now,
                "artifact_sha256": applied.artifact_sha256,
                "scores": said,
                "features": dict(given),
            }
            for key, given, said in zip(keys, features, scores, strict=True)
        ]
        while True:
            try:
                await asyncio.wrap_future(self.spool.add(deployed.use_case, applied.version, rows))
                return True
            except Full:
                if self.limits.when_full == "drop":
                    return self._dropped(deployed, len(rows))
                await asyncio.sleep(0.05)
            except sqlite3.Error as error:
                if self.limits.when_full == "drop":
                    return self._dropped(deployed, len(rows))
                raise Problem(503, f"The prediction cannot be kept: {error}.", headers={"Retry-After": "5"}) from error

    def _dropped(self, deployed: Deployed, rows: int) -> bool:
        self.counts.dropped.labels(deployed.use_case).inc(rows)
        return False

    def _not_there(self, deployed: Deployed, key: Row, number: int) -> Problem:
        others = [name for name in deployed.published.asked if name not in deployed.config.key]
        return Problem(
            404,
            f"Row {number} ({_told(deployed.config.key)}) is on no spine at or before its moment. "
            + (f"Send its columns, too: {', '.join(others)}." if others else "Its features cannot be computed."),
            [{"pointer": f"/rows/{number}", "expected": "an entity of the spine", "found": "none"}],
        )


def _in_charge(deployed: Deployed) -> Applied:
    if deployed.applied is None:
        raise Problem(503, deployed.refusal, headers={"Retry-After": "60"})
    return deployed.applied


def _read(model: type[BaseModel], body: bytes) -> list[Row]:
    try:
        return _rows(model.model_validate_json(body))
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise Problem(400, f"The request is no JSON: {error.errors(include_url=False)[0]['msg']}.") from None
        raise invalid(error) from None


def _validated(model: type[BaseModel], content: Any) -> list[Row]:
    try:
        return _rows(model.model_validate(content))
    except ValidationError as error:
        raise invalid(error) from None


def _rows(read: BaseModel) -> list[Row]:
    found: list[Row] = read.model_dump(by_alias=True, exclude_unset=True)["rows"]
    return found


def _place(config: UseCase, row: Mapping[str, Any]) -> tuple[str, ...]:
    """A key as the same text, whether it comes from a request or from the warehouse."""
    return tuple(_moment(row[name]) for name in config.key)


def _moment(value: Any) -> str:
    """A moment in UTC, a day as its first; anything else as it is."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()
    return f"{value.isoformat()}T00:00:00" if isinstance(value, date) else str(value)


def _told(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def as_json(value: Any) -> bytes:
    """What is answered."""
    return json.dumps(value, allow_nan=False, default=str, ensure_ascii=False, separators=(",", ":")).encode()
