"""Backtest: the same candidate refitted at past dates, when it is asked for."""

from typing import Any

import pyarrow as pa

from insitu.nodes.empty import runs_empty
from insitu.nodes.interrupt import interruptible
from insitu.nodes.session import Session, clear_errors, own_rows
from insitu.nodes.snapshot import current_snapshot
from insitu.quoting import identifiers
from insitu.training.backtest import SCHEMA
from insitu.training.backtest import backtest as run_backtest
from insitu.warehouse.lazy_query import LazyQuery


@clear_errors
def backtest(
    dbt: Any, session: Session, meta: dict[str, Any], training_set: LazyQuery, snapshots: LazyQuery
) -> pa.Table:
    """Body of `<use_case>__backtest`: made once per snapshot, in builds with `--vars '{insitu_backtest: true}'`.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node: the use case under `ml`, and whether to run under `run_backtest`.
        training_set: `<use_case>__training_set`; says which snapshot is current.
        snapshots: `<use_case>__snapshots`; the rows that are fitted and scored.

    Returns:
        One row per date of training and scored period (`insitu.training.backtest.SCHEMA`).
    """
    if str(meta.get("run_backtest", False)).lower() != "true":
        return SCHEMA.empty_table()
    use_case = dbt.this.identifier.removesuffix("__backtest")
    if runs_empty(f"no backtest of {use_case} is made"):
        return SCHEMA.empty_table()
    snapshot = current_snapshot(training_set, use_case)
    columns = identifiers(*training_set.columns)
    rows = snapshots.filter(snapshot.condition).project(columns).to_arrow_reader(100_000).read_all()
    existing = {key for (key,) in own_rows(dbt, session, "distinct backtest_key")}
    with interruptible():
        return run_backtest(
            meta["ml"], use_case, rows, existing=existing, progress=lambda line: print(line, flush=True)
        )
