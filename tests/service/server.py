"""That service as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e import process
from tests.service.site import Site

ROOT = Path(__file__).parents[2]
DEFAULTS = {
    "spool": None,
    "when_away": "refuse",
    "stale_after": None,
    "shadows": {},
    "follow": 0.2,
    "deliver": 0.5,
    "timeout": 10.0,
}


class Server:
    """A running service."""

    def __init__(self, site: Site, log: Path, **told: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        copy = str(site.copy) if site.kind == "duckdb" else ""
        settings = {**DEFAULTS, "settings": site.project.settings, "copy": copy, "port": self.port, **told}
        self.path = log
        log.touch()
        command = ["tests.service.run", json.dumps(settings, default=str)]
        self.process = process.start(command, ROOT, {**os.environ, "OMP_NUM_THREADS": "1"}, str(log))
        until(lambda: not self.process.is_alive() or self.answers("/v2/health/live"), 120)
        assert self.process.is_alive(), self.said()

    def said(self) -> str:
        """Its log."""
        return self.path.read_text()

    def answers(self, path: str) -> bool:
        """Is the answer 200?"""
        try:
            return self.get(path)[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, Any]:
        """Status and answer."""
        return self._send(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))[:2]

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and answer."""
        return self.ask(path, body)[:2]

    def ask(self, path: str, body: Any) -> tuple[int, Any, Any]:
        """Status, answer and headers."""
        data = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        kind = {"Content-Type": "application/json"}
        return self._send(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, kind))

    def _send(self, request: urllib.request.Request) -> tuple[int, Any, Any]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _read(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, _read(error.read()), error.headers

    def resident(self) -> int:
        """Bytes of memory that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def stop(self, number: int = signal.SIGTERM) -> int | None:
        """End it, and wait."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)
        self.process.join(60)
        return self.process.exitcode


@contextmanager
def serving(site: Site, log: Path, **told: Any) -> Iterator[Server]:
    """A service, and its end in order."""
    server = Server(site, log, **told)
    try:
        yield server
    finally:
        code = server.stop()
    assert code == 0, server.said()


def until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()
