"""A warehouse that is away or out of date: what is answered meanwhile, and that all is well again by itself."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from insitu.local_postgres.binaries import find_binaries
from insitu.local_postgres.cluster import run_cluster
from insitu.moments import utc_now
from insitu.scoring.publish.duckdb_copy import publish_copy
from tests.service.server import Server, serving, until
from tests.service.site import NOW, Site, site_on_duckdb, site_on_postgres, versions

KEY = {"rows": [{"id": 3, "as_of": NOW.isoformat()}]}
GIVEN = {"rows": [{"id": 3, "features": {"a": 1.5, "b": None, "noise": 0, "n": 3, "flag": True, "city": "oslo"}}]}


def ready(server: Server) -> bool:
    return server.answers("/v2/health/ready")


class Postgres:
    """A server that can be away."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, ExitStack()
        self.port: int | None = None

    def start(self) -> Any:
        binaries = find_binaries()
        if binaries is None:
            pytest.skip("there are no programs of a PostgreSQL server to start and stop")
        database = self.running.enter_context(run_cluster(binaries, self.folder / "data", port=self.port))
        self.port = database.port
        return database

    def stop(self) -> None:
        self.running.close()


@contextmanager
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="insitu-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_server_that_is_stopped_and_started(tmp_path: Path) -> None:
    with postgres() as warehouse, ExitStack() as services:
        site = site_on_postgres(warehouse.start(), tmp_path)
        site.score(versions()[0], 0.75, "2024-03-10 06:00:00")
        refusing, falling_back = (
            services.enter_context(serving(site, tmp_path / way, when_away=way, spool=tmp_path / f"{way}.spool"))
            for way in ("refuse", "last")
        )
        fresh = {way: each.post("/predict/demo", KEY) for way, each in (("r", refusing), ("l", falling_back))}
        assert fresh["r"] == fresh["l"] and fresh["r"][0] == 200 and fresh["r"][1]["source"] == "now"
        warehouse.stop()

        # At once, before anybody has noticed, and after that without waiting for a connection.
        status, problem, headers = refusing.ask("/predict/demo", KEY)
        assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "5", "application/problem+json")
        assert "does not answer" in problem["detail"]
        for server in (refusing, falling_back):
            assert until(lambda server=server: not ready(server), 15)
            assert server.get("/v2/health/live")[0] == 200
            assert "insitu_warehouse_reachable 0.0" in server.get("/metrics")[1]
            status, answer = server.post("/score/demo", GIVEN)  # what needs no warehouse goes on
            assert status == 200 and answer["source"] == "given" and answer["logged"] is True
        began = time.monotonic()
        assert refusing.post("/predict/demo", KEY)[0] == refusing.post("/last/demo", KEY)[0] == 503
        for path in ("/predict/demo", "/last/demo"):
            status, answer = falling_back.post(path, KEY)
            assert (status, answer["source"], answer["logged"]) == (200, "last", False)
            (row,) = answer["predictions"]
            age = (NOW - NOW.fromisoformat("2024-01-01")).total_seconds()
            assert row["score"] == 0.75 and row["action"] == "call" and row["model_version"] == versions()[0]
            assert row["as_of"] == "2024-01-01T00:00:00" and row["features_age_seconds"] == age
        assert time.monotonic() - began < 2, "they waited for a connection"
        # Nobody of whom nothing is known, and nothing of a later moment than the one that is asked about.
        for row in ({"id": 100_000}, {"id": 3, "as_of": "2023-12-31"}):
            status, problem = falling_back.post("/predict/demo", {"rows": [row]})
            assert status == 503 and "Row 0 (`id`) has no valid prediction of record" in problem["detail"]

        time.sleep(6)  # away for longer than it takes to give up on a connection
        warehouse.start()
        for server in (refusing, falling_back):
            assert until(lambda server=server: ready(server), 15), server.said()
        assert {way: each.post("/predict/demo", KEY) for way, each in (("r", refusing), ("l", falling_back))} == fresh
        services.close()
        # What was answered meanwhile is delivered, too: of each service a row by key and one with given features.
        answered = "select count(*) from predictions.demo__batches where scoring_set_id = 'requests'"
        assert site.execute(answered)[0][0] >= 2
        rows = site.execute("select id, as_of from predictions.demo__predictions where as_of > '2024-01-02'")
        assert len(rows) >= 4 and {each[0] for each in rows} == {3}


