"""Score a batch outside `dbt build`: the same function as the dbt node, into the same table."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from insitu.config import parse
from insitu.errors import InsituError
from insitu.nodes import ledger
from insitu.nodes.ledger import Batch
from insitu.nodes.predict import predict_due
from insitu.warehouse import Project, connect


@dataclass(frozen=True)
class Scored:
    """What a run wrote."""

    use_case: str
    batch_as_of: str | None  # None where no row fell due in the window, and no time was asked for
    rows: int
    batches: list[Batch] = field(default_factory=list)


def score_batch(
    project: Project, use_case: str, as_of: str | None = None, shadows: Sequence[str] = (), where: str | None = None
) -> Scored:
    """Score `<use_case>__due` and append to `<use_case>__predictions` and the ledger, whole or not at all.

    Args:
        project: the dbt project; its scoring set, what is due of it and champion must have been built, for one time.
        use_case: name of the use case.
        as_of: what the scoring set's `batch_as_of` has to be; None for whatever it is.
        shadows: versions that score the same rows, too; what they say is never of record.
        where: an SQL condition on what is due.

    Raises:
        InsituError: the scoring set is for another time, nobody is in charge, or a batch does not pass its audit.
    """
    config = parse(project.use_case_config(use_case), use_case)
    names = ("scoring_set", "due", "models", "champion", "predictions", "batches")
    relation = {name: project.relation(f"{use_case}__{name}") for name in names}
    with connect(project, read_only=False) as warehouse:
        due, models, champion = (
            warehouse.sql(f"select * from {relation[name]}") for name in ("due", "models", "champion")
        )
        with warehouse.appending(relation["predictions"]) as transaction:
            # Read under the lock: a view is for one moment, and another process may have built it anew.
            found = transaction.query(f"select max(batch_as_of) from {relation['scoring_set']}").column(0)[0].as_py()
            if found is not None and as_of is not None and str(found) != as_of:
                raise InsituError(
                    f"`{use_case}__scoring_set` was built for {found}, not for {as_of}. "
                    "Leave out --no-refresh to build it."
                )
            existing = transaction.query(f"select distinct batch_id from {relation['predictions']}").column(0)
            predictions = predict_due(
                config, use_case, due, models, champion, set(existing.to_pylist()), shadows, where=where
            )
            written = transaction.append(relation["predictions"], predictions.rows)
            # Predictions that somebody deleted have left their row, and are the same when they are made again.
            there = set(transaction.query(f"select batch_id from {relation['batches']}").column(0).to_pylist())
            added = [batch for batch in predictions.batches if batch.batch_id not in there]
            transaction.append(relation["batches"], ledger.as_table(added).to_reader())
    return Scored(use_case, str(found) if found is not None else as_of, written, predictions.batches)
