"""dbt's `--empty` builds every table without rows: there is nothing to train, to score or to predict with."""

from __future__ import annotations


def runs_empty(what: str) -> bool:
    """Whether dbt runs with `--empty`; then says that `what` is not done."""
    from dbt.flags import get_flags

    empty = bool(getattr(get_flags(), "EMPTY", False))
    if empty:
        print(f"dbt runs with --empty: {what}.", flush=True)
    return empty
