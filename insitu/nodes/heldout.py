"""Held-out predictions: every model version on the validation and test rows of the current snapshot."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.nodes.empty import runs_empty
from insitu.nodes.scores import Scored, as_text, missing_columns, score_batches, score_fields
from insitu.nodes.session import Session, clear_errors, own_rows, rows
from insitu.nodes.snapshot import Snapshot, current_snapshot
from insitu.quoting import identifier, identifiers, literal
from insitu.registry.model import Model
from insitu.training.fitting.frame import plain_field
from insitu.warehouse.lazy_query import LazyQuery

BATCH_ROWS = 100_000


@clear_errors
def predict_heldout(
    dbt: Any, session: Session, meta: dict[str, Any], training_set: LazyQuery, snapshots: LazyQuery, models: LazyQuery
) -> pa.RecordBatchReader:
    """Body of `<use_case>__heldout_predictions`.

    Versions trained on this snapshot predict its validation and its test; versions of other snapshots up to the same
    moment predict the test only, to be compared with the new ones. Versions of a later moment are left out, and so are
    those that were fitted to rows of this test or after it began (when it was shorter), or need a feature that is gone.

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
        f"training_as_of <= timestamp '{snapshot.training_as_of}' or {snapshot.condition}"
    )
    not_done = [row for row in rows(trained) if (row["model_version"], snapshot.snapshot_id) not in done]
    seen = _fitted_to_test(config, snapshots, snapshot, {row["snapshot_id"] for row in not_done})
    pending = []
    for row in not_done:
        gone = missing_columns(row, training_set.columns)
        if gone:
            print(f"  {row['model_version']} is not compared: {gone} of its features are gone", flush=True)
        elif row["snapshot_id"] in seen:
            print(f"  {row['model_version']} is not compared: it was fitted to rows of this test", flush=True)
        else:
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


def _fitted_to_test(config: UseCase, snapshots: LazyQuery, snapshot: Snapshot, others: set[str]) -> set[str]:
    """Which of other snapshots were fitted to rows that are not before this one's test."""
    time = identifier(config.as_of)
    test = snapshots.filter(f"{snapshot.condition} and split = 'test'").aggregate(f"min({time})", "split").fetchall()
    if not test or not others:
        return set()
    named = ", ".join(map(literal, sorted(others)))
    fitted = snapshots.filter(f"snapshot_id in ({named}) and split in ('train', 'validation', 'refit')")
    later = fitted.filter(f"{time} >= timestamp '{test[0][0]}'").aggregate("snapshot_id", "snapshot_id")
    return {row[0] for row in later.fetchall()}


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
