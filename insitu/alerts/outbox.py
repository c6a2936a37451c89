"""The outbox: what is to be told to whom, each taken by one notifier at a time.

Every step is a transaction of its own under the lock of the table, and no connection is open while a message is on its
way: a slow mail server holds nobody up, nor, on DuckDB, the file. A message is `sending` from the moment it is taken. A
notifier that is killed leaves it so; after `LEASE` another takes it, since nobody can know whether it arrived. So a
message comes once, and twice only where its notifier was killed, or the connection broke, between delivery and record;
both copies then have the same message id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from insitu.alerts.changes import Key, Message, messages, unsaid
from insitu.alerts.episodes import MODEL, OUTBOX, from_rows, relation_of
from insitu.moments import utc_now
from insitu.quoting import literal
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Transaction, Warehouse

LEASE = timedelta(minutes=10)  # longer than any service waits
PATIENCE = 60.0  # seconds until a DuckDB file that another process holds is given up
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("message_id", "address", "use_case", "episode_id", "change")),
        ("changed_at", pa.timestamp("us")),
        *((name, pa.string()) for name in ("severity", "title", "body", "state")),
        ("attempts", pa.int64()),
        ("queued_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class Taken:
    """A message that this notifier has taken, for the n-th time."""

    message_id: str
    address: str
    title: str
    body: str
    kind: str
    attempts: int


class Outbox:
    """The outbox of a project."""

    def __init__(self, project: Project, use_cases: Sequence[str]) -> None:
        self.project = project
        self.use_cases = list(use_cases)

    def queue(self, addresses: Sequence[str]) -> int:
        """Write down what each address has not been told yet; how many messages that makes."""
        with self._locked() as (warehouse, transaction, outbox):
            rows = transaction.query(f"select * from {relation_of(self.project, warehouse, MODEL)}")
            episodes = [each for each in from_rows(rows) if each.use_case in self.use_cases]
            told = transaction.query(
                f"select address, episode_id, change, changed_at, severity from {outbox}"
            ).to_pylist()
            name, place = self.project.settings.get("name"), self.project.credentials.database
            sender = f"{name} {place} {self.project.relation(MODEL)}"
            found: list[tuple[str, Message]] = []
            for address in addresses:
                known: set[Key] = {
                    (row["episode_id"], row["change"], row["changed_at"], row["severity"])
                    for row in told
                    if row["address"] == address
                }
                found += [(address, each) for each in messages(sender, address, unsaid(episodes, known))]
            if found:
                transaction.append(outbox, _rows(found).to_reader())
        return len(found)

    def take(self, addresses: Sequence[str], but: Sequence[str]) -> Taken | None:
        """The next message to send, which nobody else takes now; None where there is none.

        Args:
            but: messages to leave for the next run.
        """
        now = utc_now()
        with self._locked() as (_, transaction, outbox):
            waiting = transaction.query(
                f"""select message_id, address, title, body, min(change) as change, min(severity) as severity,
                    max(attempts) as attempts
                from {outbox}
                where address in ({_list(addresses)}) and use_case in ({_list(self.use_cases)})
                    and message_id not in ({_list(but)})
                    and (state in ('queued', 'failed') or (state = 'sending' and attempted_at < {_moment(now - LEASE)}))
                group by message_id, address, title, body
                order by min(queued_at), min(severity), message_id
                limit 1"""
            ).to_pylist()
            if not waiting:
                return None
            (row,) = waiting
            attempts = int(row["attempts"]) + 1
            transaction.execute(
                f"update {outbox} set state = 'sending', attempts = {attempts}, attempted_at = {_moment(now)} "
                f"where message_id = {literal(row['message_id'])}"
            )
        kind = {"opened": "failure" if row["severity"] == "error" else "warning", "resolved": "success"}
        change = str(row["change"])
        return Taken(row["message_id"], row["address"], row["title"], row["body"], kind.get(change, "info"), attempts)

    def record(self, taken: Taken, sent: bool) -> None:
        """Write down what became of it, unless another has taken it since."""
        became = f"state = 'sent', sent_at = {_moment(utc_now())}" if sent else "state = 'failed'"
        with self._locked() as (_, transaction, outbox):
            transaction.execute(
                f"update {outbox} set {became} "
                f"where message_id = {literal(taken.message_id)} and state = 'sending' and attempts = {taken.attempts}"
            )

    @contextmanager
    def _locked(self) -> Iterator[tuple[Warehouse, Transaction, str]]:
        with connect(self.project, read_only=False, patience=PATIENCE) as warehouse:
            outbox = relation_of(self.project, warehouse, OUTBOX)
            with warehouse.appending(outbox) as transaction:
                yield warehouse, transaction, outbox


def _rows(found: Sequence[tuple[str, Message]]) -> pa.Table:
    now = utc_now()
    rows = []
    for address, message in found:
        text = {"message_id": message.message_id, "title": message.title, "body": message.body}
        for change in message.changes:
            episode_id, what, changed_at, severity = change.key
            of = {"use_case": change.episode.use_case, "episode_id": episode_id, "change": what, "severity": severity}
            rows.append(
                {**text, **of, "address": address, "changed_at": changed_at, "state": "queued", "attempts": 0}
                | {"queued_at": now}
            )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _list(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts)) or "''"


def _moment(value: datetime) -> str:
    return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
