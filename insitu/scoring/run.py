"""A run of the scorer: what fell due is computed, scored and published, without a build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.quoting import qualified
from insitu.scoring import compiled, parsing
from insitu.scoring.batch import Scored, score_live
from insitu.scoring.live import Live
from insitu.scoring.options import DEFAULT, Options
from insitu.scoring.published import Published
from insitu.warehouse import Project, connect
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.connection import Scratch
from insitu.warehouse.dbt import InProcess
from insitu.warehouse.runs import newest_run

COMPILED = ("spine", "scoring_set", "due", "champion", "scored_features", "outcomes")
STORED = ("models", "predictions", "batches", "scored_features")
PUBLISHED = ("decisions", "predictions_latest")


def parsed(project: Project, variables: Mapping[str, Any]) -> InProcess:
    """dbt on the project, in a target folder of the scorer's own; one serves several moments (`InProcess.at`).

    Args:
        project: what a build has left in its target folder is neither needed nor touched.
        variables: those of dbt that say the moment.
    """
    return InProcess(project, variables, project.target_path / "scoring")


def score_now(dbt: InProcess, use_case: str, as_of: str, options: Options = DEFAULT, publishes: bool = True) -> Scored:
    """Score what is due of a use case at a moment, and bring what analysts read of it up to date.

    Args:
        dbt: on the project, with the variables that say the moment; see `parsed`.
        use_case: name of the use case.
        as_of: the moment.
        options: what else it was asked for.
        publishes: bring what analysts read up to date; of several runs, the last one does that for all.

    Raises:
        InsituError: a source is not as agreed, a model cannot be computed, or nobody is in charge.
        ConfigurationError: there is no such use case, or the configuration of a model depends on the moment.
    """
    project, nodes = dbt.project, compiled.built(dbt.manifest)
    wanted = ("features", "labels", "policies", *COMPILED, *STORED, *PUBLISHED)
    if missing := [name for name in wanted if f"{use_case}__{name}" not in nodes]:
        raise ConfigurationError(_unknown(use_case, missing, list(nodes)))
    own = {name: nodes[f"{use_case}__{name}"] for name in wanted}
    config = parse(own["models"].config.meta["ml"], use_case)
    made = ["features", "labels"] if compiled.can_be_asked(dbt.manifest, own["labels"].unique_id) else ["features"]
    above = compiled.upstream_first(dbt.manifest, [own[name].unique_id for name in made])
    parsing.check(dbt.manifest, above)
    # The policy counts from now on; the sources of what is computed here are loaded and checked as before every run.
    kept = compiled.kept_by_dbt(dbt.manifest, (id_ for id_ in above if id_ != own["labels"].unique_id))
    _run(dbt, [f"{use_case}__policies", *(f"+{name}" for name in kept)], {"insitu_also_read": above})
    names = [f"+{use_case}__{name},resource_type:model" for name in made]
    models = compiled.compiled(dbt, *names, *(f"{use_case}__{name}" for name in (*COMPILED, *PUBLISHED)))
    dbt.close()
    places = compiled.places(nodes.values(), project.credentials.database)
    dialect = project.dialect

    def live(scratch: Scratch) -> Live:
        return Live(scratch, use_case, config, models, places, dialect)

    relations = {name: qualified(own[name].schema, own[name].alias) for name in (*STORED, "policies")}
    _say_newest(project, nodes.get("ml_runs"), use_case, as_of)
    written = (relations["predictions"], relations["policies"])
    published = Published(use_case, config, *written, models, places, dialect)
    scored = score_live(project, relations, as_of, live, published.update if publishes else None, options)
    if scored.is_behind:
        _run(dbt, [f"{use_case}__{name}" for name in PUBLISHED])
        dbt.close()
        predictions = relations["predictions"]
        with connect(project, read_only=False) as warehouse, warehouse.appending(predictions) as transaction:
            published.update(transaction)
    return scored


def _say_newest(project: Project, runs: Any, use_case: str, as_of: str) -> None:
    """Say where people read of a later moment than that of this run."""
    with connect(project) as warehouse:
        if runs is None or (runs.schema, runs.alias) not in existing_relations(warehouse):
            return
        newest = newest_run(warehouse, qualified(runs.schema, runs.alias), use_case)
    if newest and (told := newest.beside(as_of)):
        print(f"{use_case}: {told}", flush=True)


def _run(dbt: InProcess, models: list[str], variables: Mapping[str, Any] | None = None) -> None:
    dbt.invoke("--quiet", "--no-write-json", "run", "--select", *models, variables=variables)


def _unknown(use_case: str, missing: list[str], there: list[str]) -> str:
    if "models" in missing:
        found = sorted(name.removesuffix("__models") for name in there if name.endswith("__models"))
        return (
            f"There is no use case `{use_case}` (there are: {', '.join(found) or 'none'}): no model "
            f"`{use_case}__models` with `meta.ml`. `insitu new {use_case}` makes one."
        )
    names = ", ".join(f"`{use_case}__{name}`" for name in missing)
    return (
        f"The project has no model {names}. Each is a file of one line, such as "
        f"`{{{{ insitu.{missing[0]}('{use_case}') }}}}` in `{use_case}__{missing[0]}.sql`."
    )
