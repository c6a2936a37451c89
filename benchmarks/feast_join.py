"""The as-of look-up in the warehouse against Feast's point-in-time join, on the same Parquet files, in one run.

    python benchmarks/feast_join.py --spine 1e5 --events 1e6 [--environment benchmarks/.feast]

Feast lives in an environment of its own, made on first use. A tenth of the entities have no events: their spine rows
must be kept. No two events of an entity are at the same time; the second line of ours was told so (`unique` in the
events' declaration), the first looks for ties. Feast's clock starts when its store is set up and its registry written.
The ratios are of the clock and of the processor's seconds, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FEATURES = ["a", "b", "c"]


def generate(folder: Path, spine: int, events: int) -> None:
    """Random events of an entity per 100, and spine rows of those and a tenth more."""
    import duckdb

    entities = max(10, events // 100)
    moment = "timestamp '2024-01-01' + to_seconds(floor(random() * 90 * 86400))"
    values = ", ".join(f"random() as {name}" for name in FEATURES)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1; select setseed(0.42)")
        connection.execute(
            "copy (select distinct on (key, known_at) * from "
            f"(select cast(floor(random() * {entities}) as bigint) as key, "
            f"{moment} as known_at, {values} from range({events})) order by random()) to '{folder}/events.parquet'"
        )
        connection.execute(
            f"copy (select i as id, cast(floor(random() * {entities * 1.1}) as bigint) as key, {moment} as as_of "
            f"from range({spine}) as t(i)) to '{folder}/spine.parquet'"
        )


def elapsed(start: tuple[float, float]) -> dict[str, float]:
    """Seconds of the clock and of the processor since then."""
    return {"seconds": time.perf_counter() - start[0], "cpu": time.process_time() - start[1]}


def in_feast(folder: Path, store: str) -> dict[str, float]:
    """Feast's historical features with one of its offline stores; runs in Feast's environment."""
    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64

    config = RepoConfig(
        project="benchmark",
        provider="local",
        registry=str(folder / f"{store}.db"),
        offline_store={"type": store},
        online_store=None,
        entity_key_serialization_version=3,
    )
    feast = FeatureStore(config=config)
    entity = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    source = FileSource(path=str(folder / "events.parquet"), timestamp_field="known_at")
    fields = [Field(name=name, dtype=Float64) for name in FEATURES]
    feast.apply([entity, FeatureView(name="events", entities=[entity], schema=fields, source=source, ttl=None)])
    spine = pd.read_parquet(folder / "spine.parquet").rename(columns={"as_of": "event_timestamp"})
    spine["event_timestamp"] = spine["event_timestamp"].dt.tz_localize("UTC")
    start = time.perf_counter(), time.process_time()
    job = feast.get_historical_features(entity_df=spine, features=[f"events:{name}" for name in FEATURES])
    found = job.to_df()
    return {**elapsed(start), "rows": len(found), "matched": int(found["a"].notna().sum())}


def in_warehouse(folder: Path, source: str) -> dict[str, float]:
    """`latest_before` over the same files, compiled by dbt and run by DuckDB; only `readings` is declared unique."""
    import duckdb

    sys.path.insert(0, str(HERE.parent))
    from tests.dbt.features.project import FeaturesProject

    files = {"spine": "spine", source: "events"}
    path = folder / f"warehouse_{source}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw")
        for name, file in files.items():
            connection.execute(f"create view raw.{name} as select * from '{folder}/{file}.parquet'")
    model = (
        f"{{{{ insitu.latest_before(spine=source('raw', 'spine'), events=source('raw', '{source}'), keys=['key'], "
        f"columns={FEATURES!r}, available_at='known_at', spine_key=['id']) }}}}"
    )
    project = FeaturesProject(
        folder / f"project_{source}", {"type": "duckdb", "path": str(path), "schema": "main"}, {"latest": model}
    )
    sql = project.compiled()["latest"].replace(f'"{path.stem}".', "")
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; create schema raw")
        for name, file in files.items():
            connection.execute(f"create view raw.{name} as select * from '{folder}/{file}.parquet'")
        start = time.perf_counter(), time.process_time()
        connection.execute(f"create table result as {sql}")
        found = elapsed(start)
        rows, matched = connection.execute("select count(*), count(a) from result").fetchall()[0]
    return {**found, "rows": rows, "matched": matched}


def feast_python(environment: Path) -> Path:
    """The interpreter of Feast's environment, which is made if it is not there."""
    python = environment / "bin" / "python"
    if not python.exists():
        print(f"Installing Feast into {environment} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "feast[duckdb]==0.67.0"], check=True)
    return python


def measure(python: Path, method: str, folder: Path) -> dict[str, Any]:
    """One method in a process of its own."""
    done = subprocess.run(
        [str(python), __file__, "--job", method, "--folder", str(folder)], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{method} failed: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main(spine: int, events: int, environment: Path) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        generate(folder, spine, events)
        print(f"\n{spine:,} spine rows x {events:,} events")
        print(
            f"{'':26}{'seconds':>9}{'x ours':>9}{'x, unique':>11}{'CPU':>7}{'x ours':>9}{'x, unique':>11}"
            f"{'rows':>10}{'valued':>9}"
        )
        ours: list[dict[str, Any]] = []
        for name, python, method in (
            ("latest_before in DuckDB", Path(sys.executable), "events"),
            ("… where events are unique", Path(sys.executable), "readings"),
            ("Feast, DuckDB store", feast_python(environment), "duckdb"),
            ("Feast, file store", feast_python(environment), "file"),
        ):
            result = measure(python, method, folder)
            ours = [*ours, result][:2]
            times = {kind: [result[kind] / mine[kind] for mine in (ours[0], ours[-1])] for kind in ("seconds", "cpu")}
            print(
                f"{name:26}{result['seconds']:9.2f}{times['seconds'][0]:9.1f}{times['seconds'][1]:11.1f}"
                f"{result['cpu']:7.2f}{times['cpu'][0]:9.1f}{times['cpu'][1]:11.1f}"
                f"{result['rows']:10,}{result['matched']:9,}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spine", type=float, default=1e5)
    parser.add_argument("--events", type=float, default=1e6)
    parser.add_argument("--environment", type=Path, default=HERE / ".feast")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        run = in_warehouse if options.job in ("events", "readings") else in_feast
        print(json.dumps(run(options.folder, options.job)))
    else:
        main(int(options.spine), int(options.events), options.environment)
