"""How often experiments say what is not so, and what is, on each warehouse: thousands of them at once, in SQL.

    python benchmarks/experiments.py [--experiments 2000] [--per-day 100] [--warehouse duckdb|postgres] [--seed 1]

Units of both arms come every day for 30 days, and somebody looks every evening. Three tables: alarms of the confidence
sequence and of a test meant for one look, where nothing is different (A/A); how often each finds effects that a single
look at the end finds in 50, 80 and 95 of 100 cases; alarms of the check of the sample ratio, by chi-square at the end
and by its sequence at every look. Values are skewed (exponential), as money is.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import psycopg
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))
from insitu.local_postgres import temporary_server
from tests.dbt.experiments.project import SIMULATIONS, Statistics, compiled, duckdb_output, postgres_output
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

DAYS = 30


def daily(experiments: int, per_day: int, effect: float, seed: int) -> pd.DataFrame:
    """The moments of each experiment, day and arm; units fall to arms by a coin."""
    random = np.random.default_rng(seed)
    shape = (experiments, DAYS, per_day)
    is_control = random.random(shape) < 0.5
    values = random.exponential(1, shape) + np.where(is_control, 0, effect)
    columns = np.meshgrid(np.arange(experiments), np.arange(DAYS), indexing="ij")
    arms = []
    for arm in (1, 0):
        own = is_control == bool(arm)
        sums = {"n": own.sum(2), "total": (values * own).sum(2), "squares": (values**2 * own).sum(2)}
        arms.append(
            pd.DataFrame(
                {"experiment": columns[0].ravel(), "day": columns[1].ravel(), "is_control": arm}
                | {name: array.ravel() for name, array in sums.items()}
            )
        )
    return pd.concat(arms).astype({"n": "int64", "is_control": "int64"})


def counts(experiments: int, per_day: int, share: float, seed: int) -> pd.DataFrame:
    """Units of two variants by day, of which one has a share of its own."""
    random = np.random.default_rng(seed)
    own = random.binomial(per_day, share, (experiments, DAYS))
    columns = np.meshgrid(np.arange(experiments), np.arange(DAYS), indexing="ij")
    keys = {"experiment": columns[0].ravel(), "day": columns[1].ravel()}
    return pd.concat(
        pd.DataFrame(keys | {"variant": variant, "n": n.ravel()}) for variant, n in (("a", own), ("b", per_day - own))
    ).astype({"n": "int64"})


def effects(per_day: int, alpha: float = 0.05) -> dict[float, float]:
    """Power of a single look at the end → the effect that has it; values have a standard deviation of 1."""
    error = 2 / math.sqrt(DAYS * per_day)
    return {power: (stats.norm.isf(alpha / 2) + stats.norm.ppf(power)) * error for power in (0.5, 0.8, 0.95)}


@contextmanager
def on(warehouse: str) -> Iterator[Statistics]:
    """The macros compiled for a warehouse, and an empty one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if warehouse == "duckdb":
            with duckdb.connect() as connection:
                sql = compiled(folder / "project", duckdb_output(folder), SIMULATIONS)
                yield Statistics(sql, DuckWarehouse(connection))
        else:
            with (
                temporary_server() as server,
                server.fresh_database() as database,
                psycopg.connect(database.dsn, autocommit=True) as connection,
            ):
                sql = compiled(folder / "project", postgres_output(database), SIMULATIONS)
                yield Statistics(sql, PostgresWarehouse(connection))


def main(experiments: int, per_day: int, warehouse: str, seed: int) -> None:
    """Print the tables of one warehouse."""
    print(
        f"\n{warehouse}: {experiments:,} experiments, {per_day} units a day, a look every day, alpha 0.05, seed {seed}"
    )
    with on(warehouse) as statistics:
        began = time.monotonic()
        found = statistics.run("looked", daily=daily(experiments, per_day, 0.0, seed)).set_index("day").astype(float)
        print(f"nothing is different ({time.monotonic() - began:.0f} s); alarms up to a day, of 100 experiments")
        print(f"{'day':>5}{'sequence':>12}{'test of one look':>20}")
        for day in (1, 2, 7, 14, 30):
            row = found.loc[day - 1]
            print(f"{day:>5}{100 * row['sequence_so_far']:>11.1f} {100 * row['fixed_so_far']:>18.1f} ")
        print("an effect is found, of 100 experiments")
        print(f"{'effect':>10}{'one look at the end':>22}{'sequence, up to day 30':>25}{'wrong way':>12}")
        for number, effect in enumerate(effects(per_day).values()):
            rows = daily(experiments, per_day, effect, seed + 1 + number)
            row = statistics.run("looked", daily=rows).set_index("day").astype(float).loc[DAYS - 1]
            print(
                f"{effect:>10.3f}{100 * row['fixed_now']:>21.1f} {100 * row['sequence_so_far']:>24.1f} "
                f"{100 * row['wrong_so_far']:>11.1f}"
            )
        print("units do not fall as shares say, p below 0.01, of 100 experiments")
        print(f"{'share':>10}{'chi-square at the end':>24}{'sequence, up to day 30':>25}{'chi-square, any day':>22}")
        for number, share in enumerate((0.5, 0.52, 0.55)):
            rows = counts(experiments, per_day, share, seed + 9 + number)
            row = statistics.run("fallen", counted=rows).set_index("day").astype(float).loc[DAYS - 1]
            print(
                f"{share:>10.2f}{100 * row['fixed_now']:>23.1f} {100 * row['sequence_so_far']:>24.1f} "
                f"{100 * row['fixed_so_far']:>21.1f} "
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=2000)
    parser.add_argument("--per-day", type=int, default=100)
    parser.add_argument("--warehouse", choices=["duckdb", "postgres"])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for name in [given.warehouse] if given.warehouse else ["duckdb", "postgres"]:
        main(given.experiments, given.per_day, name, given.seed)
