"""Predictions: the models in charge on what fell due, one batch per model and run."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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
    dbt: Any, session: Session, meta: dict[str, Any], due: LazyQuery, models: LazyQuery, champion: LazyQuery
) -> pa.RecordBatchReader:
    """Body of `<use_case>__predictions`: what fell due is scored once.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        due: `<use_case>__due`.
        models: `<use_case>__models`.
        champion: `<use_case>__champion`.

    Returns:
        Rows of batch, model version, entity, as_of and scores, in a multiclass task one per class; none when nothing
        fell due since the last run.
    """
    use_case = dbt.this.identifier.removesuffix("__predictions")
    config = parse(meta["ml"], use_case)
    if runs_empty(f"nothing of {use_case} is predicted"):
        return pa.RecordBatchReader.from_batches(_schema(config, _columns(due)), [])
    existing = {batch_id for (batch_id,) in own_rows_locked(dbt, session, "distinct batch_id")}
    return predict_due(config, use_case, due, models, champion, existing)


def predict_due(
    config: UseCase, use_case: str, due: LazyQuery, models: LazyQuery, champion: LazyQuery, existing: set[str]
) -> pa.RecordBatchReader:
    """Score what is due, streaming, one batch per model in charge; the dbt node and the batch scorer both end here.

    Args:
        existing: the batches that are there. A view that was built before there was a table of predictions cannot know
            them.

    Raises:
        InsituError: nobody is in charge, or the bytes of a model are not those that were registered.
    """
    source = _columns(due)
    schema = _schema(config, source)
    found = due_batches(due)
    unscored = [batch for batch in found if batch[0] is None]
    ids: dict[str, str] = {}
    appliers: dict[str, Model] = {}
    for version, scoring_set_id, batch_as_of, _ in found:
        if version is None:
            continue
        model_row = rows(models.filter(f"model_version = {literal(version)}"))[0]
        artifact_hash = model_row.get("deployed_artifact_sha256") or model_row["artifact_sha256"]
        batch_id = _batch_id(artifact_hash, scoring_set_id, batch_as_of)
        if batch_id not in existing:
            appliers[version] = _applier(config, use_case, source, model_row)
            ids[version] = batch_id
    if unscored and not ids:
        _say_unscored(use_case, models, champion, unscored[0][2], unscored[0][3], is_first=not existing)
    if not ids:
        return pa.RecordBatchReader.from_batches(schema, [])
    # One stream for all models: a connection has one open result.
    reader = due.filter(f"model_version in ({', '.join(map(literal, ids))})").to_arrow_reader(BATCH_ROWS)
    return pa.RecordBatchReader.from_batches(schema, _scored(config, use_case, appliers, ids, reader, schema))


def due_batches(due: LazyQuery) -> list[tuple[str | None, str, datetime, int]]:
    """What a run has to write: (model_version, scoring_set_id, batch_as_of, rows), one for each model."""
    of_model = "over (partition by model_version)"
    numbered = due.project(
        f"model_version, scoring_set_id, batch_as_of, count(*) {of_model} as n_rows, row_number() {of_model} as place"
    )
    return numbered.filter("place = 1").project("model_version, scoring_set_id, batch_as_of, n_rows").fetchall()


def _applier(config: UseCase, use_case: str, source: pa.Schema, model_row: dict[str, Any]) -> Model:
    """A registered model that can score what is due. Raises InsituError if it cannot, before anything is read."""
    if gone := missing_columns(model_row, source.names):
        raise InsituError(
            f"The champion `{model_row['model_version']}` of `{use_case}` was trained with {gone}, which "
            f"`{use_case}__features` no longer has. Bring it back, or put a version that was trained on the present "
            f"features in charge: dbt build --select +{use_case}__champion trains and judges one, without the old "
            "champion as a rival; or pin one in the seed `promotion_overrides`."
        )
    model = Model.from_row(model_row, "deployed", config.trusted_types)
    try:
        model.signature.validate(source, f"{use_case}__due")
    except InsituError as error:
        raise InsituError(
            f"{error} Or put a version that was trained on the present features in charge: pin it in the seed "
            "`promotion_overrides`."
        ) from None
    return model


def _scored(
    config: UseCase,
    use_case: str,
    models: dict[str, Model],
    ids: dict[str, str],
    reader: pa.RecordBatchReader,
    schema: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """The rows with their scores, each by its own model."""
    predicted_at = datetime.now(UTC).replace(tzinfo=None)
    for batch in reader:
        for version, model in models.items():
            own = batch.filter(pc.equal(batch.column("model_version"), version)) if len(models) > 1 else batch
            one = pa.RecordBatchReader.from_batches(batch.schema, [own])
            for scored in score_batches(config, model, one, f"{use_case}__due"):
                constants = {"batch_id": ids[version], "model_version": version, "predicted_at": predicted_at}
                n_rows = scored.rows.num_rows
                columns = {name: pa.repeat(pa.scalar(value), n_rows) for name, value in constants.items()}
                columns |= {name: scored.rows.column(name) for name in ("batch_as_of", *config.key)}
                columns |= scored.columns
                arrays = [columns[field.name].cast(field.type) for field in schema]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _batch_id(artifact_sha256: str, scoring_set_id: str, batch_as_of: datetime) -> str:
    """Deterministic: the same model on the same rows at the same time is the same batch."""
    return sha256(f"{artifact_sha256}:{scoring_set_id}:{batch_as_of.isoformat()}".encode()).hexdigest()[:16]


def _say_unscored(
    use_case: str, models: LazyQuery, champion: LazyQuery, batch_as_of: datetime, rows_due: int, is_first: bool
) -> None:
    """Tell once of rows that fell due before anybody was in charge. Raises InsituError if nobody is in charge now."""
    present = champion.project("model_version, champion_since").fetchall()
    if not present:
        raise InsituError(f"`{use_case}` has no champion at {batch_as_of}: {_why(use_case, models, batch_as_of)}")
    version, since = present[0]
    if is_first:
        print(
            f"{use_case}: {rows_due:,} rows fell due when no model was in charge (`{version}` is since {since}): they "
            "are not scored.",
            flush=True,
        )


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


def _columns(due: LazyQuery) -> pa.Schema:
    """Names and types of what is due, as they are read."""
    return due.limit(0).to_arrow_reader(1).schema


def _schema(config: UseCase, source: pa.Schema) -> pa.Schema:
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
