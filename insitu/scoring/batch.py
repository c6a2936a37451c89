"""Score a batch outside `dbt build`: the same function as the dbt node, into the same tables."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.errors import InsituError
from insitu.nodes import ledger
from insitu.nodes.ledger import Batch
from insitu.nodes.predict import BATCH_ROWS, Existing, Predictions, predict_due
from insitu.quoting import identifier, identifiers, literal, parts
from insitu.scoring.live import Live
from insitu.scoring.options import DEFAULT, Options
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Scratch, Transaction
from insitu.warehouse.lazy_query import LazyQuery

BUILT = ("scoring_set", "due", "models", "champion", "predictions", "batches")


@dataclass(frozen=True)
class Scored:
    """What a run wrote."""

    use_case: str
    batch_as_of: str | None  # None where no row fell due in the window, and no time was asked for
    rows: int
    batches: list[Batch] = field(default_factory=list)
    is_dry: bool = False  # nothing was written; `rows` would be
    is_behind: bool = False  # what analysts read is not there to be brought up to date

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        batches = [
            {**batch.as_row(), **({"status": "due", "n_rows": batch.rows_due} if self.is_dry else {})}
            for batch in self.batches
        ]
        return {
            "use_case": self.use_case,
            "batch_as_of": self.batch_as_of,
            "rows": self.rows,
            "dry_run": self.is_dry,
            "batches": [{**row, "inputs": json.loads(row["inputs"])} for row in batches],
        }


def score_built(project: Project, use_case: str, as_of: str | None = None, options: Options = DEFAULT) -> Scored:
    """Score `<use_case>__due` as it was built, and append to `<use_case>__predictions` and the ledger.

    Args:
        project: the dbt project; its scoring set, what is due of it and champion must have been built, for one time.
        use_case: name of the use case.
        as_of: what the scoring set's `batch_as_of` has to be; None for whatever it is.
        options: what else it was asked for.

    Raises:
        InsituError: the scoring set is for another time, nobody is in charge, or a batch does not pass its audit.
    """
    config = parse(project.use_case_config(use_case), use_case)
    relation = {name: project.relation(f"{use_case}__{name}") for name in BUILT}
    return score_relations(project, use_case, config, relation, as_of, options)


def score_relations(
    project: Project,
    use_case: str,
    config: UseCase,
    relation: Mapping[str, str],
    as_of: str | None = None,
    options: Options = DEFAULT,
) -> Scored:
    """The same, of relations that are told: those of `BUILT`, quoted."""
    with connect(project, read_only=False) as warehouse, warehouse.appending(relation["predictions"]) as transaction:
        # Read under the lock: a view is for one moment, and another process may have built it anew.
        due = warehouse.sql(_unscored(config, relation))
        models, champion = (warehouse.sql(f"select * from {relation[name]}") for name in ("models", "champion"))
        found = transaction.query(f"select max(batch_as_of) from {relation['scoring_set']}").column(0)[0].as_py()
        if found is not None and as_of is not None and str(found) != as_of:
            raise InsituError(
                f"`{use_case}__scoring_set` was built for {found}, not for {as_of}. "
                "Leave out --no-refresh to score what is due then."
            )
        existing = _existing(transaction, relation)
        predictions = _predictions(config, use_case, due, models, champion, existing, options)
        written = _append(transaction, relation, predictions, options)
        if found is not None:
            _note_empty(transaction, relation["batches"], use_case, found, predictions, options)
    moment = str(found) if found is not None else as_of
    return Scored(use_case, moment, written, predictions.batches, options.dry_run)


def _unscored(config: UseCase, relation: Mapping[str, str]) -> str:
    """What is due and not scored; the view of the very first build cannot know the predictions that came after it."""
    same = " and ".join(f"made.{name} = due.{name}" for name in map(identifier, [*config.key, "model_version"]))
    in_shadow = f"made.batch_id in (select batch_id from {relation['batches']} where is_shadow = 1)"
    as_due = f"({in_shadow}) = (due.is_shadow = 1)" if config.has_shadows else f"not {in_shadow}"
    return (
        f"select * from {relation['due']} as due where not exists (select 1 from {relation['predictions']} as made "
        f"where {same} and {as_due})"
    )


def score_live(
    project: Project,
    relation: Mapping[str, str],
    as_of: str,
    live: Callable[[Scratch], Live],
    publish: Callable[[Transaction], bool] | None = None,
    options: Options = DEFAULT,
) -> Scored:
    """Score what is due, computed from the sources, keep what it was scored from, and publish; in one transaction.

    Args:
        project: the dbt project, built once before.
        relation: where the use case's models, predictions, batches and scored_features are, quoted.
        as_of: the moment that `live` is for.
        live: what is due, over a scratch connection.
        publish: brings what analysts read up to date; whether it could.
        options: what else it was asked for.

    Raises:
        InsituError: nobody is in charge, a batch does not pass its audit, or the features have other columns than the
            last build.
    """
    with connect(project, read_only=False) as warehouse, warehouse.appending(relation["predictions"]) as transaction:
        # Under the lock, so that what others have scored is seen.
        existing = _existing(transaction, relation)
        asked = live(warehouse.scratch())
        due = asked.due()
        models = warehouse.sql(f"select * from {relation['models']}")
        predictions = _predictions(asked.config, asked.use_case, due, models, asked.champion(), existing, options)
        written = _append(transaction, relation, predictions, options)
        if predictions.batches and not options.dry_run:
            there = _kept(transaction, relation["scored_features"])
            features = _read_as_kept(asked.scored_features(predictions.batches, options), there)
            reader = features.to_arrow_reader(BATCH_ROWS)
            _check_types(there, relation["scored_features"], reader.schema)
            transaction.append(relation["scored_features"], reader)
        moment = datetime.fromisoformat(as_of)
        _note_empty(transaction, relation["batches"], asked.use_case, moment, predictions, options)
        is_behind = publish is not None and not options.dry_run and not publish(transaction)
    return Scored(asked.use_case, as_of, written, predictions.batches, options.dry_run, is_behind)


def _predictions(
    config: UseCase,
    use_case: str,
    due: LazyQuery,
    models: LazyQuery,
    champion: LazyQuery,
    existing: Existing,
    options: Options,
) -> Predictions:
    if options.instead is not None:
        due = due.filter("is_shadow = 0") if config.has_shadows else due
        others = identifiers(*(name for name in due.columns if name != "model_version"))
        due = due.project(f"cast({literal(options.instead)} as varchar) as model_version, {others}")
    is_shadow = options.instead is not None
    return predict_due(
        config, use_case, due, models, champion, existing, options.shadows, is_shadow=is_shadow, where=options.where
    )


def _existing(transaction: Transaction, relation: Mapping[str, str]) -> Existing:
    """The batches that are there."""
    own = f"with own as (select * from {relation['predictions']})"
    return Existing(lambda query: transaction.query(f"{own} {query}").to_pylist())


def _append(transaction: Transaction, relation: Mapping[str, str], predictions: Predictions, options: Options) -> int:
    """Write predictions and their rows of the ledger; how many predictions."""
    if options.dry_run:
        return sum(batch.rows_due for batch in predictions.batches)
    _check_wide_enough(transaction, relation["predictions"], predictions.rows.schema)
    written = transaction.append(relation["predictions"], _telling(predictions, options.progress))
    # Predictions that somebody deleted have left their row, and are the same when they are made again.
    there = set(transaction.query(f"select batch_id from {relation['batches']}").column(0).to_pylist())
    added = [batch for batch in predictions.batches if batch.batch_id not in there]
    transaction.append(relation["batches"], ledger.as_table(added).to_reader())
    return written


def _note_empty(
    transaction: Transaction, batches: str, use_case: str, moment: datetime, predictions: Predictions, options: Options
) -> None:
    """Have the ledger say that a run took place and found nothing due; once, and not beside what is of record then."""
    asked_for_all = options.where is None and options.instead is None
    if predictions.batches or options.dry_run or not asked_for_all:
        return
    same = f"batch_as_of = timestamp {literal(str(moment))} and is_shadow = 0"
    if not transaction.query(f"select 1 from {batches} where {same} limit 1").num_rows:
        row = ledger.empty_batch(use_case, moment)
        transaction.append(batches, pa.Table.from_pylist([row], ledger.SCHEMA).to_reader())


def _telling(predictions: Predictions, progress: Callable[[int, int], None]) -> pa.RecordBatchReader:
    """The same rows; `progress` is told of them."""
    total = sum(batch.rows_due for batch in predictions.batches)

    def rows() -> Iterator[pa.RecordBatch]:
        for chunk in predictions.rows:
            yield chunk
            progress(sum(batch.n_rows for batch in predictions.batches), total)

    return pa.RecordBatchReader.from_batches(predictions.rows.schema, rows())


def _check_wide_enough(transaction: Transaction, relation: str, incoming: pa.Schema) -> None:
    """Raises InsituError where a column that was declared since the last build is not there."""
    there = transaction.query(f"select * from {relation} where 1 = 0").column_names
    if missing := [f"`{name}`" for name in incoming.names if name not in there]:
        name = parts(relation)[-1]
        raise InsituError(f"`{name}` has no {', '.join(missing)}. Run `insitu build`, which widens the table.")


def _read_as_kept(features: LazyQuery, there: pa.Schema) -> LazyQuery:
    """The same, with what Arrow has no type for as text, as a table of PostgreSQL is read and written."""
    texts = {field.name for field in there if isinstance(field.type, pa.OpaqueType)}
    columns = [
        f"cast({name} as text) as {name}" if told in texts else name
        for told, name in ((told, identifier(told)) for told in features.columns)
    ]
    return features.project(", ".join(columns)) if texts else features


def _check_types(there: pa.Schema, relation: str, incoming: pa.Schema) -> None:
    """Raises InsituError where a column of what comes would be lost, or its values converted."""
    for column in incoming:
        at = there.get_field_index(column.name)
        found = there.field(at).type if at >= 0 else None
        if found != column.type and not (isinstance(found, pa.OpaqueType) and found.storage_type == column.type):
            raise InsituError(
                f"`{parts(relation)[-1]}` has {f'`{column.name}` as {found}' if found else f'no `{column.name}`'}"
                f"; the features have it as {column.type}. Run `insitu build`, which widens the table."
            )


def _kept(transaction: Transaction, relation: str) -> pa.Schema:
    """The columns of a table."""
    return transaction.query(f"select * from {relation} where 1 = 0").schema
