"""Campaigns against a running service: each gives what was tried and every violation it saw; none is expected."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

from insitu.registry.model import Model
from tests.faults.campaign import Outcome
from tests.service.server import Server, serving, until
from tests.service.site import COLUMNS_OF_FEATURES, NOW, ROWS, Site, registered, versions
from tests.unit.training.example import snapshot

CLIENTS = 4


def expected() -> dict[str, list[float]]:
    """What each version says of each row."""
    found = {}
    for row in registered().to_pylist():
        model = Model.from_row(row, "deployed")
        found[row["model_version"]] = [float(score) for score in model.predict(snapshot(ROWS))]
    return found


def at(number: int) -> dict[str, Any]:
    """A key that no other number has."""
    return {"id": number % ROWS, "as_of": (NOW + timedelta(seconds=number)).isoformat()}


class Clients:
    """Ask on and on, each in a thread, until stopped or a connection ends."""

    def __init__(self, ask: Callable[[int], None]) -> None:
        self.stopped = threading.Event()
        self.asking = [threading.Thread(target=self._run, args=(ask, start)) for start in range(CLIENTS)]
        for each in self.asking:
            each.start()

    def _run(self, ask: Callable[[int], None], number: int) -> None:
        while not self.stopped.is_set():
            try:
                ask(number)
            except (OSError, HTTPException):
                return  # it was killed
            number += CLIENTS

    def stop(self) -> None:
        self.stopped.set()
        for each in self.asking:
            each.join()


def kills(site: Site, folder: Path, times: int, seed: int = 1) -> Outcome:
    """kill -9 under load at any moment, also while it delivers; and what was acknowledged is in the table, once."""
    outcome = Outcome("kill -9 of the service under load", site.kind)
    chance, scores = random.Random(seed), expected()[versions()[0]]
    told = {"spool": folder / "spool", "deliver": 0.3}
    acknowledged: dict[tuple[int, str], float] = {}
    begins = 0
    for _ in range(times):
        server = Server(site, folder / "log", **told)

        def ask(number: int, server: Server = server, begins: int = begins) -> None:
            keys = [at(begins + 3 * number + more) for more in range(3)]
            status, answer = server.post("/predict/demo", {"rows": keys})
            if status != 200 or not answer["logged"]:
                outcome.violations.append(f"{status} {answer}")
                return
            for key, row in zip(keys, answer["predictions"], strict=True):
                acknowledged[key["id"], key["as_of"]] = row["score"]

        clients = Clients(ask)
        time.sleep(chance.uniform(0.2, 2.0))
        server.stop(signal.SIGKILL)
        clients.stop()
        outcome.tried += 1
        begins += 1_000_000
    with serving(site, folder / "log", **told) as server:
        done = "insitu_predictions_pending 0.0"
        until(lambda: done in server.get("/metrics")[1], 120)
    found = site.execute("select id, as_of, score from predictions.demo__predictions")
    written = {(id_, as_of.isoformat()): score for id_, as_of, score in found}
    if len(written) < len(found):
        outcome.violations.append(f"{len(found) - len(written)} rows are there twice")
    if lost := acknowledged.keys() - written.keys():
        outcome.violations.append(f"{len(lost)} of {len(acknowledged)} acknowledged rows are lost")
    for (id_, as_of), score in written.items():
        if acknowledged.get((id_, as_of), score) != score or abs(score - scores[id_]) > 1e-9:
            outcome.violations.append(f"{id_} at {as_of} is {score}")
    outcome.hit = len(acknowledged)
    return outcome


def promotions(site: Site, folder: Path, times: int) -> Outcome:
    """One version after another comes into charge under load: no answer is a mixture, and none an error."""
    outcome = Outcome("promotions under load", site.kind)
    scores = expected()
    served: list[str] = []
    with serving(site, folder / "log", follow=0.02) as server:

        def ask(number: int) -> None:
            ids = [(number + more) % ROWS for more in range(10)]
            status, answer = server.post("/predict/demo", {"rows": [{"id": id_, "as_of": NOW} for id_ in ids]})
            if status != 200:
                outcome.violations.append(f"{status} {answer}")
                return
            outcome.hit += 1
            served.append(answer["model_version"])
            for id_, row in zip(ids, answer["predictions"], strict=True):
                if abs(row["score"] - scores[answer["model_version"]][id_]) > 1e-9:
                    outcome.violations.append(f"{id_} by {answer['model_version']} is {row['score']}")

        clients = Clients(ask)
        try:
            for number in range(times):
                version = versions()[(number + 1) % 2]
                site.put_in_charge(version)
                if not until(lambda version=version: served[-1:] == [version], 60):
                    outcome.violations.append(f"promotion {number} is not served")
                outcome.tried += 1
        finally:
            clients.stop()
    return outcome


def growth(site: Site, folder: Path, requests: int, tell: Callable[[str], None] = print) -> Outcome:
    """Requests by the hundred thousand, each kept and delivered: memory does not grow with their number.

    What it holds after a tenth of them, when everything has been used, is held against what it holds at the end.
    """
    outcome = Outcome("requests without growth of memory", site.kind)
    given = snapshot(ROWS).select(COLUMNS_OF_FEATURES).to_pylist()
    features = [{name: None if value != value else value for name, value in row.items()} for row in given]
    sizes: list[float] = []
    with serving(site, folder / "log", spool=folder / "spool", deliver=5.0) as server:
        part = max(requests // 50, 1)
        began = time.monotonic()
        while outcome.tried < requests:
            bodies = [
                json.dumps({"rows": [{**at(number), "features": features[number % ROWS]}]}).encode()
                for number in range(outcome.tried, min(outcome.tried + part, requests))
            ]
            wrong = asyncio.run(_send(server.port, "/score/demo", bodies))
            outcome.violations += wrong[:5]
            outcome.tried += len(bodies)
            sizes.append(server.resident() / 2**20)
            rate = outcome.tried / (time.monotonic() - began)
            tell(f"{outcome.tried:,} requests, {sizes[-1]:.0f} MiB, {rate:.0f} a second")
    settled = max(sizes[: len(sizes) // 10 + 1])
    outcome.hit = round(sizes[-1] - settled)
    if sizes[-1] > settled + 64:
        outcome.violations.append(f"{settled:.0f} MiB grew to {sizes[-1]:.0f}")
    count = site.execute("select count(*) from predictions.demo__predictions")[0][0]
    if count != requests:
        outcome.violations.append(f"{count:,} rows are in the table")
    return outcome


async def _send(port: int, path: str, bodies: list[bytes], connections: int = 8) -> list[str]:
    """Send them as fast as they are answered; what was not answered with 200."""
    left, wrong = iter(bodies), list[str]()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in left:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            writer.write(f"{head}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
            said = await reader.readexactly(int(length.split(b":")[1]))
            if b" 200 " not in answer.split(b"\r\n")[0]:
                wrong.append(f"{answer!r} {said!r}")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return wrong


PATHS = (
    "/predict/demo",
    "/last/demo",
    "/score/demo",
    "/v2/models/demo/infer",
    "/models/demo/invocations",
    "/invocations",
)
DECLARED = {200, 400, 404, 413, 415, 422}
ODD = (
    *(None, True, False, 0, -1, 3.5, 1e308, -(2**63), 2**63, 10**400, "", "x", "\x00", "\ud800", "9" * 5000),
    *([], {}, [[]], {"rows": []}, "2024-03-10", "0001-01-01", "9999-12-31T23:59:59+14:00", "NaN", "'; drop table x"),
)


def valid(path: str, chance: random.Random) -> Any:
    """A request that is in order."""
    id_ = chance.randrange(ROWS)
    features = {"a": 1.5, "b": None, "noise": 0.0, "n": 3, "flag": True, "city": "oslo"}
    if path in ("/predict/demo", "/last/demo"):
        return {"rows": [{"id": id_, "as_of": NOW.isoformat()}]}
    if path == "/score/demo":
        return {"rows": [{"id": id_, "features": features}]}
    if "infer" in path:
        kinds = {"city": "BYTES", "flag": "BOOL"}
        inputs = [
            {"name": name, "shape": [1], "datatype": kinds.get(name, "FP64"), "data": [value]}
            for name, value in features.items()
        ]
        return {"id": "1", "inputs": inputs}
    if chance.random() < 0.5:
        return {"dataframe_records": [features]}
    return {"dataframe_split": {"columns": list(features), "data": [list(features.values())]}}


def _spoilt(value: Any, chance: random.Random) -> Any:
    """The same with one place changed."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return chance.choice(ODD)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        if chance.random() < 0.2:
            return value * chance.choice([0, 2, 60])
        return [*value[:place], _spoilt(value[place], chance), *value[place + 1 :]]
    name = chance.choice(list(value))
    way = chance.random()
    if way < 0.15:
        return {other: inner for other, inner in value.items() if other != name}
    if way < 0.3:
        return {**value, str(chance.choice(ODD)): chance.choice(ODD)}
    return {**value, name: _spoilt(value[name], chance)}


