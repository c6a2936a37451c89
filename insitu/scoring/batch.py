"""Score a batch outside `dbt build`: the same function as the dbt node, into the same table."""

from dataclasses import dataclass

from insitu.config import parse
from insitu.errors import InsituError
from insitu.nodes.predict import predict_due
from insitu.warehouse import Project, connect


@dataclass(frozen=True)
class Scored:
    """What a run wrote."""

    use_case: str
    batch_as_of: str | None  # None where no row fell due in the window, and no time was asked for
    rows: int


def score_batch(project: Project, use_case: str, as_of: str | None = None) -> Scored:
    """Score `<use_case>__due` and append to `<use_case>__predictions`, whole or not at all.

    Args:
        project: the dbt project; its scoring set, what is due of it and champion must have been built, for one time.
        use_case: name of the use case.
        as_of: what the scoring set's `batch_as_of` has to be; None for whatever it is.

    Raises:
        InsituError: the scoring set is for another time, or nobody is in charge.
    """
    config = parse(project.use_case_config(use_case), use_case)
    names = ("scoring_set", "due", "models", "champion", "predictions")
    relation = {name: project.relation(f"{use_case}__{name}") for name in names}
    with connect(project, read_only=False) as warehouse:
        due, models, champion = (
            warehouse.sql(f"select * from {relation[name]}") for name in ("due", "models", "champion")
        )
        with warehouse.appending(relation["predictions"]) as predictions:
            # Read under the lock: a view is for one moment, and another process may have built it anew.
            found = predictions.query(f"select max(batch_as_of) from {relation['scoring_set']}").column(0)[0].as_py()
            if found is not None and as_of is not None and str(found) != as_of:
                raise InsituError(
                    f"`{use_case}__scoring_set` was built for {found}, not for {as_of}. "
                    "Leave out --no-refresh to build it."
                )
            existing = predictions.query(f"select distinct batch_id from {relation['predictions']}").column(0)
            rows = predict_due(config, use_case, due, models, champion, set(existing.to_pylist()))
            written = predictions.append(rows)
    return Scored(use_case, str(found) if found is not None else as_of, written)
