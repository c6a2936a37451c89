"""Predictions: the champion on the scoring set, one batch per champion and contents of the set."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.errors import InsituError
from insitu.nodes.empty import runs_empty
from insitu.nodes.scores import missing_columns, score_batches, score_fields
from insitu.nodes.session import Session, clear_errors, own_rows_locked, rows
from insitu.quoting import literal
from insitu.registry.model import Model
from insitu.training.fitting.frame import plain_field
from insitu.warehouse.lazy_query import LazyQuery

BATCH_ROWS = 100_000


@clear_errors
def predict(
    dbt: Any, session: Session, meta: dict[str, Any], scoring_set: LazyQuery, models: LazyQuery, champion: LazyQuery
) -> pa.RecordBatchReader:
    """Body of `<use_case>__predictions`: the same batch twice adds nothing.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        scoring_set: `<use_case>__scoring_set`.
        models: `<use_case>__models`.
        champion: `<use_case>__champion`.

    Returns:
        Rows of batch, model version, entity, as_of and scores, in a multiclass task one per class; none when the batch
        is there already.
    """
    use_case = dbt.this.identifier.removesuffix("__predictions")
    config = parse(meta["ml"], use_case)
    if runs_empty(f"nothing of {use_case} is predicted"):
        return pa.RecordBatchReader.from_batches(_schema(config, scoring_set), [])
    existing = {batch_id for (batch_id,) in own_rows_locked(dbt, session, "distinct batch_id")}
    return predict_batch(config, use_case, scoring_set, models, champion, existing)


def predict_batch(
    config: UseCase, use_case: str, scoring_set: LazyQuery, models: LazyQuery, champion: LazyQuery, existing: set[str]
) -> pa.RecordBatchReader:
    """Apply the champion to the scoring set, streaming; the dbt node and the batch scorer both end here.

    Raises:
        InsituError: there is no champion for the time of the set, or its bytes are not those that were registered.
    """
    schema = _schema(config, scoring_set)
    contents = scoring_set.project("scoring_set_id, batch_as_of").limit(1).fetchall()
    if not contents:
        return pa.RecordBatchReader.from_batches(schema, [])
    model_row = _champion(use_case, models, champion, contents[0][1])
    artifact_hash = model_row.get("deployed_artifact_sha256") or model_row["artifact_sha256"]
    batch_id = _batch_id(artifact_hash, *contents[0])
    if batch_id in existing:
        return pa.RecordBatchReader.from_batches(schema, [])
    if gone := missing_columns(model_row, scoring_set.columns):
        raise InsituError(
            f"The champion `{model_row['model_version']}` of `{use_case}` was trained with {gone}, which "
            f"`{use_case}__features` no longer has. Bring it back, or put a version that was trained on the present "
            f"features in charge: dbt build --select +{use_case}__champion trains and judges one, without the old "
            "champion as a rival; or pin one in the seed `promotion_overrides`."
        )
    model = Model.from_row(model_row, "deployed", config.trusted_types)
    predicted_at = datetime.now(UTC).replace(tzinfo=None)
    reader = scoring_set.to_arrow_reader(BATCH_ROWS)
    try:
        model.signature.validate(reader.schema, f"{use_case}__scoring_set")
    except InsituError as error:
        raise InsituError(
            f"{error} Or put a version that was trained on the present features in charge: pin it in the seed "
            "`promotion_overrides`."
        ) from None

    def batches() -> Iterator[pa.RecordBatch]:
        for scored in score_batches(config, model, reader, f"{use_case}__scoring_set"):
            constants = {"batch_id": batch_id, "model_version": model.model_version, "predicted_at": predicted_at}
            columns = {name: pa.repeat(pa.scalar(value), scored.rows.num_rows) for name, value in constants.items()}
            columns |= {name: scored.rows.column(name) for name in ("batch_as_of", *config.key)}
            columns |= scored.columns
            yield pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in schema], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _batch_id(artifact_sha256: str, scoring_set_id: str, batch_as_of: datetime) -> str:
    """Deterministic: the same model on the same rows at the same time is the same batch."""
    return sha256(f"{artifact_sha256}:{scoring_set_id}:{batch_as_of.isoformat()}".encode()).hexdigest()[:16]


def _champion(use_case: str, models: LazyQuery, champion: LazyQuery, batch_as_of: datetime) -> dict[str, Any]:
    """The registry's row of the version that was in charge when the batch is due."""
    if "holds_until" not in champion.columns:
        raise InsituError(
            f"`{use_case}__champion` does not say for which time it holds: an earlier version of Insitu built it. "
            f"Build it again: dbt run --select {use_case}__champion."
        )
    found = champion.project("model_version, holds_from, holds_until").fetchall()
    if not found:
        raise InsituError(f"`{use_case}` has no champion at {batch_as_of}: {_why(use_case, models, batch_as_of)}")
    version, start, end = found[0]
    if batch_as_of < start or (end is not None and batch_as_of >= end):
        until = f"to {end}" if end is not None else "on"
        raise InsituError(
            f"`{use_case}__champion` says who was in charge from {start} {until}, and `{use_case}__scoring_set` is for "
            f"{batch_as_of}. Build both for one time: dbt run --select {use_case}__scoring_set {use_case}__champion "
            f"--vars '{{insitu_as_of: \"{batch_as_of}\"}}'."
        )
    return rows(models.filter(f"model_version = {literal(version)}"))[0]


def _why(use_case: str, models: LazyQuery, batch_as_of: datetime) -> str:
    trained = [row[0] for row in models.filter("status = 'trained'").project("training_as_of").fetchall()]
    if trained and min(trained) > batch_as_of:
        return (
            f"its first version was trained for {min(trained)}. Build all of it for the earlier time "
            f"(dbt build --vars '{{insitu_as_of: \"{batch_as_of}\"}}'), or score a later one."
        )
    return (
        f"`{use_case}__promotions` says why each candidate was rejected; pin one in the seed `promotion_overrides` to "
        "use it all the same."
    )


def _schema(config: UseCase, scoring_set: LazyQuery) -> pa.Schema:
    source = scoring_set.limit(0).to_arrow_reader(1).schema
    key = ["batch_id", *config.key, *(["class"] if config.task == "multiclass" else [])]
    return pa.schema(
        [
            ("batch_id", pa.string()),
            ("batch_as_of", pa.timestamp("us")),
            ("model_version", pa.string()),
            *[plain_field(source.field(name)) for name in config.key],
            *score_fields(config),
            ("predicted_at", pa.timestamp("us")),
        ],
        {"unique_key": json.dumps(key)},
    )
