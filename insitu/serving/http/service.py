"""What every route does: validate, have features, apply the model in charge, keep what was said."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio
import anyio.to_thread
from pydantic import BaseModel, ValidationError

from insitu.moments import utc_now
from insitu.quoting import identifier
from insitu.serving.applied import Applied, Scores
from insitu.serving.deployed import Deployed, Deployments
from insitu.serving.http.counts import Counts
from insitu.serving.http.problems import Problem, invalid
from insitu.serving.http.schemas import asked_rows, given_rows
from insitu.serving.kept import place
from insitu.serving.source import NotTaken, Row, Unavailable, features_at
from insitu.serving.spool import Full, Spool

# Of `<use_case>__predictions_latest`.
NOT_TOLD = ("predicted_class", "threshold", "expected_profit", "batch_id", "batch_as_of", "predicted_at")
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
        when_away: `refuse` requests by key while the warehouse is away or out of date, or answer with the `last`
            prediction.
        when_full: `block` requests until predictions can be kept, or `drop` these and count them.
    """

    rows: int = 1000
    keys: int = 100
    bytes: int = 2_000_000
    seconds: float = 10.0
    queries: int = 4
    waiting: int = 200
    extra: str = "forbid"
    when_away: str = "refuse"
    when_full: str = "block"


class Away(Problem):
    """Nothing is to be had of the warehouse now.

    Args:
        seconds: after which to try again.
    """

    def __init__(self, detail: str, seconds: int = 5, status: int = 503) -> None:
        super().__init__(status, detail, headers={"Retry-After": str(seconds)})


