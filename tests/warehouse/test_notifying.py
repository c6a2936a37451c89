"""`insitu alerts --notify`, against a real HTTP receiver and a real mail server, on both warehouses."""

from __future__ import annotations

import email
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from insitu.local_postgres import Database
from tests.e2e import process

pytest.importorskip("apprise")
Controller = pytest.importorskip("aiosmtpd.controller").Controller

ROOT = Path(__file__).parents[2]
NOW = datetime(2024, 3, 15, 12)
SECRET = "p4ssw0rd"


def columns(model: str) -> str:
    """The columns that the model's contract has."""
    declared = yaml.safe_load((ROOT / "insitu/dbt/models/monitoring/_monitoring.yml").read_text())["models"]
    (found,) = (each["columns"] for each in declared if each["name"] == model)
    return ", ".join(f"{each['name']} {each['data_type']}" for each in found)


@dataclass
class Place:
    """A project whose warehouse has episodes and an empty outbox, as `dbt build` leaves them."""

    folder: Path
    sql: Callable[[str], list[tuple[Any, ...]]]
    environment: dict[str, str] = field(default_factory=dict)

    def arguments(self, *options: str) -> list[str]:
        where = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        return ["insitu", *where, "alerts", *options]

    def run(self, *options: str) -> tuple[int, str]:
        outcome = process.run(self.arguments(*options), self.folder, {**os.environ, **self.environment})
        assert SECRET not in outcome.stdout
        return outcome.returncode, outcome.stdout

    def episodes(self, *episodes: dict[str, Any]) -> None:
        """What the last build says."""
        self.sql("delete from alert_episodes")
        for settings in episodes:
            subject = settings.get("subject", "temp")
            row = {"episode_id": f"e-{subject}", "use_case": "demo", "alert": "alert_feature_drift", "subject": subject}
            row |= {"cause": "weather.hourly", "state": "opened", "state_since": NOW, "severity": "warn", "n_seen": 1}
            row |= {"opened_at": NOW, "last_seen_at": NOW, "as_of": NOW, "query": "select 1"}
            row |= {"first_message": f"{subject} drifts", "last_message": f"{subject} drifts", **settings}
            values = ", ".join(str(v) if isinstance(v, int) else f"'{v}'" for v in row.values())
            self.sql(f"insert into alert_episodes ({', '.join(row)}) values ({values})")

    def states(self) -> list[tuple[str, str, int]]:
        return self.sql("select change, state, attempts from alert_outbox order by queued_at, change, episode_id")


