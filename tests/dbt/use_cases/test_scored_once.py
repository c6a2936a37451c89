"""Whoever adds predictions on PostgreSQL waits for who is adding some, and finds what that one committed."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.dbt.use_cases.conftest import Shop

TABLE = "predictions.spend__predictions"
LOCK = f"select pg_advisory_xact_lock(hashtextextended('insitu:append:{TABLE}', 0))"
WAITING = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


@pytest.fixture
def database(postgres_shop: Shop) -> Callable[[], psycopg.Connection]:
    settings = postgres_shop.environment
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return lambda: psycopg.connect(**{name: settings[key] for name, key in names.items() if settings.get(key)})


def scorer(shop: Shop) -> list[str]:
    return ["insitu", "score", "run", "spend", "--no-refresh"]


def live(shop: Shop) -> list[str]:
    return ["insitu", "score", "run", "spend"]


def node(shop: Shop) -> list[str]:
    return ["dbt", "run", "--select", "spend__predictions"]


def waits(watch: psycopg.Connection, process: threading.Thread) -> bool:
    """Whether it comes to wait for the lock, and does not end before."""
    deadline = time.monotonic() + 300
    while watch.execute(WAITING).fetchone() == (0,) and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    return watch.execute(WAITING).fetchone() == (1,)


@pytest.mark.parametrize("command", [scorer, live, node])
def test_what_another_process_is_about_to_commit_is_waited_for(
    postgres_shop: Shop, database: Callable[[], psycopg.Connection], command: Callable[[Shop], list[str]]
) -> None:
    outcomes: list[subprocess.CompletedProcess[str]] = []
    before = postgres_shop.query(f"select * from {TABLE} order by order_id")
    with database() as other, database() as watch:
        watch.autocommit = True
        watch.execute(f"create temporary table kept as select * from {TABLE}")
        watch.execute("create table public.kept as select * from kept")
        watch.execute(f"delete from {TABLE}")
        # Another scorer, or one that was killed while it committed and whose server process goes on.
        other.execute(LOCK)
        other.execute(f"insert into {TABLE} select * from public.kept")
        retry = threading.Thread(target=lambda: outcomes.append(postgres_shop.run(*command(postgres_shop))))
        retry.start()
        assert waits(watch, retry), outcomes
        other.commit()
        retry.join()
        watch.execute("drop table public.kept")
    assert outcomes[0].returncode == 0, outcomes[0].stdout
    assert f"Waiting for another process that is adding rows to {TABLE}" in outcomes[0].stdout
    assert postgres_shop.query(f"select * from {TABLE} order by order_id").equals(before)


@pytest.mark.parametrize("command", [scorer, live])
def test_two_at_once_write_a_batch_once(
    postgres_shop: Shop, database: Callable[[], psycopg.Connection], command: Callable[[Shop], list[str]]
) -> None:
    before = postgres_shop.query(f"select order_id, score from {TABLE} order by order_id")
    with database() as connection:
        connection.execute(f"delete from {TABLE}")
    outcomes: list[subprocess.CompletedProcess[str]] = []
    both = [
        threading.Thread(target=lambda: outcomes.append(postgres_shop.run(*command(postgres_shop)))) for _ in range(2)
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [outcome.returncode for outcome in outcomes] == [0, 0], outcomes
    said = sorted(int(n) for outcome in outcomes for n in re.findall(r"spend: (\d+) new", outcome.stdout))
    assert said == [0, len(before)]
    assert postgres_shop.query(f"select order_id, score from {TABLE} order by order_id").equals(before)


def test_what_predictions_were_made_from_is_kept_once(
    postgres_shop: Shop, database: Callable[[], psycopg.Connection]
) -> None:
    """A nightly build and the scorer both keep it: the second waits, and finds what the first one committed."""
    kept = "predictions.spend__scored_features"
    before = postgres_shop.query(f"select * from {kept} order by order_id")
    outcomes: list[subprocess.CompletedProcess[str]] = []
    with database() as other, database() as watch:
        watch.autocommit = True
        watch.execute(f"create table public.kept as select * from {kept}")
        watch.execute(f"delete from {kept}")
        other.execute(f"select pg_advisory_xact_lock(hashtextextended('insitu:append:{kept}', 0))")
        other.execute(f"insert into {kept} select * from public.kept")
        command = ["dbt", "run", "--select", "spend__scored_features"]
        late = threading.Thread(target=lambda: outcomes.append(postgres_shop.run(*command)))
        late.start()
        assert waits(watch, late), outcomes
        other.commit()
        late.join()
        watch.execute("drop table public.kept")
    assert outcomes[0].returncode == 0, outcomes[0].stdout
    assert postgres_shop.query(f"select * from {kept} order by order_id").equals(before)


def test_no_one_else_can_write_it_twice(database: Callable[[], psycopg.Connection]) -> None:
    with database() as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(f"insert into {TABLE} select * from {TABLE}")
