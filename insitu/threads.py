"""Use all cores without oversubscribing them.

BLAS runs on one thread: several would add up a sum in another order and change its last digits, and the same snapshot
must give the same model on any number of cores. The OpenMP loops of tree learners give the same result with any number
of threads, so they use all cores, except on small data, where starting threads takes longer than the work.

Import this before scikit-learn: the OpenMP runtime reads its settings once, when it is loaded.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

# By default, waiting threads spin and take processor time from everyone else on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

SMALL = 20_000  # rows


def thread_count(rows: int | None = None) -> int:
    """How many threads to use for this many rows; the environment variable INSITU_THREADS sets an upper bound."""
    if rows is not None and rows < SMALL:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("INSITU_THREADS", "")
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


@functools.lru_cache(maxsize=4)
def _pools(loaded: tuple[bool, ...]) -> ThreadpoolController:
    """The thread pools of the libraries loaded so far. Finding them takes milliseconds, so the result is kept."""
    return ThreadpoolController()


@contextmanager
def limited(rows: int | None = None) -> Iterator[None]:
    """BLAS on one thread, OpenMP on `thread_count(rows)`."""
    pools = _pools(tuple(name in sys.modules for name in ("sklearn.ensemble", "lightgbm", "xgboost", "scipy.linalg")))
    with pools.limit(limits=1, user_api="blas"), pools.limit(limits=thread_count(rows), user_api="openmp"):
        yield
