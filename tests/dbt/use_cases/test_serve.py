"""The service: the batch scorer's scores, over HTTP, by key and from features; and each answer once in the tables."""

from __future__ import annotations

import hashlib
import json
import math
import signal
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insitu.registry.model import Model
from tests.dbt.use_cases.conftest import Shop
from tests.dbt.use_cases.serving import Server

TABLES = ("predictions.spend__predictions", "predictions.spend__batches", "predictions.spend__scored_features")


@pytest.fixture(scope="module")
def service(published_shop: Shop, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All use cases; what is answered is not kept."""
    yield from running(shop, published_shop, ["--no-log"])


def running(shop: Shop, published: Shop, arguments: list[str], **environment: str) -> Iterator[Server]:
    copy = Path(published.environment["SHOP_DUCKDB"]) if shop.kind == "duckdb" else None
    server = Server(shop, copy, arguments, environment).start()
    yield server
    assert server.stop() == 0, server.said()


def features(shop: Shop, use_case: str) -> pd.DataFrame:
    return shop.query(f"select * from training.{use_case}__features order by order_id")


def champion(shop: Shop, use_case: str) -> Model:
    version = shop.query(f"select model_version from evaluation.{use_case}__champion")["model_version"].item()
    return registered(shop, use_case, version)


def registered(shop: Shop, use_case: str, version: str) -> Model:
    row = shop.query(f"select * from training.{use_case}__models where model_version = '{version}'").iloc[0].to_dict()
    return Model.from_row({name: None if value is pd.NaT else value for name, value in row.items()}, "deployed")


def ask(server: Server, path: str, rows: list[dict[str, Any]], size: int = 100) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), size):
        status, answer = server.post(path, {"rows": rows[start : start + size]})
        assert status == 200, answer
        found += answer["predictions"]
    return found


def without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}


@pytest.mark.parametrize("use_case", ["tier", "spend"])
def test_scores_are_those_of_the_batch_scorer(service: Server, shop: Shop, use_case: str) -> None:
    rows, model = features(shop, use_case), champion(shop, use_case)
    expected = model.predict(pa.Table.from_pandas(rows, preserve_index=False))
    answers = ask(service, f"/predict/{use_case}", rows[["order_id", "as_of"]].to_dict("records"))
    assert [answer["order_id"] for answer in answers] == list(rows["order_id"])
    if use_case == "tier":
        assert model.signature.classes is not None
        found = np.array([[answer["probabilities"][name] for name in model.signature.classes] for answer in answers])
        best = [model.signature.classes[position] for position in expected.argmax(axis=1)]
        assert [answer["class"] for answer in answers] == best
    else:
        found = np.array([answer["score"] for answer in answers])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    if model.signature.quantiles:
        quantiles = model.predict_quantiles(pa.Table.from_pandas(rows, preserve_index=False))
        found = np.array([[answer[name] for name in ("score_p10", "score_p50", "score_p90")] for answer in answers])
        np.testing.assert_allclose(found, quantiles, rtol=0, atol=1e-9)


def test_all_ways_of_asking_say_the_same(service: Server, shop: Shop) -> None:
    rows, model = features(shop, "spend").tail(20), champion(shop, "spend")
    keys = rows[["order_id", "as_of"]].to_dict("records")
    by_key = [answer["score"] for answer in ask(service, "/predict/spend", keys)]
    columns = model.signature.columns
    given = [without_nan(row) for row in rows[columns].to_dict("records")]
    bodies = [{**key, "features": row} for key, row in zip(keys, given, strict=True)]
    assert [answer["score"] for answer in ask(service, "/score/spend", bodies)] == by_key
    tensors = [
        {
            "name": name,
            "shape": [20],
            "datatype": "BYTES" if name == "channel" else "FP64",
            "data": [row[name] for row in given],
        }
        for name in columns
    ]
    status, answer = service.post("/v2/models/spend/infer", {"id": "7", "inputs": tensors})
    assert status == 200 and answer["outputs"][0]["data"] == by_key and answer["id"] == "7"
    version = answer["model_version"]
    assert (
        service.post(f"/v2/models/spend/versions/{version}/infer", {"inputs": tensors})[1]["outputs"]
        == answer["outputs"]
    )
    assert service.post("/models/spend/invocations", {"dataframe_records": given}) == (200, {"predictions": by_key})
    split = {"columns": columns, "data": [[row[name] for name in columns] for row in given]}
    assert service.post("/models/spend/invocations", {"dataframe_split": split}) == (200, {"predictions": by_key})


def test_a_key_of_two_columns_and_a_moment_of_an_offset(service: Server, shop: Shop) -> None:
    rows = shop.query("select customer_id, shop_id, as_of from training.order__features order by as_of limit 3")
    keys = rows.to_dict("records")
    found = ask(service, "/predict/order", keys)
    assert [(row["customer_id"], row["shop_id"]) for row in found] == [(k["customer_id"], k["shop_id"]) for k in keys]
    moved = [{**key, "as_of": (key["as_of"] + pd.Timedelta("2h")).isoformat() + "+02:00"} for key in keys]
    assert ask(service, "/predict/order", moved) == found


def test_what_the_last_batch_scored(service: Server, shop: Shop) -> None:
    kept = shop.query(
        "select order_id, as_of, score from predictions.spend__predictions order by as_of desc limit 1"
    ).iloc[0]
    status, answer = service.post("/last/spend", {"rows": [{"order_id": int(kept.order_id)}]})
    assert status == 200
    (found,) = answer["predictions"]
    assert (found["score"], pd.Timestamp(found["as_of"])) == (pytest.approx(kept.score, abs=1e-9), kept.as_of)
    now = pd.Timestamp("2024-06-02")  # the project's moment
    assert found["features_age_seconds"] == (now - kept.as_of).total_seconds() and answer["logged"] is False


def test_what_a_service_tells_of_itself(service: Server) -> None:
    assert service.get("/v2/health/live") == (200, {"live": True})
    assert service.get("/v2")[1]["name"] == "insitu"
    status, told = service.get("/v2/models/tier")
    assert status == 200 and {"name": "pages", "datatype": "FP64", "shape": [-1]} in told["inputs"]
    document = service.get("/openapi.json")[1]
    assert "/predict/order" in document["paths"] and "/score/tier" in document["paths"]
    pages = document["components"]["schemas"]["spend_features"]["properties"]["pages"]
    assert "in training" in pages["description"] and len(pages["examples"]) == 2
    metrics = service.get("/metrics")[1]
    assert 'insitu_model_in_charge{model_version="' in metrics and "insitu_warehouse_reachable 1.0" in metrics


ROW = {"order_id": 7, "as_of": "2024-03-01"}
BAD = [
    ("/predict/spend", b"{", 400, "is no JSON"),
    ("/predict/spend", {}, 422, "`/rows`: Field required"),
    ("/predict/spend", {"rows": []}, 422, "at least 1 item"),
    ("/predict/spend", {"rows": [ROW] * 101}, 422, "at most 100 items"),
    ("/predict/spend", {"rows": [{}]}, 422, "`/rows/0/order_id`: Field required"),
    ("/predict/spend", {"rows": [{"order_id": "seven"}]}, 422, "`/rows/0/order_id`: Input should be a valid integer"),
    ("/predict/spend", {"rows": [{"order_id": 2**63}]}, 422, "`/rows/0/order_id`: Input should be less than"),
    (
        "/predict/spend",
        {"rows": [{**ROW, "as_of": "yesterday"}]},
        422,
        "`/rows/0/as_of`: Input should be a valid datetime",
    ),
    ("/predict/spend", {"rows": [{**ROW, "colour": "crimson"}]}, 422, "`/rows/0/colour`: Extra inputs"),
    ("/predict/spend", {"rows": [ROW, ROW]}, 422, "Row 1 has the key of an earlier one"),
    ("/predict/nobody", {"rows": [ROW]}, 404, "`nobody` is not served; served are: "),
    ("/nowhere", {}, 404, "There is no such path"),
    ("/score/spend", {"rows": [{**ROW, "features": {"pages": 3}}]}, 422, "`/rows/0/features/"),
    ("/score/spend", b'{"rows": [{"order_id": 1, "features": {"pages": NaN}}]}', 422, "`/rows/0/features/pages`"),
    ("/v2/models/spend/infer", {"inputs": [{"name": "pages"}]}, 422, "`/inputs/0/datatype`: expected one of"),
    (
        "/v2/models/spend/infer",
        {"inputs": [{"name": "", "shape": [], "datatype": {}, "data": []}]},
        422,
        "`/inputs/0/datatype`: expected one of",
    ),
    (
        "/v2/models/spend/infer",
        {"inputs": [{"name": "pages", "shape": [2], "datatype": "FP64", "data": [1]}]},
        422,
        "expected 2 values, as its shape says; found 1",
    ),
    ("/v2/models/spend/versions/old/infer", {"inputs": []}, 404, "Version `old` is not in charge"),
    ("/models/spend/invocations", {"instances": []}, 422, "dataframe_split"),
    ("/models/spend/invocations", b'{"dataframe_records": [{"pages": Infinity}]}', 400, "is no number of JSON"),
]


@pytest.mark.parametrize(("path", "body", "status", "detail"), BAD, ids=[str(number) for number in range(len(BAD))])
def test_bad_requests(service: Server, path: str, body: Any, status: int, detail: str) -> None:
    found, problem = service.post(path, body)
    assert (found, problem["status"]) == (status, status) and detail in problem["detail"]
    assert problem["type"] == "about:blank" and "seven" not in problem["detail"] and "crimson" not in problem["detail"]


def test_other_bad_requests(service: Server) -> None:
    assert service.post("/predict/spend", {"rows": [ROW]}, {"Content-Type": "text/csv"})[0] == 415
    assert service.get("/predict/spend")[0] == 405
    status, problem = service.post("/predict/spend", b" " * 2_000_001)
    assert status == 413 and "2,000,000 bytes" in problem["detail"]
    # More than what connections hold back: a client that is still sending hears it, too.
    assert service.post("/predict/spend", b" " * 20_000_000)[0] == 413
    assert service.post("/nothing", b" " * 1_999_999)[0] == 404
    status, problem = service.post("/last/spend", {"rows": [{"order_id": -1}]})
    assert status == 404 and "Row 0 (`order_id`) has no valid prediction" in problem["detail"]


def test_values_that_not_every_warehouse_has(service: Server) -> None:
    for shop_id in ("\x00", "\ud800", "x" * 10_001):
        row = {"customer_id": 1, "shop_id": shop_id, "as_of": "2024-03-01"}
        assert service.post("/predict/order", {"rows": [row]})[0] in (200, 400, 404, 422)


PATHS = [
    "/predict/order",
    "/predict/spend",
    "/last/spend",
    "/score/tier",
    "/v2/models/spend/infer",
    "/models/tier/invocations",
]
KEYS = ["order_id", "customer_id", "shop_id", "as_of", "features", "pages", "minutes", "channel", "id", "x"]
FORMS = ["rows", "inputs", "name", "shape", "datatype", "data", "dataframe_split", "dataframe_records", "columns"]
NAMES = st.sampled_from([*KEYS, *FORMS])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["FP64", "2024-03-01", "web", "pages"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=4).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=60)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=BODIES)
def test_no_request_is_an_error_of_the_service(service: Server, path: str, body: bytes) -> None:
    status, answer = service.post(path, body)
    assert status in (200, 400, 404, 422), (status, answer)


def test_tokens(shop: Shop, published_shop: Shop) -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    for server in running(shop, published_shop, ["spend", "--no-log"], INSITU_TOKEN_SHA256=f"{'0' * 64},{digest}"):
        assert server.get("/v2/health/ready")[0] == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}):
            assert server.get("/v2", headers)[0] == 401
        assert server.get("/v2", {"Authorization": "Bearer secret"})[0] == 200
        assert "secret" not in server.said()


@pytest.fixture
def own(shop: Shop) -> Iterator[Shop]:
    """The shop, and at the end without what a service has written."""
    before = {table: shop.query(f"select distinct batch_id from {table}")["batch_id"] for table in TABLES}
    yield shop
    for table, batches in before.items():
        kept = ", ".join(f"'{batch}'" for batch in batches)
        execute(shop, f"delete from {table} where batch_id not in ({kept})")


def execute(shop: Shop, statement: str) -> None:
    if shop.kind == "duckdb":
        import duckdb

        with duckdb.connect(shop.environment["SHOP_DUCKDB"]) as connection:
            connection.execute(statement)
        return
    import psycopg

    with psycopg.connect(**{key: shop.environment[name] for key, name in LOGIN.items()}) as connection:  # type: ignore[arg-type]
        connection.execute(statement)


LOGIN = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


def test_every_answer_is_in_the_tables_once(own: Shop, published_shop: Shop, tmp_path: Path) -> None:
    """Also what was acknowledged when the service was killed, and what was asked twice."""
    arguments = ["spend", "--spool", str(tmp_path / "spool.sqlite"), "--deliver-every", "1 second"]
    rows = features(own, "spend")
    keys = rows[["order_id", "as_of"]].head(600).to_dict("records")
    copy = Path(published_shop.environment["SHOP_DUCKDB"]) if own.kind == "duckdb" else None
    server = Server(own, copy, arguments).start()
    acknowledged: dict[int, float] = {}

    def client(share: list[dict[str, Any]]) -> None:
        for number in range(0, len(share), 3):
            try:
                status, answer = server.post("/predict/spend", {"rows": share[number : number + 3]})
            except (OSError, HTTPException):
                return
            assert status == 200 and answer["logged"] is True, answer
            acknowledged.update({row["order_id"]: row["score"] for row in answer["predictions"]})

    clients = [threading.Thread(target=client, args=(keys[start::4],)) for start in range(4)]
    for each in clients:
        each.start()
    until = time.monotonic() + 60
    while len(acknowledged) < 120 and time.monotonic() < until:
        time.sleep(0.02)
    server.stop(signal.SIGKILL)
    for each in clients:
        each.join()
    assert 120 <= len(acknowledged) < 600
    again = Server(own, copy, [*arguments[:-1], "1 hour"]).start()  # all at the end, together
    second = own.run("insitu", "score", "serve", *arguments, *(["--from", str(copy)] if copy else []), "--port", "1")
    assert second.returncode == 2 and "is held by another service" in second.stdout
    asked_twice = next(key for key in keys if key["order_id"] in acknowledged)
    for _ in range(3):
        assert again.post("/predict/spend", {"rows": [asked_twice]})[0] == 200
    assert again.stop() == 0, again.said()
    found = own.query(
        "select p.order_id, p.score, p.batch_id from predictions.spend__predictions as p "
        "inner join predictions.spend__batches as b on p.batch_id = b.batch_id where b.scoring_set_id = 'requests'"
    )
    # What was asked for again was delivered before, or not; within a delivery it is one prediction.
    assert found.groupby("order_id").size().drop(asked_twice["order_id"]).eq(1).all()
    assert found.groupby("order_id").size()[asked_twice["order_id"]] <= 2
    assert set(acknowledged) <= set(found["order_id"])
    for row in found.itertuples():
        assert acknowledged.get(row.order_id, row.score) == row.score
    kept = own.query("select batch_id, order_id, pages from predictions.spend__scored_features")
    assert set(found["batch_id"]) <= set(kept["batch_id"])
    verified = own.run("insitu", "score", "verify", "spend")
    assert verified.returncode == 0, verified.stdout


def test_who_is_put_in_charge_is_served(own: Shop, published_shop: Shop, tmp_path: Path) -> None:
    """Within seconds, without a restart, and no answer is a mixture."""
    models = own.query("select model_version from training.spend__models where status = 'trained'")["model_version"]
    first = champion(own, "spend").model_version
    other = next(version for version in models if version != first)
    rows = features(own, "spend").tail(1)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    expected = {version: registered(own, "spend", version).predict(table)[0] for version in (first, other)}
    assert expected[first] != expected[other]
    body = {"rows": rows[["order_id", "as_of"]].to_dict("records")}
    stop, answers = threading.Event(), list[tuple[str, float]]()

    def client(server: Server) -> None:
        while not stop.is_set():
            status, answer = server.post("/predict/spend", body)
            assert status == 200, answer
            answers.append((answer["model_version"], answer["predictions"][0]["score"]))

    for server in running(own, published_shop, ["spend", "--no-log", "--follow-every", "1 second"]):
        asking = threading.Thread(target=client, args=(server,))
        asking.start()
        try:
            with pinned(own, published_shop, other):
                wait_for(answers, other)
            wait_for(answers, first)
        finally:
            stop.set()
            asking.join()
    for version, score in answers:
        assert score == pytest.approx(expected[version], abs=1e-9)


def wait_for(answers: list[tuple[str, float]], version: str) -> None:
    until = time.monotonic() + 30
    while answers[-1:] == [] or answers[-1][0] != version:
        assert time.monotonic() < until, f"{version} is not served"
        time.sleep(0.05)


class pinned:
    """A version is in charge meanwhile, by the seed of overrides."""

    def __init__(self, shop: Shop, published: Shop, version: str) -> None:
        self.shop, self.published, self.version = shop, published, version
        self.path = shop.folder / "dbt_project/seeds/promotion_overrides.csv"

    def __enter__(self) -> None:
        self.before = self.path.read_text()
        header = self.before.splitlines()[0]
        values = {"use_case": "spend", "override": "pin", "model_version": self.version, "effective_from": "2024-01-01"}
        row = ",".join(values.get(name, "a test" if name == "reason" else "") for name in header.split(","))
        self._say(f"{header}\n{row}\n")

    def __exit__(self, *_: object) -> None:
        self._say(self.before)

    def _say(self, text: str) -> None:
        self.path.write_text(text)
        self.shop.dbt("seed", "--select", "promotion_overrides")
        if self.shop.kind == "duckdb":
            folder = str(Path(self.published.environment["SHOP_DUCKDB"]).parent)
            outcome = self.shop.run("insitu", "score", "publish", "--serve", "--to", folder)
            assert outcome.returncode == 0, outcome.stdout
