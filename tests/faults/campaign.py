"""Campaigns: faults by the hundred, and after each one whether predictions and ledger are as they should be.

Each returns what was tried and every violation it saw; none is expected of the scorer, and some of a broken one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from tests.faults.demo import Project

COUNTS = """
    select
        (select count(*) from {predictions}) as n_rows,
        (select count(*) from (select distinct batch_id, id from {predictions}) as d) as n_keys,
        (select count(*) from predictions.demo__batches) as n_batches,
        (select coalesce(cast(sum(n_written) as bigint), 0) from predictions.demo__batches) as n_written
"""
STATE = COUNTS.format(predictions="predictions.demo__predictions")
EMPTY = (0, 0, 0, 0)


@dataclass
class Outcome:
    """What came of a campaign."""

    fault: str
    warehouse: str
    tried: int = 0
    hit: int = 0  # of them, those that struck while it was committing
    violations: list[str] = field(default_factory=list)


@dataclass
class Scorer:
    """A running scorer, and what it said."""

    process: int
    file: Path

    def said(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def ended(self) -> bool:
        last = (self.said() or [""])[-1]
        return last == "done" or last.startswith("failed") or not _runs(self.process)

    def commits(self) -> bool:
        """Whether it has begun to commit, or ended."""
        return "committing" in self.said() or self.ended()

    def wait(self, seconds: float = 120) -> str:
        """Its last word."""
        until(self.ended, seconds)
        until(lambda: not _runs(self.process), seconds)  # the warehouse file is released
        return (self.said() or ["nothing"])[-1]

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        until(lambda: not _runs(self.process), 30)


class Zygote:
    """Starts scorers; see `zygote.py`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            cwd=Path(__file__).parents[2],
        )
        self.folder = tempfile.TemporaryDirectory()
        self.count = 0

    def start(self, project: Project, writer: str = "as_built", **request: Any) -> Scorer:
        self.count += 1
        file = Path(self.folder.name) / str(self.count)
        line = json.dumps({"writer": writer, "settings": project.settings, "file": str(file), **request})
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return Scorer(int(self.process.stdout.readline()), file)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)
        self.folder.cleanup()


@contextmanager
def zygote() -> Iterator[Zygote]:
    found = Zygote()
    try:
        yield found
    finally:
        found.close()


def until(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.0005)
    return False


def _runs(process: int) -> bool:
    """A dying process has its files until the last of its threads is gone; the zygote leaves no zombies."""
    return Path(f"/proc/{process}").exists()


def state(project: Project) -> tuple[int, int, int, int]:
    (found,) = project.execute(STATE)
    return tuple(int(each) for each in found)  # type: ignore[return-value]


def whole(n_rows: int, n_batches: int = 1) -> tuple[int, int, int, int]:
    return n_rows, n_rows, n_batches, n_rows


def reset(project: Project) -> None:
    project.execute("delete from predictions.demo__predictions", "delete from predictions.demo__batches")


def kills(
    project: Project, zygote: Zygote, n_rows: int, times: int, writer: str = "as_built", seed: int = 1
) -> Outcome:
    """kill -9 at any moment, every second one while it commits; then it is run again, at once."""
    chance = random.Random(seed)
    outcome = Outcome("kill -9 of the scorer, retried at once", project.settings["type"])
    lasted, committed = _durations(project, zygote, writer)
    for number in range(times):
        reset(project)
        scorer = zygote.start(project, writer)
        in_commit = number % 2 == 0
        if in_commit:
            until(scorer.commits, 120)
            time.sleep(chance.uniform(0, committed))
            outcome.hit += "committing" in scorer.said() and "done" not in scorer.said()
        else:
            time.sleep(chance.uniform(0, lasted))
        scorer.kill()
        if project.settings["type"] == "duckdb" and (found := state(project)) not in (EMPTY, whole(n_rows)):
            outcome.violations.append(f"{number}: after the kill {found}")
        retry(project, zygote, n_rows, outcome, number, writer)
    return outcome


def retry(
    project: Project, zygote: Zygote, n_rows: int, outcome: Outcome, number: int, writer: str = "as_built"
) -> None:
    last = zygote.start(project, writer).wait()
    found = state(project)
    outcome.tried += 1
    if last != "done" or found != whole(n_rows):
        outcome.violations.append(f"{number}: after the retry {found}, it said: {last}")


