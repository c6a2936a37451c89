"""dbt-duckdb plugin: opens the warehouse with clear errors, and adds an SQL function for files behind sources.

`insitu_source_file(question, request)` is `insitu.sources.answer_json`.
"""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from insitu.errors import InsituError
from insitu.sources import answer_json
from insitu.warehouse.duckdb import open_file


class Plugin(BasePlugin):  # type: ignore[misc]
    """Registered in profiles.yml under `plugins`; SQL does the loading (macros/sources)."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Try the warehouse file before dbt does, which answers a locked file with a traceback."""
        path = self.creds.path
        if path.startswith((":memory:", "md:", "motherduck:", "ducklake:")) or self.creds.is_ducklake:
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            open_file(path).close()
        except InsituError as error:
            raise DbtRuntimeError(str(error)) from None

    def configure_connection(self, conn: Any) -> None:
        """Every cursor of the connection sees the function."""
        conn.create_function("insitu_source_file", answer_json, ["VARCHAR", "VARCHAR"], "VARCHAR", side_effects=True)
