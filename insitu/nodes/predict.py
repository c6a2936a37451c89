"""Predictions: the models in charge on what fell due, one batch per model and run."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from insitu.config import UseCase, parse
from insitu.errors import InsituError
from insitu.moments import utc_now
from insitu.nodes import ledger
from insitu.nodes.empty import runs_empty
from insitu.nodes.ledger import Batch
from insitu.nodes.scores import missing_columns, reason_fields, reasons, score_batches, score_fields
from insitu.nodes.session import Session, clear_errors, leave, lock_own_rows, rows
from insitu.quoting import identifiers, literal
from insitu.registry.model import Model
from insitu.training.fitting.frame import plain_field
from insitu.warehouse.lazy_query import LazyQuery

BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Predictions:
    """What is to be written: the predictions, and once they are read to their end, the ledger's rows."""

    rows: pa.RecordBatchReader
    batches: list[Batch] = field(default_factory=list)


@clear_errors
def predict(
    dbt: Any,
    session: Session,
    meta: dict[str, Any],
    due: LazyQuery,
    models: LazyQuery,
    champion: LazyQuery,
    batches: LazyQuery,
) -> pa.RecordBatchReader:
    """Body of `<use_case>__predictions`: what fell due is scored once.

    Args:
        dbt: dbt's object of the running Python model.
        session: the warehouse session of the running Python model.
        meta: `config.meta` of the node, with the use case under `ml`.
        due: `<use_case>__due`.
        models: `<use_case>__models`.
        champion: `<use_case>__champion`.
        batches: `<use_case>__batches`, the ledger; the post-hook `write_batches` adds what is left for it here.

    Returns:
        Rows of batch, model version, entity, as_of and scores, in a multiclass task one per class; none when nothing
        fell due since the last run.
    """
    use_case = dbt.this.identifier.removesuffix("__predictions")
    config = parse(meta["ml"], use_case)
    leave(session, ledger.VARIABLE, "")
    if runs_empty(f"nothing of {use_case} is predicted"):
        return pa.RecordBatchReader.from_batches(_schema(config, _columns(due)), [])
    existing = Existing(lock_own_rows(dbt, session))
    found = predict_due(config, use_case, due, models, champion, existing)

    def stream() -> Iterator[pa.RecordBatch]:
        yield from found.rows
        leave(session, ledger.VARIABLE, ledger.as_json(found.batches))

    return pa.RecordBatchReader.from_batches(found.rows.schema, stream())


def predict_due(
    config: UseCase,
    use_case: str,
    due: LazyQuery,
    models: LazyQuery,
    champion: LazyQuery,
    existing: Collection[str] | Existing,
    shadows: Sequence[str] = (),
    is_shadow: bool = False,
    where: str | None = None,
) -> Predictions:
    """Score what is due, streaming, one batch per model; the dbt node and the batch scorer both end here.

    Args:
        existing: the batches that are there. A view that was built before there was a table of predictions cannot know
            them.
        shadows: versions that score every row, too; what they say is kept beside, and is never of record.
        is_shadow: the versions that `due` itself names are in shadow.
        where: an SQL condition that restricts `due`; such a batch is another than the whole.

    Raises:
        InsituError: nobody is in charge, a key comes twice, or the bytes of a model are not those that were registered.
    """
    source = _columns(due)
    schema = _schema(config, source)
    due = due.filter(where) if where else due
    shares = due_shares(config, due)
    _check_keys(config, use_case, shares)
    scored = _Scored(config, use_case, source, models, existing, where)
    for share in shares:
        if share.model_version is not None:
            scored.add(share.model_version, share, share.n_rows, is_shadow or share.is_shadow)
    read = [share for share in shares if share.model_version in {part.batch.model_version for part in scored.parts}]
    unscored = [share for share in shares if share.model_version is None]
    if unscored and not read:
        _say_unscored(use_case, models, champion, unscored[0], is_first=not existing)
    if not read:
        return Predictions(pa.RecordBatchReader.from_batches(schema, []))
    for version in shadows:
        others = [share for share in read if share.model_version != version and not share.is_shadow]
        if others:
            scored.add(version, others[0], sum(share.n_rows for share in others), is_shadow=True, beside=True)
    # One stream for all models: a connection has one open result.
    named = ", ".join(literal(str(share.model_version)) for share in read)
    needed = dict.fromkeys(name for part in scored.parts for name in part.model.signature.columns)
    marks = ["model_version", *(["is_shadow"] if config.has_shadows else [])]
    columns = identifiers(*marks, *dict.fromkeys([*config.key, *needed]))
    # Always in one order: the last digit of a linear model's score depends on a row's place in its batch.
    ordered = due.filter(f"model_version in ({named})").project(columns).order(identifiers(*config.key))
    reader = ordered.to_arrow_reader(BATCH_ROWS)
    found = pa.RecordBatchReader.from_batches(schema, scored.stream(reader, schema))
    return Predictions(found, [part.batch for part in scored.parts])


@dataclass(frozen=True)
class Existing:
    """The batches that are there; asked for one by one, since their table holds every prediction that was ever made."""

    ask: Callable[[str], Sequence[Any]]  # rows of a query over `own`, the table of predictions

    def __contains__(self, batch_id: str) -> bool:
        return bool(self.ask(f"select 1 from own where batch_id = {literal(batch_id)} limit 1"))

    def __bool__(self) -> bool:
        return bool(self.ask("select 1 from own limit 1"))


@dataclass(frozen=True)
class Share:
    """What fell due for one model, None where nobody was in charge."""

    model_version: str | None
    scoring_set_id: str
    batch_as_of: datetime
    n_rows: int
    n_keys: int
    is_shadow: bool = False


