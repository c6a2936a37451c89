"""What the macros ask of the files behind a source, and the answers: a value, or the error to raise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from insitu.errors import ConfigurationError
from insitu.sources.declaration import Column, Declaration
from insitu.sources.files import files_hash, source_files
from insitu.sources.read import read_files

Request = dict[str, Any]


def file_hash(request: Request) -> str:
    """The hash of a source's files, to see whether they changed since they were loaded."""
    declaration = Declaration.of(request["file"])
    return files_hash(source_files(declaration.package, declaration.path))


def typed_file(request: Request) -> str:
    """The path of a Parquet file with the rows of a source's files, in the declared types."""
    columns = [Column(column["name"], column["data_type"], column.get("format")) for column in request["columns"]]
    return str(read_files(Declaration.of(request["file"]), columns))


QUESTIONS: dict[str, Callable[[Request], str]] = {"file_hash": file_hash, "typed_file": typed_file}


def answer(question: str, request: Request) -> dict[str, str]:
    """The answer to one of `QUESTIONS`: `{value: …}`, or `{error: …}` with all that there is to say.

    Args:
        question: its name.
        request: the source's name (`source`), the YAML file that declares it (`declared_in`), `file`, and `columns`,
            each with `name`, `data_type` and perhaps `format`.
    """
    try:
        return {"value": QUESTIONS[question](request)}
    except ConfigurationError as error:
        found = str(error)
    except OSError as error:
        found = f"{error.strerror or error} (`{error.filename}`)."
    return {
        "error": f"Source `{request['source']}`: {found} Nothing was loaded. Have the source delivered as agreed, or "
        f"change the contract in {request['declared_in']}."
    }


def answer_json(question: str, request: str) -> str:
    """The same with JSON in and out, as SQL can hand it over."""
    return json.dumps(answer(question, json.loads(request)))
