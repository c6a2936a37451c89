"""Forks scorers from a process that has imported all they need, since a campaign kills hundreds of them.

Reads requests as lines of JSON and answers with the process ids. What a scorer did stands in a file of its own:
`began`, `committing`, `done` or `failed <exit code> <message>`, a line each.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from insitu import threads  # noqa: F401  # before scikit-learn
from insitu.errors import InsituError
from insitu.scoring import batch
from insitu.scoring.options import Options
from insitu.scoring.publish.duckdb_copy import publish_copy
from insitu.warehouse.errors import explained
from tests.faults.demo import Project

Writer = Any


def as_built(project: Project, request: dict[str, Any], say: Any) -> None:
    """The scorer, which says when it begins to commit."""
    append = batch._append

    def telling(*given: Any) -> int:
        written = append(*given)
        say("committing")
        return written

    batch._append = telling
    batch.score_built(project, "demo", options=Options(where=request.get("where")))  # type: ignore[arg-type]


def in_two_steps(project: Project, request: dict[str, Any], say: Any) -> None:
    """A broken one: predictions first and the ledger afterwards, in transactions of their own, without a lock."""
    from insitu.warehouse import connect

    append = batch._append

    def apart(transaction: Any, relation: Any, predictions: Any, options: Any) -> int:
        with connect(project, read_only=False) as first, first.changing() as own:  # type: ignore[arg-type]
            own.append(relation["predictions"], predictions.rows)
            say("committing")
        with connect(project, read_only=False) as second, second.changing() as own:  # type: ignore[arg-type]
            own.append(relation["batches"], batch.ledger.as_table(predictions.batches).to_reader())
        return 0

    batch._append = apart if project.settings["type"] != "duckdb" else append
    if project.settings["type"] == "duckdb":
        _in_two_steps_on_duckdb(project, say)
    else:
        batch._existing = lambda *given: batch.Existing(lambda query: [])
        batch.score_built(project, "demo")  # type: ignore[arg-type]


def _in_two_steps_on_duckdb(project: Project, say: Any) -> None:
    """A file has one connection for the whole run: its transaction is ended in between."""

    def apart(transaction: Any, relation: Any, predictions: Any, options: Any) -> int:
        written = transaction.append(relation["predictions"], predictions.rows)
        say("committing")
        transaction.execute("commit")
        transaction.execute("begin")
        transaction.append(relation["batches"], batch.ledger.as_table(predictions.batches).to_reader())
        return int(written)

    batch._append = apart
    batch.score_built(project, "demo")  # type: ignore[arg-type]


def publisher(project: Project, request: dict[str, Any], say: Any) -> None:
    """Publishes a copy."""
    from tests.faults.test_publish import RELATIONS

    say("committing")
    publish_copy(Path(project.settings["path"]), Path(request["folder"]), RELATIONS)


WRITERS: dict[str, Writer] = {"as_built": as_built, "in_two_steps": in_two_steps, "publisher": publisher}


def work(request: dict[str, Any]) -> None:
    """One scorer, in a process of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # that is where the process ids are told
    file = os.open(request["file"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(what: str) -> None:
        os.write(file, f"{what}\n".encode())

    if limit := request.get("file_size"):
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    say("began")
    try:
        WRITERS[request["writer"]](Project(request["settings"]), request, say)
        say("done")
    except BaseException as error:
        clear = error if isinstance(error, InsituError) else explained(error)
        code = clear.exit_code if clear else "unexplained"
        say(f"failed {code} {' '.join(str(clear or repr(error)).split())}")


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            with suppress(BaseException):
                work(json.loads(line))
            os._exit(0)
        print(process, flush=True)


if __name__ == "__main__":
    main()
