"""Held-out predictions: every model version on the validation and test rows of the current snapshot."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.nodes.session import Session, clear_errors, own_rows, rows, text_literal
from insitu.nodes.snapshot import current_snapshot
from insitu.registry import Model
from insitu.warehouse.relation import Relation

BATCH_ROWS = 100_000


@clear_errors
def predict_heldout(
    dbt: Any, session: Session, meta: dict[str, Any], training_set: Relation, snapshots: Relation, models: Relation
) -> pa.RecordBatchReader:
    """Body of `<use_case>__heldout_predictions`.

    Versions trained on this snapshot predict its validation and its test; versions of earlier trainings predict the
    test only, as rivals of the new ones. A version trained later than this snapshot may have seen its rows: left out.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        training_set: `<use_case>__training_set`; says which snapshot is current.
        snapshots: `<use_case>__snapshots`.
        models: `<use_case>__models`.

    Returns:
        Rows of model version, snapshot, split, entity, as_of, label, score that are not in the table yet.
    """
    use_case = dbt.this.identifier.removesuffix("__heldout_predictions")
    config = parse(meta["ml"], use_case)
    snapshot = current_snapshot(training_set, use_case)
    done = set(own_rows(dbt, session, "distinct model_version, snapshot_id"))
    trained = models.filter("status = 'trained'").filter(
        f"training_as_of < timestamp '{snapshot.training_as_of}' or {snapshot.condition}"
    )
    pending = [row for row in rows(trained) if (row["model_version"], snapshot.snapshot_id) not in done]

    def batches() -> Iterator[pa.RecordBatch]:
        for row in pending:
            own = row["snapshot_id"] == snapshot.snapshot_id
            for split in ("validation", "test") if own else ("test",):
                model = Model.from_row(row, split, config.trusted_types)
                heldout = snapshots.filter(f"{snapshot.condition} and split = {text_literal(split)}")
                for batch, scores in model.predict_batches(
                    heldout.to_arrow_reader(BATCH_ROWS), f"{use_case}__snapshots"
                ):
                    yield _scored(row["model_version"], config, batch, scores)

    return pa.RecordBatchReader.from_batches(_schema(config, snapshots), batches())


def _schema(config: UseCase, snapshots: Relation) -> pa.Schema:
    kept = snapshots.limit(0).to_arrow_reader(1).schema
    keys = [kept.field(name) for name in (*config.entity, config.as_of)]
    return pa.schema(
        [
            ("model_version", pa.string()),
            ("snapshot_id", pa.string()),
            ("split", pa.string()),
            *keys,
            ("label", pa.float64()),
            ("score", pa.float64()),
        ]
    )


def _scored(model_version: str, config: UseCase, batch: pa.RecordBatch, scores: Any) -> pa.RecordBatch:
    columns = {
        "model_version": pa.repeat(pa.scalar(model_version), batch.num_rows),
        "snapshot_id": batch.column("snapshot_id"),
        "split": batch.column("split"),
        **{name: batch.column(name) for name in (*config.entity, config.as_of)},
        "label": batch.column(config.label).cast(pa.float64()),
        "score": pa.array(scores, pa.float64()),
    }
    return pa.RecordBatch.from_pydict(columns)
