"""Views over published batches on PostgreSQL, where readers and writers do not wait for each other."""

from __future__ import annotations

from insitu.quoting import identifier, literal, parts, qualified
from insitu.warehouse import Project
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.connection import Transaction, Warehouse


def publish_views(project: Project, warehouse: Warehouse, schema: str) -> list[str]:
    """A view in `schema` for each use case that is built: the predictions of record of batches that the ledger has.

    Returns: their names.
    """
    analyst = warehouse.query("select count(*) from pg_roles where rolname = 'insitu_analyst'").column(0)[0].as_py()
    there, names = existing_relations(warehouse), []
    # Under a lock: two who replace the same would fail each other.
    with warehouse.appending(qualified(schema, "views")) as transaction:
        transaction.execute(f"create schema if not exists {identifier(schema)}")
        for use_case in project.use_cases:
            view = qualified(schema, f"{use_case}__predictions")
            predictions, batches = (project.relation(f"{use_case}__{part}") for part in ("predictions", "batches"))
            if not {tuple(parts(predictions)), tuple(parts(batches))} <= there:
                continue
            # Both tables grow and are never replaced, so that a build does not drop the view.
            transaction.execute(f"drop view if exists {view}")
            transaction.execute(
                f"create view {view} as select predictions.* from {predictions} as predictions "
                f"inner join {batches} as batches on predictions.batch_id = batches.batch_id and batches.is_shadow = 0"
            )
            for column, comment in _comments(transaction, predictions):
                transaction.execute(f"comment on column {view}.{identifier(column)} is {literal(comment)}")
            names.append(view)
        if analyst:
            transaction.execute(f"grant usage on schema {identifier(schema)} to insitu_analyst")
            transaction.execute(f"grant select on all tables in schema {identifier(schema)} to insitu_analyst")
    return names


def _comments(transaction: Transaction, relation: str) -> list[tuple[str, str]]:
    """Columns that something is said of; a view has none of its table's."""
    said = "col_description(attrelid, attnum)"
    found = transaction.query(
        f"select cast(attname as text) as name, {said} as comment from pg_attribute "
        f"where attrelid = cast({literal(relation)} as regclass) and attnum > 0 and not attisdropped and {said} <> ''"
    )
    return [(row["name"], row["comment"]) for row in found.to_pylist()]
