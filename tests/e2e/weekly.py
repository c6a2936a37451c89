"""A shop that predicts every Monday which household will not come back within two weeks, and what happens to it.

Who buys when is drawn once, so what every week should say is known from the baskets themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from insitu.scaffold.new import Answers, new_use_case
from insitu.warehouse import Project
from tests.dbt.use_cases.conftest import Shop
from tests.dbt.use_cases.shop import PROFILE
from tests.dbt_package import example_settings
from tests.sql_warehouses import Warehouse

HOUSEHOLDS = 200
GONE = range(190, 200)  # households that buy for the last time in May
FIRST = pd.Timestamp("2024-06-03")
COSTS = {"true_positive": -4, "false_positive": -2, "false_negative": -10, "true_negative": 0}
DEARER = {"true_positive": -9, "false_positive": -8, "false_negative": -10, "true_negative": 0}

SPINE = """
with mondays as (
    select monday as as_of
    from generate_series(
        timestamp '2024-01-29', {{ insitu.timestamp_literal(insitu.newest_as_of()) }}, interval '7 days'
    ) as mondays (monday)
),

final as (
    select distinct baskets.household_id, mondays.as_of
    from mondays
    inner join {{ source('shop', 'baskets') }} as baskets
        on baskets.bought_at < mondays.as_of and baskets.bought_at >= mondays.as_of - interval '28 days'
)

select * from final
"""
LABELS = """
with final as (
    select
        spine.household_id,
        spine.as_of,
        case when count(baskets.bought_at) = 0 then 1 else 0 end as lapses,
        spine.as_of + interval '14 days' as matured_at
    from {{ ref('lapse__spine') }} as spine
    left join {{ source('shop', 'baskets') }} as baskets
        on baskets.household_id = spine.household_id
        and baskets.bought_at >= spine.as_of
        and baskets.bought_at < spine.as_of + interval '14 days'
    group by spine.household_id, spine.as_of
)

select * from final
"""
BASKETS = """{{ insitu.window_features(
    spine=ref('lapse__spine'),
    spine_key=['household_id'],
    events=source('shop', 'baskets'),
    keys=['household_id'],
    windows=['7 days', '28 days', '91 days'],
    measures=[
        {'name': 'baskets', 'agg': 'count'},
        {'name': 'spent', 'expr': 'amount', 'agg': AGGREGATES},
    ],
    prefix='household',
) }}
"""
SIZE = """
with final as (
    select spine.household_id, spine.as_of, households.persons
    from {{ ref('lapse__spine') }} as spine
    left join {{ source('shop', 'households') }} as households on spine.household_id = households.household_id
)

