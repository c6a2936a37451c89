"""A service as a process of its own, over the shop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.dbt.use_cases.conftest import Shop


@dataclass
class Server:
    """A running service."""

    shop: Shop
    copy: Path | None
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> Server:
        """Start, and wait until it is ready."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", self.shop.kind, "score", "serve"]
        source = ["--from", str(self.copy)] if self.copy else []
        self.log = (self.shop.folder / "serve.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "insitu.cli", *command, "--port", str(self.port), *source, *self.arguments],
            cwd=self.shop.folder,
            env={**os.environ, **self.shop.environment, **self.environment},
            stdout=self.log,
            stderr=self.log,
            text=True,
        )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            assert self.process.poll() is None, self.said()
            try:
                if self.get("/v2/health/ready")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.said())

    def said(self) -> str:
        """Its log."""
        return (self.shop.folder / "serve.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it, and wait."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.log.close()
        return code

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and answer."""
        return self._send(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers or {}))

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and answer; bytes are sent as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        told = {"Content-Type": "application/json", **(headers or {})}
        return self._send(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, told))

    def _send(self, request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _read(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _read(error.read())


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()
