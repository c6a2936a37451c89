"""Files behind dbt sources (`config.meta.file`): where they are and whether they changed."""

from insitu.sources.files import file_hash, file_path

__all__ = ["file_hash", "file_path"]
