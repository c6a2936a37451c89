"""The requests of MLflow's scoring server: `dataframe_split` and `dataframe_records`."""

from __future__ import annotations

from typing import Any

from insitu.serving.http.problems import Problem
from insitu.serving.http.service import Said


def rows(body: Any) -> list[dict[str, Any]]:
    """The rows of a request."""
    if isinstance(body, dict) and isinstance(body.get("dataframe_records"), list):
        records = body["dataframe_records"]
        if all(isinstance(record, dict) for record in records):
            return list(records)
    split = body.get("dataframe_split") if isinstance(body, dict) else None
    if isinstance(split, dict):
        columns, data = split.get("columns"), split.get("data")
        if isinstance(columns, list) and isinstance(data, list) and all(isinstance(name, str) for name in columns):
            if all(isinstance(row, list) and len(row) == len(columns) for row in data):
                return [dict(zip(columns, row, strict=True)) for row in data]
            raise Problem(422, f"`/dataframe_split/data`: each row has a value for each of {len(columns)} columns.")
    raise Problem(
        422,
        'Expected {"dataframe_split": {"columns": […], "data": [[…]]}} or {"dataframe_records": [{…}]}.',
    )


def response(said: Said) -> dict[str, Any]:
    """The answer: a number for each row, a class in a multiclass task."""
    name = "class" if said.deployed.config.task == "multiclass" else "score"
    return {"predictions": [each[name] for each in said.scores]}
