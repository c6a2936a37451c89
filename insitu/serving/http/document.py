"""The OpenAPI document, from the models that are in charge now."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from insitu.serving.http.problems import MEDIA_TYPE, SCHEMA, TITLES
from insitu.serving.http.service import Service

REFERENCE = "#/components/schemas/{model}"


def openapi(service: Service, version: str, has_tokens: bool) -> dict[str, Any]:
    """The document."""
    schemas: dict[str, Any] = {"Problem": SCHEMA, "Answer": ANSWER, "Inference": INFERENCE}
    paths: dict[str, Any] = {
        "/v2": _get("The server and the protocols that it speaks."),
        "/v2/health/live": _get("Whether the process answers."),
        "/v2/health/ready": _get("Whether every use case has a verified model and the warehouse answers.", 503),
        "/metrics": _get("Counters for Prometheus.", media="text/plain"),
    }
    for name in service.deployments.names:
        deployed = service.deployments[name]
        title = deployed.published.meta.get("description") or name
        for way, path in (("asked", "predict"), ("asked", "last"), ("given", "score")):
            if (way == "given" and deployed.applied is None) or (way == "asked" and not deployed.published.function):
                continue
            model = service.asked_model(deployed) if way == "asked" else service.given_model(deployed)
            paths[f"/{path}/{name}"] = _post(f"{SUMMARIES[path]} {title}", _schema(model, schemas), "Answer")
        at = f"/v2/models/{name}"
        paths[at] = _get("What the model takes and gives.")
        paths[f"{at}/ready"] = _get("Whether it can be asked.", 503)
        paths[f"{at}/infer"] = _post("Open Inference Protocol, version 2.", INPUTS, "Inference")
        paths[f"/models/{name}/invocations"] = _post("As MLflow's scoring server.", FRAMES, None)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Insitu", "version": version, "description": "Registered models over HTTP."},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if has_tokens:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


SUMMARIES = {
    "predict": "Predict for rows by key; their features are computed now.",
    "last": "Predict from the features of the last batch.",
    "score": "Predict from features.",
}
ANSWER = {
    "type": "object",
    "required": ["use_case", "model_version", "predictions", "logged"],
    "properties": {
        "use_case": {"type": "string"},
        "model_version": {"type": "string"},
        "predictions": {"type": "array", "items": {"type": "object", "required": ["score"]}},
        "logged": {"type": "boolean"},
    },
}
INFERENCE = {
    "type": "object",
    "required": ["model_name", "outputs"],
    "properties": {"model_name": {"type": "string"}, "outputs": {"type": "array"}},
}
INPUTS = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "inputs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "shape", "datatype", "data"],
                "properties": {
                    "name": {"type": "string"},
                    "shape": {"type": "array", "items": {"type": "integer"}},
                    "datatype": {"type": "string"},
                    "data": {"type": "array"},
                },
            },
        },
    },
}
FRAMES = {
    "type": "object",
    "properties": {
        "dataframe_split": {
            "type": "object",
            "required": ["columns", "data"],
            "properties": {
                "columns": {"type": "array", "items": {"type": "string"}},
                "data": {"type": "array", "items": {"type": "array"}},
            },
        },
        "dataframe_records": {"type": "array", "items": {"type": "object"}},
    },
}


def _schema(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    found = model.model_json_schema(by_alias=True, ref_template=REFERENCE)
    schemas.update(found.pop("$defs", {}))
    schemas[model.__name__] = found
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _get(summary: str, *more: int, media: str = "application/json") -> dict[str, Any]:
    answers = {"200": {"description": "OK", "content": {media: {}}}}
    return {"get": {"summary": summary, "responses": answers | _problems(401, 500, *more)}}


def _post(summary: str, schema: dict[str, Any], answer: str | None) -> dict[str, Any]:
    content = {"schema": {"$ref": REFERENCE.format(model=answer)}} if answer else {}
    answers = {"200": {"description": "OK", "content": {"application/json": content}}}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": answers | _problems(400, 401, 404, 413, 415, 422, 500, 503, 504),
        }
    }


def _problems(*statuses: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    return {str(status): {"description": TITLES[status], "content": content} for status in statuses}
