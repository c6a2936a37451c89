"""dbt adapter `postgrespy`: dbt-postgres, and Python models inside the model's own transaction."""

from pathlib import Path

from dbt.adapters.base import AdapterPlugin
from dbt.include import postgrespy

from .connections import PostgresPyConnectionManager, PostgresPyCredentials
from .impl import PostgresPyAdapter

Plugin = AdapterPlugin(
    adapter=PostgresPyAdapter,
    credentials=PostgresPyCredentials,
    include_path=str(Path(postgrespy.__file__).parent),
    dependencies=["postgres"],
    project_name="dbt_postgrespy",  # dbt would derive it from the directory, which an editable install does not rename
)

__all__ = ["Plugin", "PostgresPyAdapter", "PostgresPyConnectionManager", "PostgresPyCredentials"]
