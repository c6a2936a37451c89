"""Publishes what `insitu score serve` needs: the functions that give features by key, and a row for each use case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from insitu.moments import utc_now
from insitu.quoting import identifier, literal, parts, qualified
from insitu.scoring.publish import Relation
from insitu.serving.function import FeaturesAt
from insitu.serving.prepare import Prepared
from insitu.warehouse import Project
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.connection import Warehouse

TABLE = "serving"
# What a service reads of a use case, beside what its features read.
REGISTRY = (
    *("models", "champion", "promotions", "policies"),
    *("predictions", "predictions_latest", "batches", "scored_features"),
)
# Of the table; all of them texts. Where features cannot be asked for by key, `function` is empty; `refusal` says why.
COLUMNS = ("use_case", "settings", "relations", "asked", "given", "function", "refusal", "published_at")


@dataclass(frozen=True)
class Published:
    """What is made in the database for a use case: perhaps a function, and its row of `serving`."""

    use_case: str
    function: FeaturesAt | None
    row: dict[str, str]


def built(project: Project, warehouse: Warehouse, prepared: Sequence[Prepared]) -> tuple[list[Prepared], list[str]]:
    """Those whose features and models are there, and the names of the others."""
    there = existing_relations(warehouse)
    found = [
        each
        for each in prepared
        if {each.features, *each.spines} <= there
        and all(tuple(parts(project.relation(f"{each.use_case}__{part}"))) in there for part in REGISTRY)
    ]
    return found, [each.use_case for each in prepared if each not in found]


def published(project: Project, warehouse: Warehouse, schema: str, prepared: Prepared) -> Published:
    """What is to be made for a use case, with the types of the relations that are there."""
    dialect = project.dialect
    given = column_types(warehouse, *prepared.features, dialect)
    function = None
    if prepared.query is not None:
        function = FeaturesAt(
            schema,
            f"{prepared.use_case}__features_at",
            prepared.config.entity,
            prepared.config.as_of,
            {qualified(*spine): column_types(warehouse, *spine, dialect) for spine in prepared.spines},
            given,
            prepared.query,
        )
    row = {
        "use_case": prepared.use_case,
        "settings": json.dumps(dict(prepared.meta)),
        "relations": json.dumps({part: project.relation(f"{prepared.use_case}__{part}") for part in REGISTRY}),
        "asked": json.dumps(function.asked if function else {}),
        "given": json.dumps(given),
        "function": function.function if function else "",
        "refusal": prepared.refusal,
        "published_at": utc_now().isoformat(sep=" ", timespec="seconds"),
    }
    return Published(prepared.use_case, function, row)


def statements(schema: str, found: Sequence[Published], dialect: str) -> list[str]:
    """What makes functions and table, in place of earlier ones."""
    table = qualified(schema, TABLE)
    columns = ", ".join(f"{name} varchar" for name in COLUMNS)
    values = ", ".join("(" + ", ".join(literal(each.row[name]) for name in COLUMNS) + ")" for each in found)
    return [
        f"create schema if not exists {identifier(schema)}",
        *(statement for each in found if each.function for statement in each.function.statements(dialect)),
        f"drop table if exists {table}",
        f"create table {table} ({columns})",
        *([f"insert into {table} values {values}"] if found else []),
    ]


def publish_functions(warehouse: Warehouse, schema: str, found: Sequence[Published]) -> None:
    """Make functions and table on PostgreSQL, all in one transaction; `insitu_scorer` may use them."""
    scorer = warehouse.query("select 1 from pg_roles where rolname = 'insitu_scorer'").num_rows
    # Under a lock: two who replace the same would fail each other.
    with warehouse.appending(qualified(schema, TABLE)) as transaction:
        for statement in statements(schema, found, "postgres"):
            transaction.execute(statement)
        if scorer:
            transaction.execute(f"grant usage on schema {identifier(schema)} to insitu_scorer")
            transaction.execute(f"grant select on {qualified(schema, TABLE)} to insitu_scorer")
            for each in found:
                for relation in json.loads(each.row["relations"]).values():
                    transaction.execute(f"grant usage on schema {identifier(parts(relation)[0])} to insitu_scorer")
                    transaction.execute(f"grant select on {relation} to insitu_scorer")
                if each.function:
                    transaction.execute(f"grant execute on function {each.function.function}(jsonb) to insitu_scorer")


def column_types(warehouse: Warehouse, schema: str, name: str, dialect: str) -> dict[str, str]:
    """The columns of a relation with their types, as SQL names them."""
    if dialect == "postgres":
        found: Any = warehouse.query(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = cast({literal(qualified(schema, name))} as regclass) and attnum > 0 "
            "and not attisdropped order by attnum"
        )
    else:
        found = warehouse.query(
            "select column_name, data_type from duckdb_columns() where database_name = current_database() "
            "and schema_name = ? and table_name = ? order by column_index",
            [schema, name],
        )
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def with_those_of_a_service(
    project: Project, warehouse: Warehouse, relations: Sequence[Relation], prepared: Sequence[Prepared]
) -> list[Relation]:
    """The published relations, with those that a service reads."""
    own = [project.node(f"{each.use_case}__{part}") for each in prepared for part in REGISTRY]
    wanted = {(node["schema"], node["alias"]) for node in own} | {place for each in prepared for place in each.reads}
    known = {(relation.schema, relation.name) for relation in relations}
    return [*relations, *(Relation(*place) for place in sorted((wanted - known) & existing_relations(warehouse)))]