select * from final
"""
FEATURES = """{{ insitu.join_features(
    spine=ref('lapse__spine'), key=['household_id', 'as_of'],
    features=[ref('lapse__feat_baskets'), ref('lapse__feat_size')],
) }}
"""
MODELS = {
    "models": [
        {"name": f"lapse__feat_{name}", "config": {"meta": {"point_in_time": {"kind": "features", "as_of": "as_of"}}}}
        for name in ("baskets", "size")
    ]
}
STATIC = {"kind": "static", "reason": "How many live there is asked once.", "unique": [["household_id"]]}
SOURCES: dict[str, Any] = {
    "sources": [
        {
            "name": "shop",
            "schema": "raw",
            "tables": [
                {
                    "name": "baskets",
                    "config": {
                        "event_time": "bought_at",
                        "loaded_at_field": "arrived_at",
                        "meta": {"point_in_time": {"kind": "event", "available_at": "bought_at"}},
                    },
                    "columns": [
                        {"name": "household_id", "data_type": "bigint"},
                        {"name": "bought_at", "data_type": "timestamp"},
                        {"name": "amount", "data_type": "double precision"},
                        {"name": "arrived_at", "data_type": "timestamp"},
                    ],
                },
                {
                    "name": "households",
                    "config": {"meta": {"point_in_time": STATIC}},
                    "data_tests": ["insitu.point_in_time_obligations"],
                    "columns": [{"name": "household_id", "data_type": "bigint"}],
                },
            ],
        }
    ]
}
ML = {
    "training": {"retrain_every": "month", "test": "42 days", "gap": "14 days", "validation": "28 days"},
    "candidates": [{"name": "linear", "family": "logistic_regression"}],
    "scoring": {"every": "7 days", "window": "28 days"},
    "costs": COSTS,
    "actions": {"treat": "voucher", "none": "nothing"},
}


def week(number: int) -> pd.Timestamp:
    """The Monday of a week that is lived through, from 1 on."""
    return FIRST + (number - 1) * pd.Timedelta("7D")


def baskets(seed: int = 3) -> pd.DataFrame:
    """All that is ever bought, from January to August."""
    random = np.random.default_rng(seed)
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-09-01"))
    daily = random.beta(0.8, 4, HOUSEHOLDS)
    bought = random.random((HOUSEHOLDS, len(days))) < daily[:, None]
    bought[GONE.start :, days >= np.datetime64("2024-05-25")] = False
    bought[GONE.start :, days == np.datetime64("2024-05-24")] = True
    household, day = np.nonzero(bought)
    seconds = random.integers(8 * 3600, 20 * 3600, len(day))
    rows = {"household_id": household, "bought_at": days[day].astype("datetime64[us]") + seconds * 1_000_000}
    return pd.DataFrame(rows | {"amount": random.gamma(2, 10, len(day)).round(2)})


def active(bought: pd.DataFrame, as_of: pd.Timestamp) -> set[int]:
    """Who is predicted on a Monday: whoever bought in the four weeks before."""
    recent = bought[(bought["bought_at"] < as_of) & (bought["bought_at"] >= as_of - pd.Timedelta("28D"))]
    return set(recent["household_id"])


def lapsed(bought: pd.DataFrame, as_of: pd.Timestamp) -> set[int]:
    """Who of them did not come in the two weeks after."""
    after = bought[(bought["bought_at"] >= as_of) & (bought["bought_at"] < as_of + pd.Timedelta("14D"))]
    return active(bought, as_of) - set(after["household_id"])


def write_project(folder: Path) -> Path:
    directory = folder / "dbt_project"
    settings = example_settings(directory)
    settings["vars"] |= {"insitu_as_of": str(FIRST), "insitu_use_cases": [], "insitu_backtests": []}
    settings["models"].pop("insitu")
    settings.pop("seeds")
    settings |= {"on-run-start": ["{{ insitu.check_sources() }}", "{{ insitu.check_as_of() }}"]}
    (directory / "dbt_project.yml").write_text(yaml.safe_dump(settings, default_flow_style=None))
    (folder / "profiles.yml").write_text(yaml.safe_dump(PROFILE))
    (directory / "models/_sources.yml").write_text(yaml.safe_dump(SOURCES))
    new_use_case(Project(directory, folder), Answers("lapse", ["household_id"], "lapses"))
    own = directory / "models/use_cases/lapse"
    written = {"spine": SPINE, "labels": LABELS, "features": FEATURES, "feat_size": SIZE}
    for name, text in (written | {"feat_baskets": BASKETS.replace("AGGREGATES", "'sum'")}).items():
        (own / f"lapse__{name}.sql").write_text(text)
    (own / "_features.yml").write_text(yaml.safe_dump(MODELS))
    return folder


@dataclass
class Weeks:
    """The shop on one warehouse, whose source ends at now."""

    shop: Shop
    warehouse: Callable[[], Any]  # a context that gives a Warehouse
    bought: pd.DataFrame
    withheld: list[int] = field(default_factory=list)  # rows of `bought` that the source does not give yet
    missed: dict[int, pd.Timestamp | None] = field(default_factory=dict)  # those that it did not; since when it does

    @property
    def environment(self) -> dict[str, str]:
        settings = {"OMP_NUM_THREADS": "1", "DBT_USE_COLORS": "false", "DBT_LOG_LEVEL_FILE": "none"}
        return {**os.environ, **settings, **self.shop.environment}

    def deliver(self, now: pd.Timestamp) -> None:
        """Fill the source with what is known of by now."""
        known = self.bought.drop(self.withheld)
        known["arrived_at"] = known["bought_at"]
        self.missed |= dict.fromkeys(self.withheld)
        for row in set(self.missed) - set(self.withheld):
            self.missed[row] = self.missed[row] or now
            known.loc[row, "arrived_at"] = self.missed[row]
        with self.warehouse() as warehouse:
            replace(warehouse, "raw.baskets", known[known["bought_at"] < now])

    def execute(self, sql: str) -> None:
        with self.warehouse() as warehouse:
            warehouse.execute(sql)

    def run(self, command: str, *arguments: str, now: pd.Timestamp) -> subprocess.CompletedProcess[str]:
        return self.shop.run(*command.split(), *arguments, "--vars", f'{{insitu_as_of: "{now}"}}')

    def build(self, number: int) -> subprocess.CompletedProcess[str]:
        """The run of a Monday."""
        self.deliver(week(number))
        return self.run("dbt build", now=week(number))

    def start(self, number: int) -> subprocess.Popen[str]:
        """The same, in a process that can be killed."""
        where = ["--project-dir", "dbt_project", "--profiles-dir", ".", "--target", self.shop.kind]
        return subprocess.Popen(
            [sys.executable, "-m", "dbt.cli.main", "build", *where, "--vars", f'{{insitu_as_of: "{week(number)}"}}'],
            cwd=self.shop.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def query(self, sql: str) -> pd.DataFrame:
        return self.shop.query(sql)

    def declare(self, **settings: Any) -> None:
        """Change `meta.ml`, as a person would in its YAML file."""
        path = self.shop.folder / "dbt_project/models/use_cases/lapse/_lapse.yml"
        declared = yaml.safe_load(path.read_text())
        for model in declared["models"]:
            if "ml" in model.get("config", {}).get("meta", {}):
                model["config"]["meta"]["ml"] |= settings
        path.write_text(yaml.safe_dump(declared))

    def edit_sources(self, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        """Change the declarations of baskets and households."""
        path = self.shop.folder / "dbt_project/models/_sources.yml"
        declared = yaml.safe_load(path.read_text())
        change(*declared["sources"][0]["tables"])
        path.write_text(yaml.safe_dump(declared))


def replace(warehouse: Warehouse, name: str, rows: pd.DataFrame) -> None:
    """Replace the rows of a table, and keep it: views read it."""
    warehouse.load("raw.incoming", rows)
    warehouse.execute(f"create table if not exists {name} as select * from raw.incoming where false")
    warehouse.execute(f"delete from {name}")
    warehouse.execute(f"insert into {name} select * from raw.incoming")
    warehouse.execute("drop table raw.incoming")
