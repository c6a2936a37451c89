"""An open project."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from insitu.api.rows import Rows
from insitu.api.use_case import UseCase
from insitu.errors import ConfigurationError
from insitu.warehouse import Project, connect, places
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.errors import explaining

BATCH_ROWS = 100_000


class Insitu:
    """A project whose warehouse is open for reading; `insitu.open` makes it.

    It is a context manager. On DuckDB nobody can write the file while it is open.
    """

    def __init__(self, project_dir: str | Path | None = None, target: str | None = None) -> None:
        folder = None if project_dir is None else places.project_folder(Path(project_dir))
        self._project = Project.find(folder, target=target)
        self._project.settings  # noqa: B018  # says it if there is none
        self._open = ExitStack()
        self._warehouse = self._open.enter_context(connect(self._project))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the warehouse go."""
        self._open.close()

    def __repr__(self) -> str:
        return f"{self._project.settings.get('name')}: {', '.join(self.use_cases) or 'no use case'}"

    @property
    def use_cases(self) -> list[str]:
        """The names of the use cases, in the order of the reports."""
        return self._project.use_cases

    def __getitem__(self, name: str) -> UseCase:
        """A use case by its name. Raises ConfigurationError where there is none."""
        return UseCase(name, self._project.use_case_config(name), self._read)

    @cached_property
    def _built(self) -> set[tuple[str, str]]:
        return existing_relations(self._warehouse)

    def _read(self, model: str, condition: str, order: str) -> Rows:
        node = self._project.node(model)
        if (node["schema"], node["alias"]) not in self._built:
            command = self._project.command(f"dbt build --select +{model}")
            raise ConfigurationError(f"`{model}` is not built yet. Run `{command}`, and open the project again.")
        query = f"select * from {self._project.relation(model)}"
        query += f" where {condition}" if condition else ""
        query += f" order by {order}" if order else ""
        with explaining("the warehouse"):
            return Rows(self._warehouse.sql(query).to_arrow_reader(BATCH_ROWS).read_all())
