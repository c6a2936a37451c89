"""The Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol."""

from __future__ import annotations

from typing import Any

from insitu.serving.deployed import Deployed
from insitu.serving.http.problems import Problem
from insitu.serving.http.service import Said

DATATYPES = {"number": "FP64", "category": "BYTES", "timestamp": "BYTES"}
TAKEN = {"BOOL", "BYTES", "FP16", "FP32", "FP64"} | {
    f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}


def metadata(deployed: Deployed) -> dict[str, Any]:
    """What a model takes and gives."""
    applied = deployed.applied
    if applied is None:
        return {"name": deployed.use_case, "versions": [], "platform": "insitu", "inputs": [], "outputs": []}
    signature = applied.model.signature
    inputs = [
        {"name": feature.name, "datatype": DATATYPES[feature.kind], "shape": [-1]} for feature in signature.features
    ]
    keys = [
        {"name": name, "datatype": "BYTES", "shape": [-1], "parameters": {"optional": True}}
        for name in deployed.config.key
    ]
    return {
        "name": deployed.use_case,
        "versions": [applied.version],
        "platform": f"insitu_{applied.model.task}",
        "inputs": [*inputs, *keys],
        "outputs": _outputs(deployed),
    }


def _outputs(deployed: Deployed) -> list[dict[str, Any]]:
    assert deployed.applied is not None
    classes = deployed.applied.model.signature.classes or []
    if deployed.config.task == "multiclass":
        return [
            {"name": "class", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(classes)]},
        ]
    return [{"name": "score", "datatype": "FP64", "shape": [-1]}]


def rows(body: Any) -> list[dict[str, Any]]:
    """The rows of a request: a tensor for each column."""
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise _wrong("/inputs", "a list of tensors, one for each column")
    columns: dict[str, list[Any]] = {}
    for number, tensor in enumerate(inputs):
        where = f"/inputs/{number}"
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise _wrong(where, "a tensor with name, shape, datatype and data")
        name, shape, data = tensor["name"], tensor.get("shape"), tensor.get("data")
        if name in columns:
            raise _wrong(where, "each name once")
        if not isinstance(tensor.get("datatype"), str) or tensor["datatype"] not in TAKEN:
            raise _wrong(f"{where}/datatype", f"one of {', '.join(sorted(TAKEN))}")
        if not isinstance(shape, list) or len(shape) not in (1, 2) or shape[1:] not in ([], [1]):
            raise _wrong(f"{where}/shape", "[rows] or [rows, 1]")
        if not isinstance(shape[0], int) or isinstance(shape[0], bool):
            raise _wrong(f"{where}/shape", "[rows] or [rows, 1]")
        if not isinstance(data, list):
            raise _wrong(f"{where}/data", "a list of values, row by row")
        flat = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in data]
        if len(flat) != shape[0]:
            raise _wrong(f"{where}/data", f"{shape[0]} values, as its shape says; found {len(flat)}")
        columns[name] = flat
    sizes = {len(values) for values in columns.values()}
    if len(sizes) > 1:
        raise _wrong("/inputs", f"as many rows in each tensor; found {sorted(sizes)}")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def response(said: Said, id_: Any) -> dict[str, Any]:
    """The answer."""
    n_rows = len(said.scores)
    outputs = []
    for output in _outputs(said.deployed):
        name = output["name"]
        if name == "probabilities":
            data: list[Any] = [value for each in said.scores for value in each[name].values()]
            shape = [n_rows, output["shape"][1]]
        else:
            data, shape = [each[name] for each in said.scores], [n_rows]
        outputs.append({"name": name, "datatype": output["datatype"], "shape": shape, "data": data})
    found = {
        "model_name": said.deployed.use_case,
        "model_version": said.version,
        "outputs": outputs,
        "parameters": {"logged": said.is_logged},
    }
    return {**found, "id": id_} if isinstance(id_, str) else found


def _wrong(pointer: str, expected: str) -> Problem:
    return Problem(422, f"`{pointer}`: expected {expected}.", [{"pointer": pointer, "expected": expected}])
