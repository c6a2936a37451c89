"""What every request passes: token, size, an answer to every error, a line of the log, counters."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from insitu.serving.http.counts import Counts
from insitu.serving.http.problems import Problem

log = logging.getLogger("insitu.serving.access")
DRAINED, DRAINING = 16, 5
OPEN = ("/v2/health/live", "/v2/health/ready")  # asked by load balancers, which have no token


WRONG = Problem(500, "An error of the service; its log says more.")


class Edge:
    """The outermost application.

    Args:
        tokens: SHA-256 of each that is valid, in hexadecimal; without any, none is asked for.
        most: bytes of a request.
    """

    def __init__(self, app: ASGIApp, counts: Counts, tokens: Sequence[str], most: int) -> None:
        self.app, self.counts, self.tokens, self.most = app, counts, tokens, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        is_begun = False
        body = Body(scope, receive, self.most)

        async def counted(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status, is_begun = message["status"], True
                await body.drain()
            await send(message)

        try:
            self._check(scope)
            await self.app(scope, body.receive, counted)
        except Problem as problem:
            await problem.response()(scope, receive, counted)
        except Exception:
            log.exception("an error of the service")
            if not is_begun:
                await WRONG.response()(scope, receive, counted)
        finally:
            seconds = time.perf_counter() - started
            route = scope.get("insitu.route", "other")
            self.counts.requests.labels(route, str(status)).inc()
            self.counts.seconds.labels(route).observe(seconds)
            log.info(
                json.dumps(
                    {
                        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                        "method": scope["method"],
                        "route": route,
                        "status": status,
                        "ms": round(1000 * seconds, 2),
                        **scope.get("insitu.told", {}),
                    }
                )
            )

    def _check(self, scope: Scope) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        if self.tokens and scope["path"] not in OPEN:
            scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
            digest = hashlib.sha256(token.strip()).hexdigest()
            # All are compared, so that time tells nothing.
            known = [hmac.compare_digest(digest, each) for each in self.tokens]
            if scheme.lower() != b"bearer" or not any(known):
                raise Problem(
                    401, "Send `Authorization: Bearer <token>`.", headers={"WWW-Authenticate": 'Bearer realm="insitu"'}
                )
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.most:
            raise too_large(self.most)


class Body:
    """What a request brings, up to a limit.

    Args:
        most: bytes.
    """

    def __init__(self, scope: Scope, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._size = 0
        # Who waits for a word before sending is not given one.
        self._is_read = any(name.lower() == b"expect" for name, _ in scope["headers"])

    async def receive(self) -> Message:
        """The next part.

        Raises:
            Problem: the limit is passed.
        """
        message = await self._next()
        if self._size > self._most:
            raise too_large(self._most)
        return message

    async def drain(self) -> None:
        """Reads the rest and throws it away: a client that is still sending when its connection ends loses the answer.

        It ends after `DRAINED` limits' worth, or `DRAINING` seconds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAINING):
                while not self._is_read and self._size <= DRAINED * self._most:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._is_read = not message.get("more_body", False)
        return message


def too_large(most: int) -> Problem:
    """The answer to a request of more bytes."""
    return Problem(413, f"A request may have {most:,} bytes; send fewer rows.", headers={"Connection": "close"})
