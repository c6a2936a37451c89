"""Tell every address what it has not been told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from insitu.alerts.addresses import Address
from insitu.alerts.outbox import Outbox

ATTEMPTS = 3  # in one run; the next run begins anew
PAUSE = 2.0  # seconds before the second attempt, twice that before the third


@dataclass
class Outcome:
    """Messages by what became of them, and the addresses that did not take theirs."""

    sent: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def notify(outbox: Outbox, addresses: Sequence[Address], pause: float = PAUSE) -> Outcome:
    """Queue what is new, and send whatever waits, also from earlier runs."""
    by_name = {address.name: address for address in addresses}
    names = list(by_name)
    outbox.queue(names)
    outcome = Outcome()
    done: list[str] = []
    while taken := outbox.take(names, done):
        done.append(taken.message_id)
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(pause * 2 ** (attempt - 1))
            sent = by_name[taken.address].send(taken.message_id, taken.title, taken.body, taken.kind)
            if sent:
                break
        outbox.record(taken, sent)
        if sent:
            outcome.sent += 1
        else:
            outcome.failed[taken.address] += 1
    return outcome
