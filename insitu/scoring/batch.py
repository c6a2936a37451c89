"""Score a batch outside `dbt build`: the same function as the dbt node, into the same table."""

from dataclasses import dataclass

from insitu.config import parse
from insitu.errors import InsituError
from insitu.nodes.predict import predict_batch
from insitu.warehouse import Project, connect


@dataclass(frozen=True)
class Scored:
    """What a run wrote."""

    use_case: str
    batch_as_of: str
    rows: int


def score_batch(project: Project, use_case: str, as_of: str | None = None) -> Scored:
    """Apply the champion to `<use_case>__scoring_set` and append to `<use_case>__predictions`, whole or not at all.

    Args:
        project: the dbt project; its scoring set and champion must have been built, for one time.
        use_case: name of the use case.
        as_of: what the scoring set's `batch_as_of` has to be; None for whatever it is.

    Raises:
        InsituError: the scoring set is for another time or empty, or there is no champion of that time.
    """
    config = parse(project.use_case_config(use_case), use_case)
    relation = {
        name: project.relation(f"{use_case}__{name}") for name in ("scoring_set", "models", "champion", "predictions")
    }
    with connect(project, read_only=False) as warehouse:
        sets = warehouse.query(f"select distinct batch_as_of from {relation['scoring_set']}").column(0).to_pylist()
        if not sets:
            raise InsituError(
                f"`{use_case}__scoring_set` has no row: nothing on the spine falls in the window"
                f"{f' that opens at {as_of}' if as_of else ''}. Choose another --as-of, or leave out --no-refresh."
            )
        if as_of is not None and str(sets[0]) != as_of:
            raise InsituError(
                f"`{use_case}__scoring_set` was built for {sets[0]}, not for {as_of}. "
                "Leave out --no-refresh to build it."
            )
        scoring_set, models, champion = (
            warehouse.sql(f"select * from {relation[name]}") for name in ("scoring_set", "models", "champion")
        )
        with warehouse.appending(relation["predictions"]) as predictions:
            existing = predictions.query(f"select distinct batch_id from {relation['predictions']}").column(0)
            rows = predict_batch(config, use_case, scoring_set, models, champion, set(existing.to_pylist()))
            written = predictions.append(rows)
    return Scored(use_case, str(sets[0]), written)
