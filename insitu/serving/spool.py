"""Predictions that were answered and are not in the warehouse yet: a file, on the disk before the answer is sent.

SQLite with full synchronisation; many requests share a commit. What is in it survives kill -9 and a lost warehouse.
"""

from __future__ import annotations

import fcntl
import json
import queue
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from insitu.errors import ConfigurationError

Row = dict[str, Any]
SCHEMA = """
create table if not exists pending (
    id integer primary key autoincrement,
    use_case text not null,
    model_version text not null,
    content text not null
);
create table if not exists batch (
    batch_id text primary key,
    use_case text not null,
    model_version text not null,
    ids text not null,
    batch_as_of text not null
);
"""


class Full(Exception):
    """More is waiting than may wait."""


@dataclass(frozen=True)
class Assigned:
    """Rows that are to be one batch; it stays that until they are in the warehouse, so a retry is the same batch."""

    batch_id: str
    use_case: str
    model_version: str
    batch_as_of: str
    ids: list[int]
    rows: list[Row]


class Spool:
    """The file, with a thread that writes to it.

    Args:
        path: of the file.
        most: how many requests may wait to be written, and rows to be taken to the warehouse.
    """

    def __init__(self, path: Path, most: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.most = path, most
        self.held = path.with_name(f"{path.name}.lock").open("w")  # two would deliver the same rows
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(
                f"The spool `{path}` is held by another service. Give each a file of its own (--spool)."
            ) from None
        self.waiting: queue.Queue[tuple[Sequence[tuple[str, str, str]], Future[None]] | None] = queue.Queue(most)
        try:
            with closing(self._open()) as connection:
                connection.executescript(SCHEMA)
                self.pending = int(connection.execute("select count(*) from pending").fetchone()[0])
        except sqlite3.DatabaseError as error:
            self.release()
            raise ConfigurationError(f"`{path}` is no spool of predictions: {error}. Name another --spool.") from error
        self.lock = threading.Lock()
        self.writer = threading.Thread(target=self._write, name="spool", daemon=True)
        self.writer.start()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        return connection

    def add(self, use_case: str, model_version: str, rows: Sequence[Row]) -> Future[None]:
        """Keep predictions; done when they are on the disk. Raises Full."""
        content = [(use_case, model_version, json.dumps(row, default=str)) for row in rows]
        done: Future[None] = Future()
        if self.pending + len(rows) > self.most:
            raise Full
        try:
            self.waiting.put_nowait((content, done))
        except queue.Full:
            raise Full from None
        with self.lock:
            self.pending += len(rows)
        return done

    def _write(self) -> None:
        connection = self._open()
        while (first := self.waiting.get()) is not None:
            together = [first]
            stop = False
            while not self.waiting.empty() and len(together) < 1000:
                following = self.waiting.get_nowait()
                if following is None:
                    stop = True
                    break
                together.append(following)
            try:
                connection.execute("begin immediate")
                rows = [row for content, _ in together for row in content]
                connection.executemany("insert into pending (use_case, model_version, content) values (?, ?, ?)", rows)
                connection.execute("commit")
            except sqlite3.Error as error:
                if connection.in_transaction:
                    connection.execute("rollback")
                with self.lock:
                    self.pending -= sum(len(content) for content, _ in together)
                for _, done in together:
                    done.set_exception(error)
            else:
                for _, done in together:
                    done.set_result(None)
            if stop:
                break
        connection.close()

    def assigned(self, most: int = 50_000) -> list[Assigned]:
        """The batches to be written now: those that were begun, then what came since, no key twice in one.

        What was said again, word for word, is one prediction.
        """
        with closing(self._open()) as connection:
            begun = [self._batch(connection, row) for row in connection.execute("select * from batch").fetchall()]
            taken = {id_ for batch in begun for id_ in batch.ids}
            found = connection.execute(
                "select id, use_case, model_version, content from pending order by id limit ?", (most + len(taken),)
            ).fetchall()
            new: dict[tuple[str, str, int], Assigned] = {}
            said: dict[tuple[str, str, str], list[str]] = {}  # of a key, by the number of its batch
            for id_, use_case, version, content in found:
                if id_ in taken:
                    continue
                row = json.loads(content)
                scores = json.dumps(row["scores"])
                before = said.setdefault((use_case, version, json.dumps(row["key"], sort_keys=True)), [])
                is_new = scores not in before
                if is_new:
                    before.append(scores)
                place = (use_case, version, before.index(scores))
                batch = new.setdefault(place, Assigned(uuid.uuid4().hex[:16], use_case, version, row["as_of"], [], []))
                batch.ids.append(id_)
                if is_new:
                    batch.rows.append(row)
            connection.execute("begin immediate")
            for place, batch in new.items():
                batch = replace(batch, batch_as_of=max(row["as_of"] for row in batch.rows))
                new[place] = batch
                kept = (batch.batch_id, batch.use_case, batch.model_version, json.dumps(batch.ids), batch.batch_as_of)
                connection.execute("insert into batch values (?, ?, ?, ?, ?)", kept)
            connection.execute("commit")
        return [*begun, *new.values()]

    def _batch(self, connection: sqlite3.Connection, row: tuple[Any, ...]) -> Assigned:
        batch_id, use_case, version, ids, batch_as_of = row
        numbers: list[int] = json.loads(ids)
        unique: dict[str, Row] = {}
        for _, content in self._contents(connection, numbers):
            row_of_key = json.loads(content)
            unique.setdefault(json.dumps(row_of_key["key"], sort_keys=True), row_of_key)
        return Assigned(batch_id, use_case, version, batch_as_of, numbers, list(unique.values()))

    def _contents(self, connection: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            found += connection.execute(
                f"select id, content from pending where id in ({', '.join('?' * len(some))}) order by id", some
            ).fetchall()
        return found

    def split(self, batch: Assigned) -> None:
        """Have what is to be one batch be two: what cannot be written is to hold up fewer and fewer."""
        with closing(self._open()) as connection:
            of_keys: dict[str, list[int]] = {}
            for id_, content in self._contents(connection, batch.ids):
                of_keys.setdefault(json.dumps(json.loads(content)["key"], sort_keys=True), []).append(id_)
            groups = list(of_keys.values())
            halves = [groups[: len(groups) // 2], groups[len(groups) // 2 :]]
            if not all(halves):
                return
            connection.execute("begin immediate")
            connection.execute("delete from batch where batch_id = ?", (batch.batch_id,))
            for half in halves:
                ids = json.dumps([id_ for group in half for id_ in group])
                kept = (uuid.uuid4().hex[:16], batch.use_case, batch.model_version, ids, batch.batch_as_of)
                connection.execute("insert into batch values (?, ?, ?, ?, ?)", kept)
            connection.execute("commit")

    def remove(self, batch: Assigned) -> None:
        """Forget a batch that is in the warehouse."""
        with closing(self._open()) as connection:
            connection.execute("begin immediate")
            connection.executemany("delete from pending where id = ?", [(id_,) for id_ in batch.ids])
            connection.execute("delete from batch where batch_id = ?", (batch.batch_id,))
            connection.execute("commit")
        with self.lock:
            self.pending -= len(batch.ids)

    def close(self) -> None:
        """Write what waits, and end."""
        self.waiting.put(None)
        self.writer.join(30)

    def release(self) -> None:
        """Let another service have the file."""
        self.held.close()
