"""dbt-duckdb plugin: the SQL functions `source_file_path(package, path)` and `source_file_hash(package, path)`."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from insitu.sources.files import file_hash, file_path


class Plugin(BasePlugin):  # type: ignore[misc]
    """Registered in profiles.yml under `plugins`; SQL does the loading (macros/sources)."""

    def configure_connection(self, conn: Any) -> None:
        """Every cursor of the connection sees the functions."""
        conn.create_function("source_file_path", file_path, ["VARCHAR", "VARCHAR"], "VARCHAR")
        conn.create_function("source_file_hash", file_hash, ["VARCHAR", "VARCHAR"], "VARCHAR")
