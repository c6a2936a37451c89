"""Lets Ctrl-C stop a model that is being fitted.

dbt runs models in worker threads. On Ctrl-C it cancels their queries and waits for them. A thread that is fitting has
no query to cancel, so dbt would wait until the last candidate is trained.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CANCELLING = ("LogCancelLine", "QueryCancelationUnsupported")  # dbt's events while it ends after Ctrl-C


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C raise KeyboardInterrupt in the block, also where it runs in one of dbt's worker threads."""
    from dbt_common.events.event_manager_client import get_event_manager

    worker = threading.get_ident()
    if threading.current_thread() is threading.main_thread():
        yield
        return

    def listen(event: Any) -> None:
        if event.info.name in CANCELLING:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker), ctypes.py_object(KeyboardInterrupt))

    callbacks = get_event_manager().callbacks
    callbacks.append(listen)
    try:
        yield
    finally:
        if listen in callbacks:
            callbacks.remove(listen)