@dataclass(frozen=True)
class Said:
    """An answer, before a route gives it its form.

    Attributes:
        source: where the features are from: `now` by key, `given` by the caller, the `last` prediction.
    """

    deployed: Deployed
    keys: list[Row]
    scores: list[Scores]
    is_logged: bool
    source: str

    @property
    def version(self) -> str:
        """Of the model that said it."""
        return _in_charge(self.deployed).version

    def as_rows(self) -> list[Row]:
        """Rows of keys, scores and actions."""
        policy = self.deployed.policy
        return [
            {
                **_told_plain(key),
                **({"action": policy.action(scores["score"])} if policy.threshold is not None else {}),
                **scores,
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
        try:
            if stale := self.deployments.stale(use_case):
                raise Away(f"Features would be out of date: {stale}.", 60)
            found = await self._asked(lambda: features_at(self.deployments.source, published, asked))
        except Away as away:
            if self.limits.when_away != "last":
                raise
            return await self._last(deployed, keys, away)
        config = deployed.config
        by_key = {place(row, config.key): row for row in found}
        features = [by_key.get(place(key, config.key)) for key in keys]
        if None in features:
            raise self._not_there(deployed, features.index(None))
        return await self._say(deployed, applied, keys, [row for row in features if row is not None], "now")

    async def given(self, use_case: str, body: bytes) -> Said:
        """Predict from features that the caller has."""
        deployed = self.deployed(use_case)
        rows = _read(self.given_model(deployed), body)
        keys = self._keys(deployed, rows)
        return await self._say(deployed, _in_charge(deployed), keys, [row["features"] for row in rows], "given")

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
        return await self._say(deployed, applied, keys, [row["features"] for row in read], "given")

    async def last(self, use_case: str, body: bytes) -> Said:
        """The last predictions of record, with their age; nothing is predicted."""
        deployed = self.deployed(use_case)
        keys = self._keys(deployed, _read(self.last_model(deployed), body))
        return await self._last(deployed, keys)

    async def _last(self, deployed: Deployed, keys: Sequence[Row], away: Away | None = None) -> Said:
        """The last predictions of entities: from the warehouse, or where it is away and they are kept, from there."""
        config, relation = deployed.config, deployed.published.relations["predictions_latest"]
        same = " and ".join(f"{identifier(name)} = ?" for name in config.entity)
        query = f"select * from {relation} where {same}"
        source, kept = self.deployments.source, self.deployments.kept

        def read() -> list[Row | None]:
            found = (source.rows(query, *(key[name] for name in config.entity)) for key in keys)
            return [next(iter(rows), None) for rows in found]

        try:
            rows = await self._asked(read)
        except Away as error:
            if kept is None:
                raise
            away = away or error
            rows = await anyio.to_thread.run_sync(kept.find, deployed.use_case, config.entity, keys)
        told = [
            None if row is None else self._told_last(deployed, row, key) for row, key in zip(rows, keys, strict=True)
        ]
        if None in told:
            number = told.index(None)
            detail = f"Row {number} ({_told(config.entity)}) has no valid prediction of record at or before its moment."
            raise Away(f"{away} {detail}") if away else Problem(404, detail)
        own = [{name: row[name] for name in [*config.entity, config.as_of]} for row in rows if row is not None]
        self.counts.last.labels(deployed.use_case).inc(len(own))
        return Said(deployed, own, [row for row in told if row is not None], False, "last")

    def _told_last(self, deployed: Deployed, row: Row, key: Row) -> Row | None:
        """What is said of a last prediction; None where it is of a later moment than the one that is asked about."""
        config = deployed.config
        as_of = datetime.fromisoformat(place(row, [config.as_of])[0])
        if as_of > key[config.as_of]:
            return None
        told = {"class": row["predicted_class"]} if "predicted_class" in row else {}
        told |= {name: value for name, value in row.items() if name not in (*config.key, *NOT_TOLD)}
        if row.get("threshold") is None:
            del told["action"]
        age = (self.deployments.now(deployed.use_case) - as_of).total_seconds()
        return {**_told_plain(told), "features_age_seconds": age}

    # Models of requests, one for each version

    def asked_model(self, deployed: Deployed) -> type[BaseModel]:
        """Of rows by key."""
        published = deployed.published
        return self._model(
            ("asked", deployed.use_case, published.published_at),
            lambda: asked_rows(f"{deployed.use_case}_asked", deployed.config, published.asked, self.limits.keys),
        )

    def last_model(self, deployed: Deployed) -> type[BaseModel]:
        """Of entities alone."""
        published = deployed.published
        types = {**published.given, **published.asked}
        own = {name: types[name] for name in deployed.config.key}
        return self._model(
            ("last", deployed.use_case, published.published_at),
            lambda: asked_rows(f"{deployed.use_case}_last", deployed.config, own, self.limits.keys),
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
        places = [place(key, config.key) for key in keys]
        if len(set(places)) < len(places):
            twice = next(number for number, each in enumerate(places) if each in places[:number])
            raise Problem(422, f"Row {twice} has the key of an earlier one ({_told(config.key)}): ask once for each.")
        return keys

    async def _asked(self, query: Callable[[], list[Any]]) -> list[Any]:
        """Ask the warehouse, beside the event loop."""
        if self._waiting >= self.limits.waiting:
            raise Away("Too many requests wait for the warehouse.", 1)

        def ask() -> list[Any]:
            if away := self.deployments.away:  # known by now; those who wait are not to try one by one
                raise Unavailable(away)
            return query()

        self._waiting += 1
        try:
            with anyio.fail_after(self.limits.seconds):
                return await anyio.to_thread.run_sync(ask, limiter=self._turns, abandon_on_cancel=True)
        except TimeoutError:
            raise Away(f"The warehouse took more than {self.limits.seconds:g} s.", status=504) from None
        except NotTaken as error:
            raise Problem(422, "The warehouse does not take one of the values, though its type is right.") from error
        except Unavailable as error:
            raise Away(f"The warehouse does not answer: {error}.") from error
        finally:
            self._waiting -= 1

    async def _say(
        self,
        deployed: Deployed,
        applied: Applied,
        keys: Sequence[Row],
        features: Sequence[Mapping[str, Any]],
        source: str,
    ) -> Said:
        if len(features) > MANY:
            scores = await anyio.to_thread.run_sync(applied.scores, features)
        else:
            scores = applied.scores(features)
        is_logged = await self._keep(deployed, applied, keys, features, scores)
        self.counts.predictions.labels(deployed.use_case, applied.version).inc(len(scores))
        return Said(deployed, list(keys), scores, is_logged, source)

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

    def _not_there(self, deployed: Deployed, number: int) -> Problem:
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


def _told_plain(row: Row) -> Row:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _told(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def as_json(value: Any) -> bytes:
    """What is answered."""
    # In ASCII: a client may have escaped half a character, which no bytes can say.
    return json.dumps(value, allow_nan=False, default=str, separators=(",", ":")).encode()
