"""Campaigns that only a server has: reads of the published view while others commit, and a full tablespace."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from insitu.scoring.publish.views import publish_views
from insitu.warehouse import connect
from tests.faults.campaign import COUNTS, EMPTY, Outcome, Zygote, reset, retry, state, whole
from tests.faults.demo import Project

SLICES = 10  # batches, one after another
SEEN = COUNTS.format(predictions="published.demo__predictions")
ROOM = 64 << 20  # of the tablespace


def reads_while_committing(project: Project, zygote: Zygote, n_rows: int, reads: int) -> Outcome:
    """Reads of the published view while one batch after another is committed: each is there whole or not at all."""
    outcome = Outcome("reads of the view while batches are committed", project.settings["type"])
    with connect(project, read_only=False) as warehouse:  # type: ignore[arg-type]
        publish_views(project, warehouse, "published")  # type: ignore[arg-type]
    part = n_rows // SLICES
    with psycopg.connect(project.uri, autocommit=True) as reader:
        while outcome.tried < reads:
            reset(project)
            for number in range(SLICES):
                where = f"id >= {number * part}" + (f" and id < {(number + 1) * part}" if number + 1 < SLICES else "")
                scorer = zygote.start(project, where=where)
                allowed = [whole(part * number, number), whole(part * (number + 1), number + 1)]
                if number + 1 == SLICES:
                    allowed[1] = whole(n_rows, SLICES)
                while not scorer.ended() and outcome.tried < reads:
                    found = reader.execute(SEEN).fetchone()
                    outcome.tried += 1
                    outcome.hit += "committing" in scorer.said()
                    if found not in allowed:
                        outcome.violations.append(f"{outcome.tried}: {found} while batch {number} was written")
                if (last := scorer.wait()) != "done":
                    outcome.violations.append(f"batch {number}: it said {last}")
    return outcome


def full_tablespaces(project: Project, zygote: Zygote, n_rows: int, times: int) -> Outcome | None:
    """The disk of the predictions has less room than a batch needs, by and by more; then there is room again.

    Returns: None where no disk can be made: that takes root, and the server on the same machine.
    """
    with small_disk(project) as disk:
        if disk is None:
            return None
        outcome = Outcome("full disk, retried when there is room", project.settings["type"])
        project.execute(f"create tablespace small location '{disk}'")
        for statement in (
            "alter table predictions.demo__predictions set tablespace {}",
            "alter index predictions.prediction_once set tablespace {}",
        ):
            project.execute(statement.format("small"))
        before = room(disk)
        zygote.start(project).wait()
        needed = before - room(disk)
        filler = disk / "filler"
        for number in range(times):
            project.execute("truncate predictions.demo__predictions, predictions.demo__batches", "checkpoint")
            filler.write_bytes(bytes(room(disk) - needed * number // times))
            last = zygote.start(project).wait()
            if last != "done" and not ("disk is full" in last and last.startswith(("failed 1", "failed 2"))):
                outcome.violations.append(f"{number}: it said {last}")
            outcome.hit += last != "done"
            if (found := state(project)) not in (EMPTY, whole(n_rows)):
                outcome.violations.append(f"{number}: after the full disk {found}")
            filler.unlink()
            retry(project, zygote, n_rows, outcome, number)
        project.execute(
            "alter table predictions.demo__predictions set tablespace pg_default",
            "alter index predictions.prediction_once set tablespace pg_default",
            "drop tablespace small",
        )
    return outcome


@contextmanager
def small_disk(project: Project) -> Iterator[Path | None]:
    """A file system in memory that belongs to the server's user; None where there can be none."""
    ((data,),) = project.execute("select current_setting('data_directory')")
    folder = Path(tempfile.mkdtemp(prefix="insitu-disk-"))
    mounted = False
    try:
        if os.geteuid() == 0 and Path(data).exists():
            mount: Any = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
            mounted = subprocess.run(mount, capture_output=True).returncode == 0
        if not mounted:
            yield None
            return
        owner = Path(data).stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
        yield folder
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        with suppress(OSError):
            folder.rmdir()


def room(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
