"""`insitu score serve`: registered models over HTTP."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from insitu import durations
from insitu.errors import ConfigurationError
from insitu.scoring.present import clock
from insitu.warehouse import Project

TOKENS = "INSITU_TOKEN_SHA256"


@click.command()
@click.argument("use_cases", nargs=-1)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--from",
    "copy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="DuckDB: the published copy, such as /srv/bi/shop.duckdb.",
)
@click.option("--schema", default="published", show_default=True, help="Where `publish --serve` put its functions.")
@click.option("--log/--no-log", "keeps", default=True, show_default=True, help="Write what is answered to the tables.")
@click.option(
    "--spool",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of predictions on their way to the warehouse; in dbt's target folder by default.",
)
@click.option("--deliver-every", default="1 minute", show_default=True, help="How often they are taken there.")
@click.option("--follow-every", default="2 seconds", show_default=True, help="How often the warehouse is looked at.")
@click.option(
    "--when-away",
    type=click.Choice(["refuse", "last"]),
    default="refuse",
    show_default=True,
    help="While the warehouse is away or out of date: refuse requests by key, or answer with the last prediction.",
)
@click.option("--stale-after", help='How long after its last batch a use case is out of date, such as "1 day".')
@click.option(
    "--shadow",
    "shadows",
    multiple=True,
    metavar="USE_CASE=VERSION|challenger",
    help="A version that scores the same rows beside who is in charge, never in an answer.",
)
@click.option("--queries", default=4, show_default=True, help="Queries for features at a time.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds that the warehouse may take.")
@click.option("--max-rows", default=1000, show_default=True, help="Rows of a request with features.")
@click.option("--max-keys", default=100, show_default=True, help="Rows of a request by key.")
@click.option("--max-bytes", default=2_000_000, show_default=True, help="Bytes of a request.")
@click.option(
    "--max-pending", default=1_000_000, show_default=True, help="Predictions that may wait for the warehouse."
)
@click.option(
    "--when-full",
    type=click.Choice(["block", "drop"]),
    default="block",
    show_default=True,
    help="When more would wait: let requests wait, or answer without keeping the prediction, and count it.",
)
@click.option(
    "--unknown-features",
    "extra",
    type=click.Choice(["forbid", "ignore"]),
    default="forbid",
    show_default=True,
    help="Features that the model does not have.",
)
@click.option("--ssl-certfile", type=click.Path(exists=True, dir_okay=False))
@click.option("--ssl-keyfile", type=click.Path(exists=True, dir_okay=False))
@click.pass_obj
def serve(project: Project | None, /, use_cases: tuple[str, ...], **asked: Any) -> None:
    """Serve registered models over HTTP, with features by key from the warehouse.

    `insitu score publish --serve` comes first. Clients send a token if INSITU_TOKEN_SHA256 has its SHA-256.
    """
    # Read by the libraries when they are loaded: one row is predicted on one thread.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        import uvicorn
    except ImportError as error:
        raise ConfigurationError(
            f"A service wants packages that are not installed ({error.name}): pip install 'insitu[serve]'"
        ) from error
    from threadpoolctl import threadpool_limits

    from insitu.serving.delivery import Delivery
    from insitu.serving.deployed import Deployments
    from insitu.serving.http.app import application
    from insitu.serving.http.counts import Counts
    from insitu.serving.http.service import Limits, Service
    from insitu.serving.kept import Kept
    from insitu.serving.spool import Spool

    project = project or Project.find()
    tokens = _tokens(os.environ.get(TOKENS, ""))
    _log_to_stderr()
    source = _source(project, asked["copy"], asked["schema"], asked["queries"], asked["timeout"])
    stale_after = asked["stale_after"] and timedelta(seconds=_seconds(asked["stale_after"], "--stale-after"))
    shadows = _shadows(asked["shadows"], asked["keeps"])
    kept = Kept() if asked["when_away"] == "last" else None
    deployments = Deployments(source, asked["schema"], use_cases, clock(project), stale_after, shadows, kept)
    threadpool_limits(1)
    spool = delivery = None
    if asked["keeps"]:
        spool = Spool(asked["spool"] or project.target_path / "serving" / "spool.sqlite", asked["max_pending"])
        delivery = Delivery(project, deployments, spool)
    limits = Limits(
        rows=asked["max_rows"],
        keys=asked["max_keys"],
        bytes=asked["max_bytes"],
        seconds=asked["timeout"],
        queries=asked["queries"],
        extra=asked["extra"],
        when_away=asked["when_away"],
        when_full=asked["when_full"],
    )
    app = application(
        Service(deployments, spool, Counts(), limits),
        delivery,
        tokens,
        _seconds(asked["follow_every"], "--follow-every"),
        _seconds(asked["deliver_every"], "--deliver-every"),
    )
    secure = {name: asked[name] for name in ("ssl_certfile", "ssl_keyfile") if asked[name]}
    for name in deployments.names:
        applied = deployments[name].applied
        scheme = "https" if secure else "http"
        click.echo(
            f"{name}: {applied.version if applied else 'nobody is in charge'} at "
            f"{scheme}://{asked['host']}:{asked['port']}/predict/{name}",
            err=True,
        )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends what it was doing, and then sends the signal once more: the end was in order.
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        app,
        host=asked["host"],
        port=asked["port"],
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=30,
        server_header=False,
        **secure,
    )


def _source(project: Project, copy: Path | None, schema: str, queries: int, timeout: float) -> Any:
    from insitu.serving.source import DuckDBSource, PostgresSource
    from insitu.warehouse.postgres.warehouse import address

    credentials = project.credentials
    if credentials.type == "duckdb":
        if copy is None:
            raise ConfigurationError(
                "A DuckDB file has one writer and no readers beside it, so a service reads a published copy. "
                "`insitu score publish --serve --to <folder>`, then --from <folder>/<name of the warehouse>.duckdb."
            )
        return DuckDBSource(copy, schema, 1)
    if copy is not None:
        raise ConfigurationError("--from names a DuckDB copy; on PostgreSQL the database of the profile is read.")
    uri, place, setup = address(credentials)
    return PostgresSource(uri, place, setup, queries + 2, timeout)


def _tokens(text: str) -> list[str]:
    found = [each.strip().lower() for each in text.split(",") if each.strip()]
    if wrong := [each for each in found if not re.fullmatch("[0-9a-f]{64}", each)]:
        raise ConfigurationError(
            f"{TOKENS} has a value of {len(wrong[0])} characters; expected the SHA-256 of each token in hexadecimal, "
            'separated by commas: printf %s "$TOKEN" | sha256sum'
        )
    return found


def _shadows(told: tuple[str, ...], keeps: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in told:
        use_case, _, version = each.partition("=")
        if not use_case or not version:
            raise ConfigurationError(
                f"--shadow is `{each}`; expected `<use case>=<version>` or `<use case>=challenger`."
            )
        found.setdefault(use_case, []).append(version)
    if found and not keeps:
        raise ConfigurationError("What a shadow says is in the tables alone: --shadow goes with --log, not --no-log.")
    return found


def _seconds(text: str, option: str) -> float:
    try:
        return durations.parse_fixed(text).days * 86_400
    except ValueError as error:
        raise ConfigurationError(f"{option}: {error}") from error


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("insitu.serving")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    log.propagate = False
