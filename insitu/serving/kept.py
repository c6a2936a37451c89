"""The last predictions of record, kept beside the warehouse for the time when it is away."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Kept:
    """A file for each use case, which is replaced as a whole; it goes with the process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="insitu-kept-"))
        self.lock = threading.Lock()
        self.numbers: dict[str, int] = {}  # of the files in use

    def take(self, use_case: str, entity: Sequence[str], rows: Iterable[Sequence[Row]]) -> int:
        """Keep these rows, one of each entity, in the place of what was kept; how many they are."""
        number, count = self.numbers.get(use_case, 0) + 1, 0
        path = self._path(use_case, number)
        path.unlink(missing_ok=True)  # of one that broke off
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("pragma journal_mode = off")
            connection.execute("pragma synchronous = off")
            connection.execute("create table kept (entity text primary key, content text not null) without rowid")
            connection.execute("begin")
            for part in rows:
                told = [(json.dumps(place(row, entity)), json.dumps(row, default=_moment)) for row in part]
                connection.executemany("insert or replace into kept values (?, ?)", told)
                count += len(told)
            connection.execute("commit")
        with self.lock:
            self.numbers[use_case] = number
            self._path(use_case, number - 1).unlink(missing_ok=True)
        return count

    def find(self, use_case: str, entity: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[Row | None]:
        """What is kept of the entities of some rows; None where nothing is. Moments are texts."""
        with self.lock:
            if use_case not in self.numbers:
                return [None for _ in rows]
            connection = sqlite3.connect(self._path(use_case, self.numbers[use_case]))
        with closing(connection):
            found = [
                connection.execute(
                    "select content from kept where entity = ?", [json.dumps(place(row, entity))]
                ).fetchone()
                for row in rows
            ]
        return [json.loads(each[0]) if each else None for each in found]

    def close(self) -> None:
        """Forget all."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, use_case: str, number: int) -> Path:
        return self.folder / f"{use_case}.{number}.sqlite"


def place(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """A key as the same texts, whether it comes from a request or from the warehouse."""
    return tuple(_moment(row[name]) for name in names)


def _moment(value: Any) -> str:
    """A moment in UTC, a day as its first; anything else as it is."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()
    return f"{value.isoformat()}T00:00:00" if isinstance(value, date) else str(value)