def due_shares(config: UseCase, due: LazyQuery) -> list[Share]:
    """What a run has to write, for each model."""
    identity = due.project("scoring_set_id, batch_as_of").limit(1).fetchall()
    if not identity:
        return []
    marks = ["model_version", *(["is_shadow"] if config.has_shadows else [])]
    key, own = identifiers(*marks, *config.key), identifiers(*marks)
    by_key = due.aggregate(f"{key}, count(*) as n_rows", key)
    found = by_key.aggregate(f"{own}, cast(sum(n_rows) as bigint), count(*)", own).fetchall()
    set_id, batch_as_of = identity[0]
    shares = [
        Share(version, set_id, batch_as_of, n_rows, n_keys, bool(more and more[0]))
        for version, *more, n_rows, n_keys in found
    ]
    return sorted(shares, key=lambda share: (share.model_version or "", share.is_shadow))


def _check_keys(config: UseCase, use_case: str, shares: list[Share]) -> None:
    if twice := sum(share.n_rows - share.n_keys for share in shares):
        raise InsituError(
            f"`{use_case}__due` has {twice:,} rows more than keys ({', '.join(config.key)}), and a key is scored once. "
            f"Nothing is written. Have `{use_case}__spine` give one row per key, and look for a join in the features "
            "that multiplies rows."
        )


@dataclass
class _Part:
    """A model with the batch that it fills."""

    batch: Batch
    model: Model
    beside: bool  # it scores the rows that are due for others

    def rows_of(self, chunk: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that it scores."""
        own = pc.equal(chunk.column("model_version"), self.batch.model_version)
        own = pc.invert(own) if self.beside else own
        if "is_shadow" in chunk.schema.names:  # a variant in shadow has rows of its own
            own = pc.and_(own, pc.equal(chunk.column("is_shadow"), int(self.batch.is_shadow and not self.beside)))
        return chunk.filter(own)


@dataclass
class _Scored:
    """The models that score, and the stream of what they say."""

    config: UseCase
    use_case: str
    source: pa.Schema
    registry: LazyQuery
    existing: Collection[str] | Existing
    where: str | None
    parts: list[_Part] = field(default_factory=list)
    predicted_at: datetime = field(default_factory=utc_now)

    def add(self, version: str, share: Share, n_rows: int, is_shadow: bool, beside: bool = False) -> None:
        """Let a version score, unless its batch is there."""
        found = rows(self.registry.filter(f"model_version = {literal(version)}"))
        if not found:
            raise InsituError(
                f"`{self.use_case}` has no model version `{version}`: `{self.use_case}__models` lists them."
            )
        row = found[0]
        artifact = row.get("deployed_artifact_sha256") or row["artifact_sha256"]
        more = [*(["shadow"] if is_shadow else []), *([f"where {self.where}"] if self.where else [])]
        batch_id = _batch_id(artifact, share.scoring_set_id, share.batch_as_of, *more)
        if batch_id in self.existing:
            return
        model = _applier(self.config, self.use_case, self.source, row)
        batch = Batch(
            batch_id=batch_id,
            batch_as_of=share.batch_as_of,
            model_version=version,
            artifact_sha256=artifact,
            scoring_set_id=share.scoring_set_id,
            is_shadow=is_shadow,
            rows_due=n_rows,
            predicted_at=self.predicted_at,
        )
        self.parts.append(_Part(batch, model, beside))
        if self.config.scoring.reasons and model.explainer is None:
            print(f"{self.use_case}: scores of `{version}` have no reasons: it is a {row['family']}.", flush=True)

    def stream(self, reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows with their scores, each by its own model and by those in shadow."""
        for chunk in reader:
            for part in self.parts:
                alone = len(self.parts) == 1 and not self.config.has_shadows
                yield from self._written(part, chunk if alone else part.rows_of(chunk), schema)
        for part in self.parts:
            part.batch.close()

    def _written(self, part: _Part, own: pa.RecordBatch, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        batch = part.batch
        batch.inputs.add(own, part.model.signature.features)
        one = pa.RecordBatchReader.from_batches(own.schema, [own])
        for scored in score_batches(self.config, part.model, one, f"{self.use_case}__due"):
            n_rows = scored.rows.num_rows
            constants = ("batch_id", "batch_as_of", "model_version", "predicted_at")
            columns = {name: pa.repeat(pa.scalar(getattr(batch, name)), n_rows) for name in constants}
            columns |= {name: scored.rows.column(name) for name in self.config.key}
            columns |= scored.columns | reasons(self.config, part.model, own)
            arrays = [columns[column.name].cast(column.type) for column in schema]
            written = pa.RecordBatch.from_arrays(arrays, schema=schema)
            batch.audit(self.config, own, written)
            yield written


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


def _batch_id(artifact_sha256: str, scoring_set_id: str, batch_as_of: datetime, *more: str) -> str:
    """Deterministic: the same model on the same rows at the same time is the same batch."""
    text = ":".join([artifact_sha256, scoring_set_id, batch_as_of.isoformat(), *more])
    return sha256(text.encode()).hexdigest()[:16]


def _say_unscored(use_case: str, models: LazyQuery, champion: LazyQuery, share: Share, is_first: bool) -> None:
    """Tell once of rows that fell due before anybody was in charge. Raises InsituError if nobody is in charge now."""
    present = champion.project("model_version, champion_since").fetchall()
    if not present:
        raise InsituError(
            f"`{use_case}` has no champion at {share.batch_as_of}: {_why(use_case, models, share.batch_as_of)}"
        )
    version, since = present[0]
    if is_first:
        print(
            f"{use_case}: {share.n_rows:,} rows fell due when no model was in charge (`{version}` is since {since}): "
            "they are not scored.",
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
            *reason_fields(config),
            ("predicted_at", pa.timestamp("us")),
        ],
        {"unique_key": json.dumps(key)},
    )
