"""Files behind dbt sources (`config.meta.file`): where they are, whether they changed, and what they hold.

There is one reader for all warehouses, so that a file means the same, or is refused alike, on each of them.
`requests` answers the macros, `declaration` is the YAML, `plain` makes files readable, `delimited` reads CSV, `types`
has the rules of conversion, and `read` puts them together.
"""

from insitu.sources.declaration import Column, Declaration
from insitu.sources.files import files_hash, source_files
from insitu.sources.read import read_files
from insitu.sources.requests import answer, answer_json

__all__ = ["Column", "Declaration", "answer", "answer_json", "files_hash", "read_files", "source_files"]
