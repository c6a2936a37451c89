"""Runs in Superset's own Python: who may log in, where the warehouse is, which columns its tables have.

Columns and their descriptions are read from the warehouse, where dbt has put them; the YAML beside has none. Nothing
secret stands in a command line, where every user of the machine could read it.
"""

import os
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import NoSuchTableError
from superset.app import create_app


def main() -> None:
    """Make the account, and connect what was imported."""
    with create_app().app_context():
        from superset.connectors.sqla.models import SqlaTable
        from superset.extensions import db, security_manager
        from superset.models.core import Database

        role = security_manager.find_role("Admin")
        password = os.environ["INSITU_BI_PASSWORD"]
        if user := security_manager.find_user("admin"):
            security_manager.reset_password(user.id, password)
        else:
            security_manager.add_user("admin", "In", "Situ", "admin@localhost", role, password)
        database = db.session.query(Database).filter_by(database_name="insitu").one()
        database.set_sqlalchemy_uri(os.environ["INSITU_BI_URI"])
        db.session.commit()
        for table in db.session.query(SqlaTable).filter_by(database_id=database.id):
            try:
                table.fetch_metadata()
                _describe(table)
            except NoSuchTableError:
                print(f"`{table.schema}.{table.table_name}` is not there: its charts stay empty until it is built.")
        db.session.commit()


def _describe(table: Any) -> None:
    """Columns' descriptions: Superset asks PostgreSQL for them, and not DuckDB."""
    with table.database.get_sqla_engine() as engine:
        if engine.dialect.name != "duckdb":
            return
        comments = text(
            "select column_name, comment from duckdb_columns() where schema_name = :schema and table_name = :name"
        )
        with engine.connect() as connection:
            found = dict(connection.execute(comments, {"schema": table.schema, "name": table.table_name}).fetchall())
    for column in table.columns:
        column.description = found.get(column.column_name)


if __name__ == "__main__":
    main()
