"""The routes."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from insitu import __version__
from insitu.serving.delivery import Delivery
from insitu.serving.http import inference, invocations
from insitu.serving.http.document import openapi
from insitu.serving.http.edge import WRONG, Edge
from insitu.serving.http.problems import Problem
from insitu.serving.http.service import Said, Service, as_json

ENDING = 30.0  # seconds that the end waits for the warehouse

Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    service: Service,
    delivery: Delivery | None = None,
    tokens: Sequence[str] = (),
    follow_seconds: float = 2.0,
    deliver_seconds: float = 60.0,
) -> ASGIApp:
    """The service as an ASGI application; it follows the warehouse while it runs."""
    deployments, counts = service.deployments, service.counts

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threads = [threading.Thread(target=deployments.watch, args=(follow_seconds,), name="follow", daemon=True)]
        if delivery is not None:
            threads.append(threading.Thread(target=delivery.run, args=(deliver_seconds,), name="deliver", daemon=True))
        for thread in threads:
            thread.start()
        yield
        deployments.stopped.set()
        # A thread that asks the warehouse when the process ends would end it in disorder.
        await anyio.to_thread.run_sync(threads[0].join, ENDING)
        if service.spool is not None:
            await anyio.to_thread.run_sync(service.spool.close)
        if delivery is not None:
            delivery.stopped.set()
            await anyio.to_thread.run_sync(threads[1].join)
            await anyio.to_thread.run_sync(delivery.try_once)
        if service.spool is not None:
            service.spool.release()
        deployments.source.close()
        if deployments.kept is not None:
            deployments.kept.close()

    app = FastAPI(title="Insitu", version=__version__, lifespan=lifespan, redoc_url=None)
    app.openapi = lambda: openapi(service, __version__, bool(tokens))  # type: ignore[method-assign]

    def route(path: str, method: str, endpoint: Endpoint) -> None:
        async def told(request: Request) -> Response:
            request.scope["insitu.route"] = path
            return await endpoint(request)

        app.router.add_route(path, told, methods=[method])

    async def predict(request: Request) -> Response:
        return _answer(request, await service.by_key(_use_case(request), await _body(request)))

    async def score(request: Request) -> Response:
        return _answer(request, await service.given(_use_case(request), await _body(request)))

    async def last(request: Request) -> Response:
        return _answer(request, await service.last(_use_case(request), await _body(request)))

    async def infer(request: Request) -> Response:
        use_case = _use_case(request)
        _check_version(service, use_case, request.path_params.get("version"))
        body = _json(await _body(request))
        said = await service.columns(use_case, inference.rows(body))
        return _json_response(request, said, inference.response(said, body.get("id")))

    async def invoke(request: Request) -> Response:
        use_case = request.path_params.get("use_case") or deployments.names[0]
        said = await service.columns(use_case, invocations.rows(_json(await _body(request))))
        return _json_response(request, said, invocations.response(said))

    async def server(_: Request) -> Response:
        return _plain({"name": "insitu", "version": __version__, "extensions": []})

    async def live(_: Request) -> Response:
        return _plain({"live": True})

    async def ready(_: Request) -> Response:
        if why := deployments.unready:
            raise Problem(503, f"Not ready: {why}.", headers={"Retry-After": "5"})
        return _plain({"ready": True})

    async def model(request: Request) -> Response:
        deployed = service.deployed(_use_case(request))
        _check_version(service, deployed.use_case, request.path_params.get("version"))
        return _plain(inference.metadata(deployed))

    async def model_ready(request: Request) -> Response:
        deployed = service.deployed(_use_case(request))
        _check_version(service, deployed.use_case, request.path_params.get("version"))
        if deployed.applied is None:
            raise Problem(503, deployed.refusal)
        return _plain({"name": deployed.use_case, "ready": True})

    async def metrics(_: Request) -> Response:
        if service.spool is not None:
            counts.pending.set(service.spool.pending)
        if delivery is not None:
            counts.delivered.set(delivery.delivered)
            counts.unsaid.set(delivery.unsaid)
        counts.reachable.set(not (deployments.away or deployments.unread))
        counts.in_charge.clear()
        for name in deployments.names:
            applied = deployments[name].applied
            if applied is not None:
                counts.in_charge.labels(name, applied.version).set(1)
        return Response(generate_latest(counts.registry), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("predict", predict), ("last", last), ("score", score)):
        route(f"/{path}/{{use_case}}", "POST", endpoint)
    route("/models/{use_case}/invocations", "POST", invoke)
    if len(deployments.names) == 1:
        route("/invocations", "POST", invoke)
    route("/v2", "GET", server)
    route("/v2/health/live", "GET", live)
    route("/v2/health/ready", "GET", ready)
    for at in ("/v2/models/{use_case}", "/v2/models/{use_case}/versions/{version}"):
        route(at, "GET", model)
        route(f"{at}/ready", "GET", model_ready)
        route(f"{at}/infer", "POST", infer)
    route("/metrics", "GET", metrics)

    async def not_found(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        told = {404: "There is no such path; /docs lists them.", 405: "Another method is expected; /docs says which."}
        detail = told.get(error.status_code, str(error.detail))
        return Problem(error.status_code, detail, headers=dict(error.headers or {})).response()

    app.add_exception_handler(HTTPException, not_found)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Exception, _wrong)
    return Edge(app, counts, tokens, service.limits.bytes)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _wrong(_: Request, __: Exception) -> Response:
    return WRONG.response()


def _use_case(request: Request) -> str:
    return str(request.path_params["use_case"])


def _check_version(service: Service, use_case: str, version: str | None) -> None:
    applied = service.deployed(use_case).applied
    if version is not None and (applied is None or applied.version != version):
        found = applied.version if applied else "none"
        raise Problem(404, f"Version `{version}` is not in charge of `{use_case}`; in charge is {found}.")


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, f"Send JSON with `Content-Type: application/json`; found `{kind}`.")
    return await request.body()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"The request is no JSON: {error}.") from None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON; null is missing")


def _plain(value: Any) -> Response:
    return Response(as_json(value), media_type="application/json")


def _json_response(request: Request, said: Said, value: Any) -> Response:
    request.scope["insitu.told"] = {
        "use_case": said.deployed.use_case,
        "model_version": said.version,
        "rows": len(said.scores),
    }
    return _plain(value)


def _answer(request: Request, said: Said) -> Response:
    body = {
        "use_case": said.deployed.use_case,
        "model_version": said.version,
        "source": said.source,
        "predictions": said.as_rows(),
        "logged": said.is_logged,
    }
    return _json_response(request, said, body)
