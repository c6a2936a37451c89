"""What is read of a request, whoever answers it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from insitu.serving.http.counts import Counts
from insitu.serving.http.edge import DRAINED, Edge

MOST = 10


def ask(parts: Iterable[bytes], headers: dict[bytes, bytes] | None = None, reads: bool = True) -> tuple[int, int]:
    """The status, and how many parts were read before it was sent."""
    left, read, answers = list(parts), [], []

    async def receive() -> dict[str, Any]:
        read.append(left.pop(0))
        return {"type": "http.request", "body": read[-1], "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answers.append((message["status"], len(read)))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while reads and (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    scope = {"type": "http", "method": "POST", "path": "/", "headers": list((headers or {}).items())}
    asyncio.run(Edge(app, Counts(), (), MOST)(scope, receive, send))
    assert len(answers) == 1
    return answers[0]


@pytest.mark.parametrize(
    ("parts", "reads", "expected"),
    [
        ([b"12345", b"67890"], True, (200, 2)),
        ([b"12345", b"67890", b"1"], True, (413, 3)),
        ([b"12345", b"67890", b"1", b"2", b"3"], True, (413, 5)),  # the rest is read, too
        ([b"12345", b"67890", b"1", b"2", b"3"], False, (200, 5)),
        ([b"1"] * 1000, True, (413, DRAINED * MOST + 1)),  # and not for ever
    ],
)
def test_the_rest_is_read_before_an_answer(parts: list[bytes], reads: bool, expected: tuple[int, int]) -> None:
    assert ask(parts, reads=reads) == expected


def test_too_much_is_refused_before_it_is_read_by_anyone() -> None:
    assert ask([b"1"] * 11, {b"content-length": b"11"}, reads=False) == (413, 11)


def test_who_waits_for_a_word_before_sending_is_given_none() -> None:
    waiting = {b"content-length": b"11", b"expect": b"100-continue"}
    assert ask([b"1"] * 11, waiting) == (413, 0)