def _durations(project: Project, zygote: Zygote, writer: str) -> tuple[float, float]:
    """How long a run takes, and its commit."""
    reset(project)
    began = time.monotonic()
    scorer = zygote.start(project, writer)
    until(scorer.commits, 120)
    committing = time.monotonic()
    until(scorer.ended, 120)
    done = time.monotonic()
    scorer.wait()
    return done - began, max(done - committing, 0.002)


def pairs(project: Project, zygote: Zygote, n_rows: int, times: int, same: bool, writer: str = "as_built") -> Outcome:
    """Two scorers at once, of the same batch or of two. On DuckDB the second may be refused in one sentence."""
    what = "the same batch" if same else "different batches"
    outcome = Outcome(f"two scorers at once, {what}", project.settings["type"])
    half = n_rows // 2
    wheres = [None, None] if same else [f"id < {half}", f"id >= {half}"]
    for number in range(times):
        reset(project)
        both = [zygote.start(project, writer, where=where) for where in wheres]
        words = [each.wait() for each in both]
        for where, word in zip(wheres, words, strict=True):
            if (
                word.startswith("failed 2")
                and "held by another process" in word
                and project.settings["type"] == "duckdb"
            ):
                zygote.start(project, writer, where=where).wait()
            elif word != "done":
                outcome.violations.append(f"{number}: one said {word}")
        outcome.tried += 1
        if (found := state(project)) != whole(n_rows, 1 if same else 2):
            outcome.violations.append(f"{number}: {found}")
    return outcome


def terminations(project: Project, zygote: Zygote, n_rows: int, times: int, seed: int = 2) -> Outcome:
    """pg_terminate_backend at any moment; the scorer says so in one sentence, and is run again."""
    chance = random.Random(seed)
    outcome = Outcome("pg_terminate_backend, retried", project.settings["type"])
    lasted, _ = _durations(project, zygote, "as_built")
    for number in range(times):
        reset(project)
        scorer = zygote.start(project)
        time.sleep(chance.uniform(0, lasted))
        project.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        last = scorer.wait()
        if last != "done" and not last.startswith(("failed 1", "failed 2")):
            outcome.violations.append(f"{number}: it said {last}")
        retry(project, zygote, n_rows, outcome, number)
    return outcome


def full_disks(project: Project, zygote: Zygote, n_rows: int, times: int) -> Outcome:
    """No file may grow beyond a size, from what it has up to what the batch needs; then there is room again."""
    outcome = Outcome("full disk, retried when there is room", project.settings["type"])
    path = Path(project.settings["path"])
    reset(project)
    project.execute("checkpoint")
    before = path.stat().st_size
    for number in range(times):
        reset(project)
        project.execute("checkpoint")
        limit = 4096 + (max(before, 1 << 18) * number) // times
        last = zygote.start(project, file_size=limit).wait()
        if last != "done" and not last.startswith(("failed 1", "failed 2")):
            outcome.violations.append(f"{number}: it said {last}")
        if (found := state(project)) not in (EMPTY, whole(n_rows)):
            outcome.violations.append(f"{number}: after the full disk {found}")
        retry(project, zygote, n_rows, outcome, number)
    return outcome


def reads_while_publishing(project: Project, zygote: Zygote, folder: Path, n_rows: int, reads: int) -> Outcome:
    """Reads of the copy while it is replaced without a pause."""
    outcome = Outcome("reads while a copy is published", project.settings["type"])
    reset(project)
    zygote.start(project).wait()
    publisher = zygote.start(project, "publisher", folder=str(folder))
    assert publisher.wait() == "done", publisher.said()
    copy = folder / Path(project.settings["path"]).name
    while outcome.tried < reads:
        if publisher.ended():
            if publisher.said()[-1] != "done":
                outcome.violations.append(f"the publisher said {publisher.said()[-1]}")
            publisher = zygote.start(project, "publisher", folder=str(folder))
        try:
            with duckdb.connect(str(copy), read_only=True) as reader:
                (found,) = reader.execute(STATE).fetchall()
        except duckdb.Error as error:
            found = (str(error),)
        outcome.tried += 1
        outcome.hit += not publisher.ended()
        if tuple(found) != whole(n_rows):
            outcome.violations.append(f"{outcome.tried}: {found}")
    publisher.wait()
    return outcome