def place(folder: Path, output: dict[str, Any], schema: str, sql: Callable[[str], Any]) -> Place:
    folder.mkdir()
    node = {"resource_type": "model", "package_name": "insitu", "schema": schema, "config": {}, "tags": []}
    nodes = {name: {**node, "name": name, "alias": name} for name in ("alert_episodes", "alert_outbox")}
    nodes["demo__models"] = {**node, "name": "demo__models", "alias": "demo__models", "config": {"meta": {"ml": {}}}}
    (folder / "target").mkdir()
    (folder / "target/manifest.json").write_text(json.dumps({"metadata": {"project_name": "p"}, "nodes": nodes}))
    (folder / "dbt_project.yml").write_text(yaml.safe_dump({"name": "p", "profile": "p"}))
    profile = {"p": {"target": "t", "outputs": {"t": {**output, "schema": schema, "threads": 1}}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    for model in ("alert_episodes", "alert_outbox"):
        sql(f"create table {model} ({columns(model)})")
    return Place(folder, sql)


@pytest.fixture(params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "duckdb":
        path = str(tmp_path / "w.duckdb")

        def in_file(statement: str) -> list[tuple[Any, ...]]:
            with duckdb.connect(path) as connection:
                return connection.execute(statement).fetchall()

        yield place(tmp_path / "project", {"type": "duckdb", "path": path}, "main", in_file)
        return
    database: Database = request.getfixturevalue("postgres_database")
    login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    with psycopg.connect(database.dsn, autocommit=True) as connection:

        def on_server(statement: str) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

        output = {"type": "postgrespy", "dbname": database.dbname, **login}
        yield place(tmp_path / "project", output, "public", on_server)


@dataclass
class Receiver:
    """Takes messages over HTTP; `answers` are the codes of the next ones, 200 after them."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    took: list[tuple[str, str]] = field(default_factory=list)  # idempotency key and title
    before_answer: Callable[[], None] = lambda: None

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.took]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = found.answers.pop(0) if found.answers else 200
            if answer == 200:
                found.took.append((self.headers["Idempotency-Key"], told["title"]))
                assert self.headers["Idempotency-Key"] in told["message"]
            found.before_answer()
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"json://user:{SECRET}@127.0.0.1:{server.server_port}/hook"
    yield found
    server.shutdown()
    server.server_close()


def test_one_message_for_each_change(project: Place, receiver: Receiver) -> None:
    project.environment = {"INSITU_NOTIFY_OPS": receiver.url}
    project.episodes({}, {"subject": "wind"}, {"subject": "batch", "alert": "alert_no_predictions", "cause": "runs"})
    code, said = project.run("--notify")
    assert (code, "2 messages sent" in said) == (0, True), said
    assert sorted(receiver.titles) == [
        "[warn] opened: demo, runs: batch drifts",
        "[warn] opened: demo, weather.hourly: feature drift of 2 (temp, wind)",
    ]
    # the next day all are still open: nothing is new
    later = {"state": "still_open", "last_seen_at": NOW + timedelta(days=1)}
    project.episodes({**later}, {**later, "subject": "wind"}, {**later, "subject": "batch", "cause": "runs"})
    assert "0 messages sent" in project.run("--notify")[1]

    def day(*episodes: dict[str, Any]) -> list[str]:
        receiver.took.clear()
        project.episodes(*episodes)
        assert project.run("--notify", "--fail-on", "never")[0] == 0
        return receiver.titles

    muted = {"state": "muted", "state_since": NOW + timedelta(days=2), "handled_until": NOW + timedelta(days=4)}
    assert day({**muted, "handled_reason": "we know"}) == ["[warn] muted: demo, weather.hourly: temp drifts"]
    assert day({"state": "still_open", "state_since": NOW + timedelta(days=4)}) == [
        "[warn] open again: demo, weather.hourly: temp drifts"
    ]
    assert day({"state": "still_open", "state_since": NOW + timedelta(days=4), "severity": "error"}) == [
        "[error] open again: demo, weather.hourly: temp drifts"
    ]
    gone = {"state": "resolved", "state_since": NOW + timedelta(days=6), "resolved_at": NOW + timedelta(days=6)}
    assert day(gone, {**gone, "subject": "never told"}) == ["[warn] resolved: demo, weather.hourly: temp drifts"]
    assert day(gone) == []
    assert {state for _, state, _ in project.states()} == {"sent"}


def test_a_failed_delivery_is_tried_again_and_comes_once(project: Place, receiver: Receiver) -> None:
    project.environment = {"INSITU_NOTIFY_OPS": receiver.url, "INSITU_NOTIFY_LOST": "json://127.0.0.1:9/nobody"}
    project.episodes({})
    receiver.answers = [500, 503]
    code, said = project.run("--notify")
    assert code == 1
    assert "1 messages sent" in said and "1 messages to `lost` were not delivered" in said
    assert len(receiver.took) == 1
    assert sorted(project.states()) == [("opened", "failed", 1), ("opened", "sent", 1)]
    # the lost address comes back
    project.environment["INSITU_NOTIFY_LOST"] = receiver.url
    assert project.run("--notify")[0] == 0
    assert project.run("--notify")[0] == 0
    assert len(receiver.took) == len({key for key, _ in receiver.took}) == 2
    assert sorted(project.states()) == [("opened", "sent", 1), ("opened", "sent", 2)]


def test_two_notifiers_at_once(project: Place, receiver: Receiver, tmp_path: Path) -> None:
    project.environment = {"INSITU_NOTIFY_OPS": receiver.url, "INSITU_NOTIFY_BOSS": receiver.url}
    project.episodes(*({"subject": f"s{n}", "cause": f"c{n}"} for n in range(6)))
    receiver.before_answer = lambda: time.sleep(0.1)
    outputs = [tmp_path / f"said{n}" for n in range(2)]
    for output in outputs:
        output.touch()
    environment = {**os.environ, **project.environment}
    running = [
        process.start(project.arguments("--notify"), project.folder, environment, str(output)) for output in outputs
    ]
    for each in running:
        each.join()
    said = [output.read_text() for output in outputs]
    assert [each.exitcode for each in running] == [0, 0], said
    assert len(receiver.took) == len({key for key, _ in receiver.took}) == 12
    assert {(state, attempts) for _, state, attempts in project.states()} == {("sent", 1)}


def test_killed_between_delivery_and_record(project: Place, receiver: Receiver, tmp_path: Path) -> None:
    project.environment = {"INSITU_NOTIFY_OPS": receiver.url}
    project.episodes({})
    (tmp_path / "said").touch()
    running: list[Any] = []
    receiver.before_answer = lambda: os.kill(running[0].pid, signal.SIGKILL) if running else None
    environment = {**os.environ, **project.environment}
    started = threading.Event()
    kill, receiver.before_answer = receiver.before_answer, lambda: (started.wait(), kill())[0]
    running.append(process.start(project.arguments("--notify"), project.folder, environment, str(tmp_path / "said")))
    started.set()
    running[0].join()
    assert running[0].exitcode == -signal.SIGKILL
    assert (len(receiver.took), project.states()) == (1, [("opened", "sending", 1)])
    receiver.before_answer = lambda: None
    # it may have arrived: nobody sends it again while its notifier could still be at work
    assert "0 messages sent" in project.run("--notify")[1]
    project.sql("update alert_outbox set attempted_at = attempted_at - interval '11 minutes'")
    assert "1 messages sent" in project.run("--notify")[1]
    # at least once, then; and the receiver can tell
    assert len(receiver.took) == 2 and len({key for key, _ in receiver.took}) == 1
    assert project.states() == [("opened", "sent", 2)]


def test_mail(project: Place) -> None:
    took: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            if not took:
                took.append(None)
                return "451 try again"
            took.append(envelope)
            return "250 taken"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Keep(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        address = f"mailto://127.0.0.1:{port}?from=insitu@example.org&to=ops@example.org&mode=insecure"
        project.environment = {"INSITU_NOTIFY_MAIL": address}
        project.episodes({"severity": "error", "owner": "weather people"})
        code, said = project.run("--notify")
        assert (code, "1 messages sent" in said) == (1, True)  # sent, and an error is open
        assert "0 messages sent" in project.run("--notify")[1]
    finally:
        server.stop()
    _, envelope = took
    assert envelope.rcpt_tos == ["ops@example.org"]
    mail = email.message_from_bytes(envelope.content)
    subject = str(email.header.make_header(email.header.decode_header(mail["Subject"])))
    assert subject == "[error] opened: demo, weather.hourly: temp drifts"
    ((message_id,),) = project.sql("select distinct message_id from alert_outbox")
    assert mail["Idempotency-Key"] == message_id
    text = mail.get_payload(decode=True) if not mail.is_multipart() else mail.get_payload()[0].get_payload(decode=True)
    assert "owner weather people" in text.decode() and "select 1;" in text.decode()


def test_no_address_is_one_and_secrets_stay_secret(project: Place) -> None:
    project.episodes({})
    code, said = project.run("--notify")
    assert code == 2 and "There is nobody to notify. An address is a variable INSITU_NOTIFY_<NAME>" in said
    for url in (f"nothing://{SECRET}", f"json://u:{SECRET}@one json://u:{SECRET}@two", SECRET):
        project.environment = {"INSITU_NOTIFY_OPS": url}
        code, said = project.run("--notify")
        assert code == 2 and "The address in INSITU_NOTIFY_OPS is none that Apprise understands" in said
    project.environment = {"INSITU_NOTIFY_OPS": f"json://u:{SECRET}@127.0.0.1:9/{SECRET}"}
    code, said = project.run("--notify")
    assert code == 1 and "1 messages to `ops` were not delivered" in said
    assert SECRET not in str(project.sql("select * from alert_outbox"))


def test_the_list_and_its_exit_code(project: Place) -> None:
    project.episodes(
        {"severity": "error", "state": "acknowledged", "handled_until": NOW, "handled_reason": "on it", "owner": "us"},
        {"subject": "wind", "state": "still_open"},
        {"subject": "gust", "severity": "error", "state": "muted", "handled_until": NOW, "handled_reason": "known"},
        {"subject": "dewp", "severity": "error", "state": "resolved", "resolved_at": NOW},
    )
    code, said = project.run()
    assert code == 0  # the error is acknowledged
    assert "error  demo  weather.hourly: feature drift of 2 (temp, wind)" in said
    assert "acknowledged until 2024-03-15 12:00:00: on it, since 2024-03-15 12:00:00  us" in said
    assert "gust" not in said and "dewp" not in said
    assert project.run("--fail-on", "warn")[0] == 1
    assert "gust" in project.run("--all")[1]
    told = json.loads(project.run("demo", "--all", "--json")[1])
    assert [(group["cause"], len(group["episodes"])) for group in told["groups"]] == [("weather.hourly", 4)]
    project.episodes({"severity": "error"})
    assert [project.run("--fail-on", what)[0] for what in ("error", "warn", "never")] == [1, 1, 0]
    project.episodes()
    assert project.run() == (0, "No alert is open.\n")
    code, said = project.run("dmo")
    assert code == 2 and "There is no use case `dmo`" in said
    project.sql("drop table alert_episodes")
    code, said = project.run()
    assert code == 2 and "The table `alert_episodes` is not there" in said
