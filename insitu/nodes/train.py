"""Train: a snapshot in, registry rows out."""

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from insitu.config import parse
from insitu.nodes.empty import runs_empty
from insitu.nodes.evidence import point_in_time
from insitu.nodes.interrupt import interruptible
from insitu.nodes.session import Session, clear_errors, own_rows, table
from insitu.nodes.snapshot import Snapshot, current_snapshot
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
        One row per newly fitted candidate, and the rows of this snapshot whose point-in-time verdict is another now;
        none when nothing changed.
    """
    use_case = dbt.this.identifier.removesuffix("__models")
    if runs_empty(f"no model of {use_case} is trained"):
        return MODELS_SCHEMA.empty_table()
    snapshot = current_snapshot(training_set, use_case)
    registered = own_rows(
        dbt, session, "training_key, candidate, snapshot_id, config_hash, code_hash, library_versions"
    )
    existing = {key for key, *_ in registered}
    if nothing_new(parse(meta["ml"], use_case), snapshot.snapshot_id, {tuple(rest) for _, *rest in registered}):
        Checkpoint(checkpoints()).forget(existing)
        trained = MODELS_SCHEMA.empty_table()
    else:
        columns = identifiers(*training_set.columns)
        rows = snapshots.filter(snapshot.condition).project(columns).to_arrow_reader(100_000)
        with interruptible():
            trained = train_candidates(meta["ml"], use_case, rows, existing, checkpoints=checkpoints())
    unproved = _unproved(dbt, session, snapshot)
    if not (trained.num_rows or unproved.num_rows):
        return trained
    verdict = point_in_time(partial(table, session), use_case)
    changed = unproved.filter(
        pc.or_(
            pc.not_equal(pc.fill_null(unproved["point_in_time"], ""), verdict[0]),
            pc.not_equal(pc.fill_null(unproved["point_in_time_message"], ""), verdict[1] or ""),
        )
    )
    return _judged(pa.concat_tables([trained, changed]), verdict)


def _unproved(dbt: Any, session: Session, snapshot: Snapshot) -> pa.Table:
    """The registered versions of this snapshot that are not proved: a declaration may have been corrected since."""
    if not dbt.is_incremental:
        return MODELS_SCHEMA.empty_table()
    found = session.sql(
        f"select * from {dbt.this} where {snapshot.condition} and status = 'trained' "
        "and coalesce(point_in_time, '') <> 'proved'"
    )
    known = set(found.columns)
    rows = found.to_arrow_reader(100).read_all().select([name for name in MODELS_SCHEMA.names if name in known])
    missing = [field for field in MODELS_SCHEMA if field.name not in known]
    for field in missing:
        rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(MODELS_SCHEMA.names).cast(MODELS_SCHEMA)


def _judged(rows: pa.Table, verdict: tuple[str, str | None]) -> pa.Table:
    for name, value in zip(("point_in_time", "point_in_time_message"), verdict, strict=True):
        position = rows.schema.get_field_index(name)
        column = pa.repeat(pa.scalar(value, pa.string()), rows.num_rows)
        rows = rows.set_column(position, rows.schema.field(position), column)
    return rows


def checkpoints() -> Path | None:
    """The folder, in dbt's target folder, for finished candidates of a build that was stopped before it wrote them."""
    target = target_path()
    return None if target is None else target / "insitu_finished_candidates"
