"""Real time, beside other servers of models, in one run on one machine, client included.

    python benchmarks/serving.py [--from warehouse/published/insitu.duckdb] [--seconds 8] [--postgres]

After `make run` and `insitu score publish --serve --to warehouse/published`. The same registered model answers in the
service, in `mlflow models serve` and in MLServer (in an environment of their own, made at the first run), given all
features of a row; then the service computes the features by key. `--postgres` asks the database that PG* name, after
`make run TARGET=postgres` and `insitu score publish --serve`. A client sends at a fixed rate over 16 connections, and
latency counts from when a request was due; `max` is what comes back when it sends as fast as it can.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import joblib

from insitu.config import parse
from insitu.registry.model import Model

ROOT = Path(__file__).parents[1]
USE_CASE = "flight_delay"
CONNECTIONS = 16
PEERS = ["mlflow==3.17.2", "mlserver==1.7.1", "mlserver-sklearn==1.7.1"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def send(port: int, path: str, bodies: list[bytes], rate: float, seconds: float) -> tuple[float, list[float]]:
    """Answers a second, and latencies in milliseconds."""
    queue: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue(0 if rate else CONNECTIONS)
    latencies: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (item := await queue.get()) is not None:
            due, body = item
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
            for attempt in range(3):
                writer.write(f"{head}\r\n\r\n".encode() + body)
                try:
                    answer = await reader.readuntil(b"\r\n\r\n")
                    break
                except (asyncio.IncompleteReadError, ConnectionError):  # it was idle for too long for some servers
                    if attempt == 2:
                        raise
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
            length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length"))
            said = await reader.readexactly(int(length.split(b":")[1]))
            assert b" 200 " in answer.split(b"\r\n")[0], said[:300]
            latencies.append(1000 * (time.perf_counter() - due))
        writer.close()

    workers = [asyncio.create_task(connection()) for _ in range(CONNECTIONS)]
    start, number = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        due = start + number / rate if rate else time.perf_counter()
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        await queue.put((due, bodies[number % len(bodies)]))
        number += 1
    for _ in workers:
        await queue.put(None)
    await asyncio.gather(*workers)
    return len(latencies) / (time.perf_counter() - start), sorted(latencies)


def measured(port: int, path: str, bodies: list[bytes], rates: list[float], seconds: float) -> list[str]:
    asyncio.run(send(port, path, bodies, 0, 2))  # warm
    cells = []
    for rate in rates:
        _, latencies = asyncio.run(send(port, path, bodies, rate, seconds))
        at = (latencies[int(share * (len(latencies) - 1))] for share in (0.5, 0.99))
        cells.append(" / ".join(f"{value:.1f}" for value in at))
    most, _ = asyncio.run(send(port, path, bodies, 0, seconds))
    return [*cells, f"{most:.0f}"]


@contextmanager
def running(command: list[str], port: int, ready: str, cwd: Path, **environment: str) -> Iterator[None]:
    """A server, until it answers, and its end."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=log, stderr=log, env={**os.environ, **environment}, start_new_session=True
        )
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=2)
                    break
                except (OSError, urllib.error.HTTPError):
                    if process.poll() is not None:
                        break
                    time.sleep(0.2)
            if process.poll() is not None:
                log.seek(0)
                sys.exit(f"{command[0]} ended: {log.read()[-2000:]}")
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def peers(folder: Path) -> Path:
    """The folder of programs of an environment with the other servers and our versions of the model's libraries."""
    if not (folder / "bin/mlserver").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        import lightgbm
        import pandas
        import sklearn

        same = [
            f"{module.__name__.replace('sklearn', 'scikit-learn')}=={module.__version__}"
            for module in (lightgbm, pandas, sklearn)
        ]
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *PEERS, *same]
        subprocess.run(pip, check=True)
    return folder / "bin"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--from", dest="copy", type=Path, default=ROOT / "warehouse/published/insitu.duckdb")
    arguments.add_argument("--environment", type=Path, default=ROOT / "benchmarks/.serving")
    arguments.add_argument("--seconds", type=float, default=8)
    arguments.add_argument("--postgres", action="store_true", help="features by key from PostgreSQL, too")
    asked = arguments.parse_args()
    with duckdb.connect(str(asked.copy), read_only=True) as copy:
        settings = copy.execute("select settings from published.serving where use_case = ?", [USE_CASE]).fetchall()
        row = (
            copy.sql(
                f"select models.* from training.{USE_CASE}__models as models "
                f"inner join evaluation.{USE_CASE}__champion as champion using (model_version)"
            )
            .to_arrow_table()
            .to_pylist()[0]
        )
        scored = (
            copy.sql(f"select * from predictions.{USE_CASE}__scored_features order by flight_id limit 200")
            .to_arrow_table()
            .to_pylist()
        )
    config = parse(json.loads(settings[0][0]), USE_CASE)
    model = Model.from_row(row, "deployed", config.trusted_types)
    names = model.signature.columns
    features = [{name: each[name] for name in names} for each in scored]
    keys = [{name: each[name] for name in config.key} for each in scored]
    print(f"{row['family']}, {len(names)} features, one row a request, {os.cpu_count()} cores, client included\n")
    print("| | p50 / p99 at 50 a second, ms | at 200 a second, ms | max a second |\n|---|---|---|---|")

    def say(what: str, cells: list[str]) -> None:
        print(f"| {what} | {' | '.join(cells)} |", flush=True)

    def as_bodies(bodies: list[Any]) -> list[bytes]:
        return [json.dumps(body, default=str).encode() for body in bodies]

    options = ["--project-dir", "dbt_project", "--profiles-dir", "."]
    program = str(Path(sys.executable).parent / "insitu")
    given = as_bodies([{"rows": [{**key, "features": row}]} for key, row in zip(keys, features, strict=True)])
    by_key = as_bodies([{"rows": [key]} for key in keys])
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        port = free_port()
        serve = [program, *options, "score", "serve", USE_CASE, "--port", str(port), "--spool", str(here / "spool")]
        serve += ["--deliver-every", "1 day"]
        duck = [*serve, "--from", str(asked.copy)]
        with running([*duck, "--no-log"], port, "/v2/health/ready", ROOT, INSITU_TARGET="duckdb"):
            say("insitu, features given", measured(port, f"/score/{USE_CASE}", given, [50, 200], asked.seconds))
        with running(duck, port, "/v2/health/ready", ROOT, INSITU_TARGET="duckdb"):
            say("the same, each answer kept", measured(port, f"/score/{USE_CASE}", given, [50, 200], asked.seconds))
            cells = measured(port, f"/predict/{USE_CASE}", by_key, [2], asked.seconds)
            say("insitu, features by key, DuckDB (at 2 a second)", [cells[0], "", cells[1]])
        if asked.postgres:
            with running(serve, port, "/v2/health/ready", ROOT, INSITU_TARGET="postgres"):
                cells = measured(port, f"/predict/{USE_CASE}", by_key, [20, 50], asked.seconds)
                say("insitu, features by key, PostgreSQL (at 20 and 50 a second)", cells)
        bin_ = peers(asked.environment)
        joblib.dump(model.estimator, here / "model.joblib")
        save = (
            "import joblib, mlflow.sklearn, sys; mlflow.sklearn.save_model(joblib.load('model.joblib'), 'model', "
            "pyfunc_predict_fn='predict_proba', serialization_format='cloudpickle')"
        )
        subprocess.run([str(bin_ / "python"), "-c", save], cwd=here, check=True, capture_output=True)
        path = {"PATH": f"{bin_}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
        port = free_port()
        command = [str(bin_ / "mlflow"), "models", "serve", "-m", "model", "-p", str(port), "--env-manager", "local"]
        split = as_bodies([{"dataframe_split": {"columns": names, "data": [list(row.values())]}} for row in features])
        with running(command, port, "/ping", here, **path):
            say("mlflow models serve", measured(port, "/invocations", split, [50, 200], asked.seconds))
        port, more = free_port(), [free_port(), free_port()]
        (here / "settings.json").write_text(
            json.dumps({"http_port": port, "grpc_port": more[0], "metrics_port": more[1], "parallel_workers": 0})
        )
        served = {
            "name": "model",
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": "./model.joblib"},
        }
        (here / "model-settings.json").write_text(json.dumps(served))
        frames = as_bodies([_tensors(row, model) for row in features])
        with running([str(bin_ / "mlserver"), "start", "."], port, "/v2/health/ready", here, **path):
            say("MLServer", measured(port, "/v2/models/model/infer", frames, [50, 200], asked.seconds))


def _tensors(row: dict[str, Any], model: Model) -> dict[str, Any]:
    """A row as MLServer turns it into a data frame."""
    kinds = {feature.name: feature.kind for feature in model.signature.features}
    inputs = [
        {
            "name": name,
            "shape": [1],
            "datatype": "BYTES" if kinds[name] == "category" else "FP64",
            "data": [value],
            **({"parameters": {"content_type": "str"}} if kinds[name] == "category" else {}),
        }
        for name, value in row.items()
    ]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": [{"name": "predict_proba"}]}


if __name__ == "__main__":
    main()
