"""The OpenAPI document names every route that there is, and no other; and what is answered is JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.routing import Route

from insitu.serving.deployed import Deployments
from insitu.serving.http.app import application
from insitu.serving.http.counts import Counts
from insitu.serving.http.document import openapi
from insitu.serving.http.service import Service, as_json
from insitu.serving.source import DuckDBSource
from tests.service.site import NOW, site_on_duckdb

OF_FASTAPI = {"/openapi.json", "/docs", "/docs/oauth2-redirect"}


def test_every_route_is_told(tmp_path: Path) -> None:
    source = DuckDBSource(site_on_duckdb(tmp_path).copy, "published", 1)
    service = Service(Deployments(source, "published", ["demo"], lambda _: NOW), None, Counts())
    edge: Any = application(service)
    routes = {
        (route.path.replace("{use_case}", "demo"), method.lower())
        for route in edge.app.router.routes
        if isinstance(route, Route) and route.path not in OF_FASTAPI
        for method in (route.methods or set()) - {"HEAD"}
    }
    document = openapi(service, "1", has_tokens=False)
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert told == routes and ("/invocations", "post") in told and ("/v2/models/demo/versions/{version}", "get") in told
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert [each["name"] for each in operation["parameters"]] == (["version"] if "{version}" in path else [])
    source.close()


def test_half_a_character_is_told_as_it_was(tmp_path: Path) -> None:
    said = as_json({"id": "\ud800", "city": "Malmö"})
    assert json.loads(said) == {"id": "\ud800", "city": "Malmö"}