def test_a_server_that_hangs(tmp_path: Path) -> None:
    """It takes no connection and ends none: a request is answered in its time all the same."""
    with postgres() as warehouse:
        site = site_on_postgres(warehouse.start(), tmp_path)
        site.score(versions()[0], 0.75, "2024-03-10 06:00:00")
        with serving(site, tmp_path / "log", when_away="last", timeout=1.0) as server:
            assert server.post("/predict/demo", KEY)[1]["source"] == "now"
            lines = (warehouse.folder / "data/postmaster.pid").read_text().splitlines()
            processes = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
            own = [int(lines[0]), *(each for each in processes if _parent(each) == int(lines[0]))]
            for each in own:
                os.kill(each, signal.SIGSTOP)
            try:
                began = time.monotonic()
                assert server.post("/predict/demo", KEY)[1]["source"] == "last"
                assert time.monotonic() - began < 5
            finally:
                for each in own:
                    os.kill(each, signal.SIGCONT)
            assert until(lambda: server.post("/predict/demo", KEY)[1]["source"] == "now", 15)


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def test_a_copy_that_is_removed_held_or_spoilt(tmp_path: Path) -> None:
    """The last one goes on being served; readiness is red, and green again when there is a whole one."""
    site = site_on_duckdb(tmp_path)
    first, second = versions()
    with serving(site, tmp_path / "log") as server:
        before = server.post("/predict/demo", KEY)
        assert before[0] == 200 and ready(server)
        for spoil in (removed, held, no_database, without_serve):
            with spoil(site):
                assert until(lambda: not ready(server)), spoil
                assert "insitu_warehouse_reachable 0.0" in server.get("/metrics")[1]
                assert server.post("/predict/demo", KEY) == before
            site.put_in_charge(second)
            assert until(lambda: ready(server)), server.said()
            assert until(lambda: server.post("/predict/demo", KEY)[1]["model_version"] == second), server.said()
            site.put_in_charge(first)
            assert until(lambda: server.post("/predict/demo", KEY) == before), server.said()


@contextmanager
def removed(site: Site) -> Iterator[None]:
    site.copy.unlink()
    yield


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Somebody has the new copy open for writing."""
    other = site.copy.with_name("other.duckdb")
    shutil.copy(site.copy, other)
    with duckdb.connect(str(other)):
        other.replace(site.copy)
        yield
    site.copy.with_name("other.duckdb.wal").unlink(missing_ok=True)


@contextmanager
def no_database(site: Site) -> Iterator[None]:
    other = site.copy.with_name("other.duckdb")
    other.write_bytes(b"no database" * 1000)
    other.replace(site.copy)
    yield


@contextmanager
def without_serve(site: Site) -> Iterator[None]:
    publish_copy(Path(site.project.settings["path"]), site.folder, [])
    yield


def test_a_warehouse_that_is_out_of_date(site: Site, tmp_path: Path) -> None:
    site.score(versions()[0], 0.25, "2024-03-10 06:00:00")
    with ExitStack() as services:
        refusing, falling_back = (
            services.enter_context(serving(site, tmp_path / way, when_away=way, stale_after=3600))
            for way in ("refuse", "last")
        )
        assert not ready(refusing)
        status, problem, headers = refusing.ask("/predict/demo", KEY)
        assert (status, headers["Retry-After"]) == (503, "60") and "would be out of date" in problem["detail"]
        assert refusing.post("/last/demo", KEY)[1]["predictions"][0]["action"] == "wait"
        assert refusing.post("/score/demo", GIVEN)[0] == 200
        assert not ready(falling_back)
        assert falling_back.post("/predict/demo", KEY)[1]["source"] == "last"
        site.score(versions()[0], 0.75, f"{utc_now():%Y-%m-%d %H:%M:%S}")
        for server in (refusing, falling_back):
            assert until(lambda server=server: ready(server))
            assert server.post("/predict/demo", KEY)[1]["source"] == "now"


def test_a_relation_that_is_not_there(tmp_path: Path, postgres_database: Any) -> None:
    """Somebody builds it anew, in two steps: no request is an error of the service."""
    site = site_on_postgres(postgres_database, tmp_path)
    site.score(versions()[0], 0.75, "2024-03-10 06:00:00")
    with ExitStack() as services:
        refusing, falling_back = (
            services.enter_context(serving(site, tmp_path / way, when_away=way)) for way in ("refuse", "last")
        )
        for relation in ("training.demo__known", "predictions.demo__predictions_latest"):
            schema, _, name = relation.partition(".")
            site.execute(f"alter table {relation} rename to elsewhere")
            if schema == "training":
                assert refusing.post("/predict/demo", KEY)[0] == 503
                assert falling_back.post("/predict/demo", KEY)[1]["source"] == "last"
            else:
                assert refusing.post("/last/demo", KEY)[0] == 503
                assert falling_back.post("/last/demo", KEY)[1]["predictions"][0]["score"] == 0.75
            site.execute(f"alter table {schema}.elsewhere rename to {name}")
            assert refusing.post("/predict/demo", KEY)[1]["source"] == "now"
