"""What came of predictions: outcomes whose labels have matured by now, without a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from insitu.config import UseCase
from insitu.nodes.predict import BATCH_ROWS
from insitu.quoting import identifier, parts
from insitu.scoring.batch import check_types
from insitu.scoring.compiled import Model
from insitu.scoring.instead import Place
from insitu.scoring.parts import Parts
from insitu.warehouse import Project, connect
from insitu.warehouse.catalog import existing_relations


def add_outcomes(
    project: Project,
    use_case: str,
    config: UseCase,
    models: Mapping[str, Model],
    places: Mapping[str, Sequence[Place]],
    dialect: str,
) -> None:
    """Tell how the predictions without an outcome turned out, where their labels are known by now.

    The labels are computed from the sources for those predictions only, and the outcomes by the model's own SQL. Where
    one of several predictions of a row has no outcome yet, all of them are told anew: which one is of record may have
    changed.

    Args:
        project: the dbt project; decisions are up to date.
        models: those that `<use_case>__labels` and `<use_case>__outcomes` are made of, by id; see `compiled`.
        places: how the relations of all models may be named, by the names of the models.
        dialect: of their SQL.
    """
    named = {model.name.removeprefix(f"{use_case}__"): model for model in models.values()}
    outcomes, decisions = named["outcomes"], named["decisions"]
    with connect(project, read_only=False) as warehouse:
        if tuple(parts(outcomes.relation)) not in existing_relations(warehouse):
            return  # the build that makes the table makes all of it
        with warehouse.appending(outcomes.relation) as transaction:
            scratch = warehouse.scratch()
            labels = Parts(scratch, models, places, dialect, named["labels"].id, config.as_of)
            untold = _untold(config, decisions.relation, outcomes.relation)
            keys = labels.table(untold)
            if not scratch.sql(f"select * from {keys} limit 1").fetchall():
                return
            asked = f"select * from {keys}"
            own = " and ".join(f"decided.{name} = asked.{name}" for name in map(identifier, config.key))
            decided = labels.view(
                f"select decided.* from {decisions.relation} as decided inner join {keys} as asked on {own}"
            )
            sql = labels.reading(outcomes, {decisions.name: decided, named["labels"].name: labels.of(asked)})
            rows = scratch.sql(sql).to_arrow_reader(BATCH_ROWS)
            check_types(transaction, outcomes.relation, rows.schema, "what came of predictions has")
            same = " and ".join(f"told.{name} = asked.{name}" for name in map(identifier, config.key))
            transaction.execute(
                f"delete from {outcomes.relation} as told where exists (select 1 from ({untold}) as asked where {same})"
            )
            transaction.append(outcomes.relation, rows)


def _untold(config: UseCase, decisions: str, outcomes: str) -> str:
    """The keys of predictions that have no outcome."""
    keys = [*map(identifier, config.key)]
    same = " and ".join(f"told.{name} = decided.{name}" for name in ["batch_id", *keys])
    return (
        f"select distinct {', '.join(f'decided.{name}' for name in keys)} from {decisions} as decided "
        f"where not exists (select 1 from {outcomes} as told where {same})"
    )
