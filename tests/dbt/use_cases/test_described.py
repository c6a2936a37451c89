"""Whatever people read is described in the database, column by column, as `insitu new` writes it."""

from __future__ import annotations

from tests.dbt.use_cases.conftest import Shop

PUBLISHED = "('evaluation', 'predictions', 'actions', 'monitoring')"
COLUMNS = {
    "duckdb": f"""
        select schema_name || '.' || table_name as relation, column_name as name, comment as description
        from duckdb_columns() where schema_name in {PUBLISHED}
    """,
    "postgres": f"""
        select
            s.nspname || '.' || r.relname as relation,
            c.attname as name,
            col_description(r.oid, c.attnum) as description
        from pg_class as r
        inner join pg_namespace as s on s.oid = r.relnamespace
        inner join pg_attribute as c on c.attrelid = r.oid and c.attnum > 0 and not c.attisdropped
        where s.nspname in {PUBLISHED} and r.relkind in ('r', 'v')
    """,
}


def test_every_published_column_is_described(shop: Shop) -> None:
    columns = shop.query(COLUMNS[shop.kind])
    assert len(columns) > 500
    bare = columns[columns["description"].fillna("") == ""]
    found = bare.groupby("relation")["name"].agg(sorted)
    assert found.empty, "\n".join(f"{relation}: {', '.join(names)}" for relation, names in found.items())
