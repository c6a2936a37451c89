"""Held-out predictions: every model version on the validation and test rows of the current snapshot."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.nodes.empty import runs_empty
from insitu.nodes.scores import Scored, as_text, missing_columns, score_batches, score_fields
from insitu.nodes.session import Session, clear_errors, own_rows, rows
from insitu.nodes.snapshot import current_snapshot
from insitu.quoting import identifiers, literal
from insitu.registry.model import Model
from insitu.training.fitting.frame import plain_field
from insitu.warehouse.lazy_query import LazyQuery

BATCH_ROWS = 100_000


@clear_errors
def predict_heldout(
    dbt: Any, session: Session, meta: dict[str, Any], training_set: LazyQuery, snapshots: LazyQuery, models: LazyQuery
) -> pa.RecordBatchReader:
    """Body of `<use_case>__heldout_predictions`.

    Versions trained on this snapshot predict its validation and its test; versions of earlier trainings predict the
    test only, to be compared with the new ones. Versions trained after this snapshot are left out: they may have seen
    its rows. So are those that need a feature which is gone.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        training_set: `<use_case>__training_set`; says which snapshot is current.
        snapshots: `<use_case>__snapshots`.
        models: `<use_case>__models`.

    Returns:
        Rows of model version, snapshot, split, entity, as_of, label and scores that are not in the table yet; in a
        multiclass task one row per class.
    """
    use_case = dbt.this.identifier.removesuffix("__heldout_predictions")
    config = parse(meta["ml"], use_case)
    schema = _schema(config, snapshots)
    if runs_empty(f"no held-out rows of {use_case} are predicted"):
        return pa.RecordBatchReader.from_batches(schema, [])
    snapshot = current_snapshot(training_set, use_case)
    done = set(own_rows(dbt, session, "distinct model_version, snapshot_id"))
    trained = models.filter("status = 'trained'").filter(
        f"training_as_of < timestamp '{snapshot.training_as_of}' or {snapshot.condition}"
    )
    pending = []
    for row in rows(trained):
        gone = missing_columns(row, training_set.columns)
        if gone:
            print(f"  {row['model_version']} is not compared: {gone} of its features are gone", flush=True)
        elif (row["model_version"], snapshot.snapshot_id) not in done:
            pending.append(row)

    def batches() -> Iterator[pa.RecordBatch]:
        for row in pending:
            own = row["snapshot_id"] == snapshot.snapshot_id
            for split in ("validation", "test") if own else ("test",):
                model = Model.from_row(row, split, config.trusted_types)
                # Always in one order: the last digit of a linear model's score depends on a row's place in its batch.
                heldout = snapshots.filter(f"{snapshot.condition} and split = {literal(split)}").order(
                    identifiers(config.as_of, *config.entity)
                )
                reader = heldout.to_arrow_reader(BATCH_ROWS)
                for scored in score_batches(config, model, reader, f"{use_case}__snapshots"):
                    yield _heldout(model.model_version, config, scored, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _schema(config: UseCase, snapshots: LazyQuery) -> pa.Schema:
    kept = snapshots.limit(0).to_arrow_reader(1).schema
    keys = [plain_field(kept.field(name)) for name in config.key]
    return pa.schema(
        [
            ("model_version", pa.string()),
            ("snapshot_id", pa.string()),
            ("split", pa.string()),
            *keys,
            ("label", pa.string() if config.task == "multiclass" else pa.float64()),
            *score_fields(config),
        ]
    )


def _heldout(model_version: str, config: UseCase, scored: Scored, schema: pa.Schema) -> pa.RecordBatch:
    label = scored.rows.column(config.label)
    columns = {
        "model_version": pa.repeat(pa.scalar(model_version), scored.rows.num_rows),
        **{name: scored.rows.column(name) for name in ("snapshot_id", "split", *config.key)},
        "label": as_text(label) if config.task == "multiclass" else label.cast(pa.float64()),
        **scored.columns,
    }
    return pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in schema], schema=schema)
