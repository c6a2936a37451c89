"""Train: a snapshot in, registry rows out."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from insitu.config import parse
from insitu.nodes.evidence import point_in_time
from insitu.nodes.interrupt import interruptible
from insitu.nodes.session import Session, clear_errors, own_rows, table
from insitu.nodes.snapshot import current_snapshot
from insitu.nodes.target import target_path
from insitu.quoting import identifiers
from insitu.training.checkpoint import Checkpoint
from insitu.training.keys import nothing_new
from insitu.training.schema import MODELS_SCHEMA
from insitu.training.train import train as train_candidates
from insitu.warehouse.lazy_query import LazyQuery


@clear_errors
def train(dbt: Any, session: Session, meta: dict[str, Any], training_set: LazyQuery, snapshots: LazyQuery) -> pa.Table:
    """Body of `<use_case>__models`: fit the candidates that this snapshot, code and configuration have not seen yet.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        training_set: `<use_case>__training_set`; says which snapshot and which columns are current.
        snapshots: `<use_case>__snapshots`; the rows that are trained on.

    Returns:
        One row per newly fitted candidate; none when nothing changed.
    """
    use_case = dbt.this.identifier.removesuffix("__models")
    snapshot = current_snapshot(training_set, use_case)
    registered = own_rows(
        dbt, session, "training_key, candidate, snapshot_id, config_hash, code_hash, library_versions"
    )
    existing = {key for key, *_ in registered}
    if nothing_new(parse(meta["ml"], use_case), snapshot.snapshot_id, {tuple(rest) for _, *rest in registered}):
        Checkpoint(checkpoints()).forget(existing)
        return MODELS_SCHEMA.empty_table()
    columns = identifiers(*training_set.columns)
    rows = snapshots.filter(snapshot.condition).project(columns).to_arrow_reader(100_000)
    with interruptible():
        trained = train_candidates(meta["ml"], use_case, rows, existing, checkpoints=checkpoints())
    if trained.num_rows:
        found = point_in_time(partial(table, session), use_case)
        verdict = dict(zip(("point_in_time", "point_in_time_message"), found, strict=True))
        for name, value in verdict.items():
            position = trained.schema.get_field_index(name)
            column = pa.repeat(pa.scalar(value, pa.string()), trained.num_rows)
            trained = trained.set_column(position, trained.schema.field(position), column)
    return trained


def checkpoints() -> Path | None:
    """The folder, in dbt's target folder, for finished candidates of a build that was stopped before it wrote them."""
    target = target_path()
    return None if target is None else target / "insitu_finished_candidates"
