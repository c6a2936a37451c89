"""The service over the use case made by hand, as `insitu score serve` runs it; its argument says how, as JSON."""

from __future__ import annotations

import json
import logging
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from threadpoolctl import threadpool_limits

from insitu.serving.delivery import Delivery
from insitu.serving.deployed import Deployments
from insitu.serving.http.app import application
from insitu.serving.http.counts import Counts
from insitu.serving.http.service import Limits, Service
from insitu.serving.kept import Kept
from insitu.serving.source import DuckDBSource, PostgresSource, Source
from insitu.serving.spool import Spool
from insitu.warehouse.postgres.warehouse import address
from tests.faults.demo import Project
from tests.service.site import NOW


def main() -> None:
    """Serve until a signal."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("insitu.serving.access").setLevel(logging.WARNING)
    told = json.loads(sys.argv[1])
    project: Any = Project(told["settings"])
    if told["copy"]:
        source: Source = DuckDBSource(Path(told["copy"]), "published", 1)
    else:
        uri, place, setup = address(project.credentials)
        source = PostgresSource(uri, place, setup, 4, told["timeout"])
    kept = Kept() if told["when_away"] == "last" else None
    stale_after = told["stale_after"] and timedelta(seconds=told["stale_after"])
    deployments = Deployments(source, "published", ["demo"], lambda _: NOW, stale_after, told["shadows"], kept)
    threadpool_limits(1)
    spool = delivery = None
    if told["spool"]:
        spool = Spool(Path(told["spool"]), 1_000_000)
        delivery = Delivery(project, deployments, spool)
    service = Service(deployments, spool, Counts(), Limits(seconds=told["timeout"], when_away=told["when_away"]))
    app = application(service, delivery, (), told["follow"], told["deliver"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(app, port=told["port"], access_log=False, log_level="warning")
