"""The cores are used, and not several times over.

BLAS runs on one thread: sums in another order give other last digits, and the same snapshot must give the same model on
any number of cores. OpenMP loops of tree learners do not depend on the number of threads and use all cores, except on
small data, where waiting for each other takes longer than the work.

Import this before scikit-learn: the OpenMP runtime reads its settings once, when it is loaded.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

# Waiting threads spin by default, which starves everyone else on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

SMALL = 20_000  # rows


def thread_count(rows: int | None = None) -> int:
    """Threads worth using for so many rows; the variable INSITU_THREADS lowers it."""
    if rows is not None and rows < SMALL:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("INSITU_THREADS", "")
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


@functools.lru_cache(maxsize=4)
def _pools(loaded: tuple[bool, ...]) -> ThreadpoolController:
    """The thread pools of the libraries loaded by now; finding them takes milliseconds, so it is done once."""
    return ThreadpoolController()


@contextmanager
def limited(rows: int | None = None) -> Iterator[None]:
    """BLAS on one thread, OpenMP on `thread_count(rows)`."""
    pools = _pools(tuple(name in sys.modules for name in ("sklearn.ensemble", "lightgbm", "xgboost", "scipy.linalg")))
    with pools.limit(limits=1, user_api="blas"), pools.limit(limits=thread_count(rows), user_api="openmp"):
        yield
