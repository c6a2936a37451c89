"""Artifacts of which one byte was flipped are not loaded; columns may be called anything."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pytest

from insitu.config import parse
from insitu.errors import InsituError
from insitu.nodes.predict import predict_due
from insitu.quoting import identifier, literal
from insitu.registry.model import Model
from insitu.training.train import silent, train
from tests.faults.demo import NOON, registered
from tests.unit.training.example import ml, snapshot

PARTS = [
    "'",
    '"',
    "\\",
    ";--",
    "/*",
    "{{",
    "}}",
    "%s",
    "{0}",
    "$1",
    "?",
    ".",
    " ",
    "\t",
    "\n",
    "é",
    "☂",
    "select",
    "null",
    "-1",
]


def hostile(number: int) -> str:
    chance = random.Random(number)
    return f"{''.join(chance.choices(PARTS, k=4))}{number}"


def test_flipped_bytes() -> None:
    (row,) = registered().to_pylist()
    data, chance = row["artifact"], random.Random(7)
    for _ in range(1000):
        place, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        damaged = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
        with pytest.raises(InsituError, match="The bytes were changed after training and are not loaded"):
            Model.from_row({**row, "artifact": damaged})


def test_hostile_names() -> None:
    """A hundred features and, in turn, a hundred keys."""
    names = [hostile(number) for number in range(100)]
    table = snapshot(600)
    features = {name: table["ab"[number % 2]] for number, name in enumerate(names)}
    known = table.select(["snapshot_id", "training_as_of", "id", "as_of", "split", "y", "matured_at"])
    training = pa.table({**{name: known[name] for name in known.schema.names}, **features})
    versions = train(ml(), "demo", training, progress=silent)
    version = versions["model_version"][0].as_py()
    with duckdb.connect() as connection:
        connection.register("versions", versions)
        connection.register("given", training.select(["id", *names]).slice(0, 50))
        connection.execute("create table models as select * from versions")
        scores = None
        for number in range(100):
            key = hostile(1000 + number)
            due = connection.sql(
                f"select {literal(version)} as model_version, 'set' as scoring_set_id, "
                f"timestamp '{NOON}' as batch_as_of, timestamp '{NOON}' as as_of, "
                f"id as {identifier(key)}, * exclude (id) from given"
            )
            found = predict_due(
                parse(ml(entity=[key]), "demo"), "demo", due, connection.sql("select * from models"), due, set()
            )
            written = found.rows.read_all()
            assert sorted(written[key].to_pylist()) == list(range(50))
            by_key = dict(zip(written[key].to_pylist(), written["score"].to_pylist(), strict=True))
            assert scores is None or by_key == scores
            scores = by_key
