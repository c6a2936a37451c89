"""What is needed to have the features of a use case by key, made ready from the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from insitu.config import UseCase, parse
from insitu.errors import ConfigurationError
from insitu.scoring import compiled
from insitu.scoring.present import variables
from insitu.serving.by_key import ByKey, NotByKey, by_key
from insitu.warehouse.dbt import InProcess

# A moment that no run comes to: what is compiled for it differs where it depends on the moment.
LATER = "9000-01-01 00:00:00"


@dataclass(frozen=True)
class Prepared:
    """The features of a use case by key.

    Attributes:
        meta: `meta.ml` of the use case.
        query: how features are computed; None where they cannot be computed for some rows.
        refusal: why not.
        features: schema and name of the relation that has them for the whole spine.
        spines: schemas and names of the relations whose rows are asked for.
        reads: schemas and names of what their SQL reads, and of the spines.
    """

    use_case: str
    meta: Mapping[str, Any]
    config: UseCase
    query: ByKey | None
    refusal: str
    features: tuple[str, str]
    spines: list[tuple[str, str]]
    reads: list[tuple[str, str]]


def prepare(dbt: InProcess, use_case: str) -> Prepared:
    """Compile the features of a use case for rows that are asked for.

    Raises:
        ConfigurationError: there is no such use case.
        InsituError: dbt could not compile a model; its own output says why.
    """
    nodes = compiled.built(dbt.manifest)
    if f"{use_case}__models" not in nodes or f"{use_case}__features" not in nodes:
        raise ConfigurationError(
            f"There is no use case `{use_case}`: no models `{use_case}__models` and `{use_case}__features`. "
            f"`insitu new {use_case}` makes one."
        )
    meta = nodes[f"{use_case}__models"].config.meta["ml"]
    config = parse(meta, use_case)
    features = nodes[f"{use_case}__features"]
    now, later = (
        compiled.compiled(each, f"+{features.name},resource_type:model", few_rows="by key")
        for each in (dbt, dbt.at(variables(dbt.project, use_case, LATER)))
    )
    dbt.close()
    places = compiled.places(nodes.values(), dbt.project.credentials.database)
    try:
        query = by_key(use_case, config, now, later, places, dbt.project.dialect)
    except NotByKey as error:
        return Prepared(use_case, meta, config, None, str(error), _place(features), [], [])
    found = {**dbt.manifest.nodes, **dbt.manifest.sources}
    spines, reads = ([_place(found[id_]) for id_ in ids] for ids in (query.spines, query.reads))
    return Prepared(use_case, meta, config, query, "", _place(features), spines, [*spines, *reads])


def _place(node: Any) -> tuple[str, str]:
    """Schema and name of a model's or source's relation."""
    return node.schema, getattr(node, "alias", None) or node.identifier
