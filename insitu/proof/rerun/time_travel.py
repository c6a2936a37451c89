"""The dynamic backstop: cut and poison what a model reads at an instant, recompute, and compare.

Rows with as-of up to the instant must not change. The instants are as-of values themselves (where ties show), only a
band of the spine before each is recomputed (so a cut is cheap), and of the later rows about half are removed and half
are left with other numbers in them, some at the very instant. Every third cut is made on thinned events, where a single
row shows more in an aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from insitu.errors import ConfigurationError
from insitu.proof.project import declarations as d
from insitu.proof.project.nodes import Node
from insitu.proof.project.project import Project
from insitu.proof.rerun.compare import Difference, differences
from insitu.proof.rerun.cuts import cut
from insitu.proof.rerun.engines import Engine
from insitu.proof.rerun.programs import Program, named, program, rewrite
from insitu.quoting import identifier as quote

THIN = 7  # prime to the seconds of all units below a week, and to the 11 by which rows are poisoned


@dataclass(slots=True)
class Travel:
    """The result for one model: what changed at which cuts."""

    model: str
    cuts: int = 0
    rows: int = 0  # compared, over all cuts
    leaks: list[tuple[datetime, Difference]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.leaks and self.rows > 0

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.model}: no rows to compare; build the warehouse, or widen the band"
        if not self.leaks:
            return f"{self.model}: {self.cuts} cuts, {self.rows:,} rows compared, none changed"
        columns = sorted({x.column for _, x in self.leaks})
        at, example = self.leaks[0]
        return (
            f"{self.model}: {len({a for a, _ in self.leaks})} of {self.cuts} cuts change columns {', '.join(columns)}; "
            f"for example cut at {at}, {example.column} of {example.example}"
        )


def travel(
    project: Project, node: Node, engine: Engine, schema: str, cuts: int = 50, band: str = "1 day", limit: int = 2000
) -> Travel:
    """Test one model.

    Args:
        engine: runs SQL beside the user's relations; schema is a scratch schema in it.
        cuts: how many instants, spread over the as-of values.
        band: how far before each instant rows are recomputed.
        limit: at most so many rows are compared per cut (those nearest to the instant).

    Raises:
        ConfigurationError: the model has no as-of, or what it reads is not built or not declared.
    """
    declared = project.declaration(node)
    if not isinstance(declared, d.Anchored):
        raise ConfigurationError(
            f"`{node.name}` is not a spine, features or training set, so it has no as-of to travel to."
        )
    chain = program(project, node)
    _create(project, chain, engine, schema)
    as_of = declared.as_of
    result = Travel(node.name)
    for i, at in enumerate(_instants(engine, schema, node, as_of, cuts)):
        engine.execute(f"delete from {schema}.instant")
        moment = f"timestamp '{at}'"
        around = f"{moment} - interval '{band}', {moment} + interval '{band}'"
        engine.execute(f"insert into {schema}.instant values ({moment}, {around}, {THIN if i % 3 == 2 else 1})")
        columns, before = _rows(engine, schema, "everything", node, as_of, limit)
        _, after = _rows(engine, schema, "cut", node, as_of, limit)
        columns = [project.folded(c) for c in columns]
        kept = [i for i, c in enumerate(columns) if c not in declared.exempt]
        names = [columns[i] for i in kept]
        key = [*getattr(declared, "key", []), as_of]
        found = differences(names, [[r[i] for i in kept] for r in before], [[r[i] for i in kept] for r in after], key)
        result.cuts, result.rows = result.cuts + 1, result.rows + len(before)
        result.leaks += [(at, x) for x in found]
    return result


def _create(project: Project, chain: Program, engine: Engine, schema: str) -> None:
    """Views over the declared relations, whole and cut, and the models between them and the one tested."""
    engine.execute(f"drop schema if exists {schema} cascade")
    engine.execute(f"create schema {schema}")
    engine.execute(
        f"create table {schema}.instant (moment timestamp, earliest timestamp, latest timestamp, thin bigint)"
    )
    engine.execute(f"insert into {schema}.instant values (null, null, null, 1)")  # until the first cut
    trains = isinstance(project.declaration(chain.steps[-1]), d.TrainingSet)
    moment = f"(select moment from {schema}.instant)"
    for base in chain.bases:
        declared, columns = project.declaration(base), project.types(base)
        if declared is None or not columns:
            raise ConfigurationError(f"`{base.name}` has no point-in-time declaration, or its columns are not known.")
        relation = _thinned(engine.relation(base), declared, schema)
        whole = f"select {', '.join(quote(c) for c in columns)} from {relation}"
        _view(engine, schema, f"everything__{base.name}", whole)
        untouched = isinstance(declared, d.Labels) and trains
        query = whole if untouched else cut(relation, columns, declared, moment, poison=True)
        _view(engine, schema, f"cut__{base.name}", query)
    for step in chain.steps:
        declared = project.declaration(step)
        for world in ("everything", "cut"):
            query = rewrite(project, step, lambda n, world=world: named(schema, f"{world}__{n.name}"))  # type: ignore[misc]
            if isinstance(declared, d.Spine):
                query = _banded(query, schema, declared.as_of, world)
            _view(engine, schema, f"{world}__{step.name}", query)
        if isinstance(declared, d.Spine):
            query = rewrite(project, step, lambda n: named(schema, f"everything__{n.name}"))
            _view(engine, schema, f"unbanded__{step.name}", query)


def _thinned(relation: str, declared: Any, schema: str) -> str:
    """One in so many events, the same ones with and without the cut."""
    if not isinstance(declared, d.Event):
        return relation
    seconds = f"cast(extract(epoch from {quote(declared.available_at)}) as bigint)"
    return f"(select * from {relation} where mod({seconds}, (select thin from {schema}.instant)) = 0) as thinned"


def _banded(query: str, schema: str, as_of: str, world: str) -> str:
    """Only spine rows in the band before the instant; with all data, also those as far after it."""
    column = quote(as_of)
    until = "latest" if world == "everything" else "moment"
    return (
        f"select * from ({query}) as spine where {column} <= (select {until} from {schema}.instant) "
        f"and {column} > (select earliest from {schema}.instant)"
    )


def _view(engine: Engine, schema: str, name: str, query: str) -> None:
    try:
        engine.execute(f"create view {schema}.{quote(name)} as {query}")
    except Exception as error:
        raise ConfigurationError(
            f"`{name.partition('__')[2]}` cannot be recomputed: {str(error).splitlines()[0]} Build the project first."
        ) from error


def _instants(engine: Engine, schema: str, node: Node, as_of: str, cuts: int) -> list[datetime]:
    """As-of values spread evenly over the spine (or over the model, where it reads none)."""
    _, views = engine.fetch(
        f"select table_name from information_schema.tables "
        f"where table_schema = '{schema}' and table_name like 'unbanded%'"
    )
    source = views[0][0] if views else f"everything__{node.name}"
    column = quote(as_of)
    _, rows = engine.fetch(
        f"select min(moment) from (select {column} as moment, ntile({int(cuts)}) over (order by {column}) as part "
        f"from {schema}.{quote(source)}) as parts group by part order by 1"
    )
    return [r[0] for r in rows if r[0] is not None]


def _rows(
    engine: Engine, schema: str, world: str, node: Node, as_of: str, limit: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    column = quote(as_of)
    return engine.fetch(
        f"select * from {schema}.{quote(f'{world}__{node.name}')} "
        f"where {column} <= (select moment from {schema}.instant) "
        f"and {column} > (select earliest from {schema}.instant) order by {column} desc limit {int(limit)}"
    )
