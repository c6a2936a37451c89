"""The OpenAPI document, from the models that are in charge now."""

from __future__ import annotations

from collections.abc import Sequence
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
        models = {"last": service.last_model(deployed)}
        if deployed.published.function:
            models["predict"] = service.asked_model(deployed)
        if deployed.applied is not None:
            models["score"] = service.given_model(deployed)
        for way, model in models.items():
            paths[f"/{way}/{name}"] = _post(f"{SUMMARIES[way]} {title}", _schema(model, schemas), "Answer")
        for at, own in ((f"/v2/models/{name}", []), (f"/v2/models/{name}/versions/{{version}}", [VERSION])):
            paths[at] = _get("What the model takes and gives.", 404, parameters=own)
            paths[f"{at}/ready"] = _get("Whether it can be asked.", 404, 503, parameters=own)
            paths[f"{at}/infer"] = _post("Open Inference Protocol, version 2.", INPUTS, "Inference", own)
        invocations = _post("As MLflow's scoring server.", FRAMES, None)
        paths[f"/models/{name}/invocations"] = invocations
        if len(service.deployments.names) == 1:
            paths["/invocations"] = invocations
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
    "last": "The last predictions of record, with their age.",
    "score": "Predict from features.",
}
VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "description": "The one in charge; another is not found.",
    "schema": {"type": "string"},
}
ANSWER = {
    "type": "object",
    "required": ["use_case", "model_version", "source", "predictions", "logged"],
    "properties": {
        "use_case": {"type": "string"},
        "model_version": {"type": "string"},
        "source": {"enum": ["now", "given", "last"], "description": "Where the features are from."},
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


Parameters = Sequence[dict[str, Any]]


def _get(summary: str, *more: int, media: str = "application/json", parameters: Parameters = ()) -> dict[str, Any]:
    answers = {"200": {"description": "OK", "content": {media: {}}}}
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": answers | _problems(401, 500, *more),
        }
    }


def _post(summary: str, schema: dict[str, Any], answer: str | None, parameters: Parameters = ()) -> dict[str, Any]:
    content = {"schema": {"$ref": REFERENCE.format(model=answer)}} if answer else {}
    answers = {"200": {"description": "OK", "content": {"application/json": content}}}
    return {
        "post": {
            "summary": summary,
            "parameters": list(parameters),
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": answers | _problems(400, 401, 404, 413, 415, 422, 500, 503, 504),
        }
    }


def _problems(*statuses: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    return {str(status): {"description": TITLES[status], "content": content} for status in statuses}
