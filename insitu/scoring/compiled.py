"""The models between the sources and what is due, as dbt compiles them for this run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insitu.quoting import qualified
from insitu.scoring.instead import Place, place
from insitu.warehouse.dbt import InProcess

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_BUILT = ("model.", "seed.", "snapshot.")
# What is a query of what it reads, now as ever. All else dbt keeps: it is brought up to date and read as it is.
QUERIES = ("table", "view", "ephemeral")
ASKED = ("spine", "features")  # the kinds of models that have a row for each row of a spine


@dataclass(frozen=True)
class Model:
    """A model, with its SQL for the whole of its rows."""

    id: str
    name: str
    relation: str  # quoted
    materialized: str
    is_kept: bool  # by dbt, from run to run
    is_python: bool
    reads: tuple[str, ...]  # ids, also of sources
    kind: str | None  # what `meta.point_in_time` says it is
    as_of: str  # of a spine and of features
    template: str
    sql: str


def compiled(dbt: InProcess, *selected: str, few_rows: bool | str = True) -> dict[str, Model]:
    """The models that are selected, as `dbt --select` has it, by id, upstream ones first.

    They are compiled for few rows of the spine (`insitu_due_only`), and as a full build would have them: what an
    incremental model has already is computed again for the rows that are due.

    Args:
        few_rows: the variable `insitu_due_only`: true for what is due, `by key` for some rows that are asked for.

    Raises:
        InsituError: dbt could not compile one; its own output says why.
    """
    # The first selector is none's name: dbt prints the SQL of a model that it names.
    names = ["resource_type:snapshot,resource_type:model", *selected]
    command = ("--quiet", "--no-write-json", "compile", "--full-refresh", "--indirect-selection", "empty")
    results = dbt.invoke(*command, "--select", *names, variables={"insitu_due_only": few_rows})
    found = {result.node.unique_id: _model(result.node) for result in results}
    return {id_: found[id_] for id_ in upstream_first(dbt.manifest, found) if id_ in found}


def built(manifest: Manifest) -> dict[str, Any]:
    """The models, seeds and snapshots of the project, by name."""
    return {node.name: node for id_, node in manifest.nodes.items() if id_.startswith(_BUILT)}


def places(nodes: Iterable[Any], database: str) -> dict[str, list[Place]]:
    """How relations may be named in SQL, by the names of their nodes; `database` is the one that is connected to."""
    found = {}
    for node in nodes:
        own = node.database or database
        here = [""] if own.casefold() == database.casefold() else []
        found[node.name] = [place(each, node.schema, node.alias) for each in (own, *here)]
    return found


def kept_by_dbt(manifest: Manifest, ids: Iterable[str]) -> list[str]:
    """Names of the models that have to be brought up to date by dbt before they are read."""
    read = [manifest.nodes[id_] for id_ in ids if id_.startswith("model.")]
    return [node.name for node in read if _kept(node) and _declared(node).get("kind") not in ASKED]


def can_be_asked(manifest: Manifest, labels: str) -> bool:
    """Whether labels can be computed for some rows of the spine: by SQL, over spines and features that are SQL too."""
    made = [manifest.nodes[id_] for id_ in upstream_first(manifest, [labels]) if id_.startswith("model.")]
    asked = [node for node in made if node.unique_id == labels or _declared(node).get("kind") in ASKED]
    return all(node.language == "sql" for node in asked)


def upstream_first(manifest: Manifest, wanted: Iterable[str]) -> list[str]:
    """The ids of nodes and of all that they read."""
    order: dict[str, None] = {}

    def visit(id_: str) -> None:
        if id_ in order:
            return
        for read in _reads(manifest.nodes.get(id_)):
            visit(read)
        order[id_] = None

    for id_ in wanted:
        visit(id_)
    return list(order)


def relations_read(model: Model, models: Mapping[str, Model]) -> list[Model]:
    """The models whose relations stand in a model's SQL, also those that an ephemeral model in it reads."""
    found: dict[str, Model] = {}
    for id_ in model.reads:
        read = models.get(id_)
        if read is None:
            continue
        for one in relations_read(read, models) if read.materialized == "ephemeral" else [read]:
            found[one.id] = one
    return list(found.values())


def _reads(node: Any) -> tuple[str, ...]:
    """What a node reads; a seed and a source read nothing."""
    return tuple(getattr(getattr(node, "depends_on", None), "nodes", ()))


def _kept(node: Any) -> bool:
    return node.config.materialized not in QUERIES or node.language == "python"


def _declared(node: Any) -> dict[str, Any]:
    return (node.config.meta or {}).get("point_in_time") or {}


def _model(node: Any) -> Model:
    declared = _declared(node)
    return Model(
        id=node.unique_id,
        name=node.name,
        relation=qualified(node.schema, node.alias),
        materialized=node.config.materialized,
        is_kept=_kept(node),
        is_python=node.language == "python",
        reads=_reads(node),
        kind=declared.get("kind"),
        as_of=declared.get("as_of", "as_of"),
        template=node.raw_code,
        sql=node.compiled_code,
    )
