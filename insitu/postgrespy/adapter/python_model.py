"""Run a compiled Python model and turn what it returns into an Arrow stream."""

from __future__ import annotations

import json
import linecache
import sys
import traceback
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pyarrow as pa
from dbt_common.exceptions import DbtRuntimeError

from insitu.warehouse.postgres.lazy_query import PostgresQuery
from insitu.warehouse.postgres.session import Session

RETURNABLE = "a pyarrow Table or RecordBatchReader, a pandas or polars DataFrame, or a relation (dbt.ref, session.sql)"


class PythonModelError(DbtRuntimeError):
    """The model's own code failed; the message has its traceback."""

    CODE = 10005
    MESSAGE = "Python model failed"


def run(name: str, code: str, session: Session) -> Any:
    """Load the compiled code as a module and call `model(dbt, session)`; returns what the model returns."""
    module = ModuleType(f"dbt_model_{name}")
    module.__file__ = f"<dbt model {name}>"
    code = code.lstrip()  # Jinja leaves blank space before it
    linecache.cache[module.__file__] = (len(code), None, code.splitlines(keepends=True), module.__file__)
    sys.modules[module.__name__] = module  # dataclasses and pickling look their module up
    try:
        exec(compile(code, module.__file__, "exec"), module.__dict__)
        dbt = module.dbtObj(session.table)
        return module.model(dbt, session)
    finally:
        sys.modules.pop(module.__name__, None)


def failure(name: str, error: BaseException) -> PythonModelError:
    """The error to report for an exception raised in the model, with the traceback from the model's code on."""
    frames = error.__traceback__
    while frames and not frames.tb_frame.f_code.co_filename.startswith("<dbt model"):
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))
    return PythonModelError(f"Python model `{name}` failed: {type(error).__name__}: {error}\n\n{text}")


def to_stream(name: str, result: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema and the batches of whatever a model may return.

    Raises DbtRuntimeError naming the model and the type it returned where it is none of those.
    """
    if isinstance(result, PostgresQuery):
        result = result.to_arrow_reader()
    elif isinstance(result, pa.RecordBatch):
        result = pa.Table.from_batches([result])
    elif type(result).__module__.partition(".")[0] == "pandas" and type(result).__name__ == "DataFrame":
        names = [str(column) for column in result.columns]
        _refuse_names(name, names)
        result = pa.Table.from_pandas(result.set_axis(names, axis=1), preserve_index=False)
    elif type(result).__module__.partition(".")[0] == "polars" and type(result).__name__ in ("DataFrame", "LazyFrame"):
        result = (result.collect() if type(result).__name__ == "LazyFrame" else result).to_arrow()
    elif hasattr(result, "__arrow_c_stream__") and not isinstance(result, pa.Table | pa.RecordBatchReader):
        result = pa.RecordBatchReader.from_stream(result)
    if isinstance(result, pa.Table):
        schema, batches = result.schema, iter(result.to_batches())
    elif isinstance(result, pa.RecordBatchReader):
        schema, batches = result.schema, iter(result)
    else:
        found = "nothing (None)" if result is None else f"a {type(result).__module__}.{type(result).__qualname__}"
        raise DbtRuntimeError(f"Python model `{name}` returned {found}; it must return {RETURNABLE}.")
    _refuse_names(name, schema.names)
    return schema, batches


def unique_key(schema: pa.Schema) -> list[str]:
    """The columns that tell the rows of a model's table from one another, where its result says so.

    A model says it in the metadata of the Arrow schema that it returns: `{"unique_key": '["id", "day"]'}`.
    """
    told = (schema.metadata or {}).get(b"unique_key")
    return list(json.loads(told)) if told else []


def _refuse_names(name: str, columns: list[str]) -> None:
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated or not columns:
        problem = f"the column {repeated[0]!r} more than once" if repeated else "no columns"
        raise DbtRuntimeError(f"Python model `{name}` returned {problem}; columns need different names, at least one.")