def spoilt(path: str, chance: random.Random) -> bytes:
    """A request with one to three things wrong, or bytes that are none."""
    value = valid(path, chance)
    for _ in range(chance.choice([1, 1, 2, 3])):
        value = _spoilt(value, chance)
    body = bytearray(json.dumps(value).encode())
    if body and chance.random() < 0.15:
        body = body[: chance.randrange(len(body))]
    if body and chance.random() < 0.15:
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def fuzzed(site: Site, folder: Path, bodies: int, seed: int = 1) -> Outcome:
    """Spoilt requests on all routes: no answer is an error of the service, and all is well after them."""
    outcome = Outcome("spoilt requests", site.kind)
    chance = random.Random(seed)
    with serving(site, folder / "log", spool=folder / "spool") as server:
        for _ in range(bodies):
            path = chance.choice(PATHS)
            body = spoilt(path, chance)
            status, answer = server.post(path, body)
            outcome.tried += 1
            outcome.hit += status == 200
            if status not in DECLARED:
                outcome.violations.append(f"{path} {body!r}: {status} {answer}")
        for path in PATHS[2:]:
            if (status := server.post(path, valid(path, chance))[0]) != 200:
                outcome.violations.append(f"{path} in order: {status}")
        pending = "insitu_predictions_pending 0.0"
        if not until(lambda: pending in server.get("/metrics")[1], 60):
            outcome.violations.append("some of what was answered cannot be written")
    return outcome
