"""A small shop with three use cases made by `insitu new`.

Which tier an order turns out to be (multiclass) and what it costs have queries of their own; whether a basket is
returned (`order`: a name that is a word of SQL, and a key of two columns) is as written over a table.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from insitu.scaffold.new import Answers, new_use_case
from insitu.warehouse import Project
from tests.dbt_package import example_settings

ROOT = Path(__file__).parents[3]
AS_OF = "2024-06-02 00:00:00"

TIERS = {
    "candidates": [
        {"name": "linear", "family": "logistic_regression"},
        {
            "name": "gbm",
            "family": "hist_gradient_boosting",
            "parameters": {"max_iter": 20},
            "search": {"method": "grid", "space": {"learning_rate": [0.1, -1.0]}},
        },
        {"name": "broken", "family": "logistic_regression", "parameters": {"C": -1.0}},
        {"name": "blend", "family": "average", "members": ["linear", "gbm"]},
    ],
    "slices": ["channel"],
    "backtest": {"candidate": "linear", "dates": 3, "every": "14 days", "step": "7 days"},
}
SPEND = {
    "candidates": [
        {
            "name": "gbm",
            "family": "hist_gradient_boosting",
            "parameters": {"max_iter": 30},
            "quantiles": [0.1, 0.5, 0.9],
        },
        {"name": "linear", "family": "linear_regression"},
    ],
    "scoring": {"every": "1 day", "reasons": 2},
}

ORDER = Answers(
    "order", ["customer_id", "shop_id"], "was_returned", source="shop.baskets", time="bought_at", matured_at="known_at"
)

SPINE = """
select order_id, ordered_at as as_of
from {{ source('shop', 'orders') }}
where ordered_at <= {{ insitu.timestamp_literal(insitu.as_of()) }}
"""
LABELS = """
select spine.order_id, spine.as_of, results.LABEL, results.known_at as matured_at
from {{ ref('USE_CASE__spine') }} as spine
inner join {{ source('shop', 'results') }} as results
    on spine.order_id = results.order_id and results.known_at > spine.as_of
"""
FEATURES = """{{ insitu.join_features(
    spine=ref('USE_CASE__spine'),
    key=['order_id', 'as_of'],
    features=[ref('feat_order__visit')],
) }}
"""
VISIT = """
select
    spine.order_id,
    spine.as_of,
    visits.pages,
    visits.minutes,
    visits.channel
from {{ ref('tier__spine') }} as spine
left join {{ source('shop', 'visits') }} as visits
    on spine.order_id = visits.order_id and visits.seen_at < spine.as_of
"""
SOURCES = {
    "version": 2,
    "sources": [
        {
            "name": "shop",
            "schema": "raw",
            "tables": [
                {
                    "name": "orders",
                    "config": {"meta": {"point_in_time": {"kind": "static", "reason": "Orders do not change."}}},
                    "columns": [
                        {"name": "order_id", "data_type": "bigint"},
                        {"name": "ordered_at", "data_type": "timestamp"},
                    ],
                },
                {
                    "name": "visits",
                    "config": {
                        "meta": {
                            "point_in_time": {"kind": "event", "available_at": "seen_at", "unique": [["order_id"]]}
                        }
                    },
                    "columns": [
                        {"name": "order_id", "data_type": "bigint"},
                        {"name": "seen_at", "data_type": "timestamp"},
                        {"name": "pages", "data_type": "bigint"},
                        {"name": "minutes", "data_type": "double precision"},
                        {"name": "channel", "data_type": "text"},
                    ],
                },
                {
                    "name": "results",
                    "config": {"meta": {"point_in_time": {"kind": "labels", "matured_at": "known_at"}}},
                    "columns": [
                        {"name": "order_id", "data_type": "bigint"},
                        {"name": "known_at", "data_type": "timestamp"},
                        {"name": "tier", "data_type": "text"},
                        {"name": "spend", "data_type": "double precision"},
                    ],
                },
                {"name": "baskets"},
            ],
        }
    ],
}
PROFILE = {
    "insitu": {
        "target": "duckdb",
        "outputs": {
            "duckdb": {"type": "duckdb", "path": "{{ env_var('SHOP_DUCKDB', '') }}", "threads": 1},
            "postgres": {
                "type": "postgrespy",
                "host": "{{ env_var('PGHOST', '') }}",
                "port": "{{ env_var('PGPORT', '5432') | as_number }}",
                "user": "{{ env_var('PGUSER', '') }}",
                "password": "{{ env_var('PGPASSWORD', '') }}",
                "dbname": "{{ env_var('PGDATABASE', '') }}",
                "schema": "public",
                "threads": 1,
            },
        },
    }
}


def tables(seed: int = 5) -> dict[str, pd.DataFrame]:
    """The shop's raw tables: ten orders a day, what the customer did before, what came of it."""
    random = np.random.default_rng(seed)
    ordered_at = np.sort(
        (pd.Timestamp("2024-01-01") + pd.to_timedelta(random.uniform(0, 153, 1530), unit="D")).floor("s").to_numpy()
    ).astype("datetime64[us]")
    n = len(ordered_at)
    pages, minutes = random.poisson(4, n), random.gamma(2, 3, n)
    channel = random.choice(["web", "shop", "phone"], n)
    worth = 0.5 * pages + 0.3 * minutes + np.where(channel == "shop", 2, 0) + random.normal(0, 1.2, n)
    tier = np.array(["bronze", "gold", "silver"])[[0, 2, 1]][np.digitize(worth, [3.5, 6])]
    order_id = np.arange(n)
    return {
        "baskets": baskets(random),
        "orders": pd.DataFrame({"order_id": order_id, "ordered_at": ordered_at}),
        "visits": pd.DataFrame(
            {
                "order_id": order_id,
                "seen_at": ordered_at - pd.Timedelta("1h"),
                "pages": pages,
                "minutes": np.where(random.random(n) < 0.1, np.nan, minutes),
                "channel": channel,
            }
        ),
        "results": pd.DataFrame(
            {"order_id": order_id, "known_at": ordered_at + pd.Timedelta("1D"), "tier": tier, "spend": 10 * worth}
        ),
    }


def baskets(random: np.random.Generator, n: int = 3000) -> pd.DataFrame:
    """What customers bought where; some of them return most of it."""
    bought_at = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(random.uniform(0, 153, n)), unit="D")
    customer, shop = random.integers(0, 60, n), random.integers(0, 2, n)
    habit = random.beta(0.5, 1, (60, 2))
    rows = pd.DataFrame(
        {
            "customer_id": customer,
            "shop_id": np.array(["north", "south"])[shop],
            "bought_at": bought_at.floor("s").to_numpy().astype("datetime64[us]"),
            "known_at": (bought_at + pd.Timedelta("2D")).floor("s").to_numpy().astype("datetime64[us]"),
            "was_returned": random.random(n) < habit[customer, shop],
        }
    )
    return rows.drop_duplicates(["customer_id", "shop_id", "bought_at"])


def write_project(folder: Path) -> Path:
    """The project in `folder`: the library's package, the example's settings, and the use cases."""
    directory = folder / "dbt_project"
    settings = example_settings(directory)
    settings["vars"] |= {"insitu_as_of": AS_OF, "insitu_use_cases": [], "insitu_backtests": []}
    settings |= {"on-run-start": []}
    (directory / "dbt_project.yml").write_text(yaml.safe_dump(settings, default_flow_style=None))
    (directory / "seeds").mkdir()
    shutil.copy(ROOT / "dbt_project/seeds/promotion_overrides.csv", directory / "seeds")
    (directory / "seeds/_seeds.yml").write_text(yaml.safe_dump({"seeds": [overrides()]}))
    (folder / "profiles.yml").write_text(yaml.safe_dump(PROFILE))
    (directory / "models/_sources.yml").write_text(yaml.safe_dump(SOURCES))
    project = Project(directory, folder)
    for name, task, declared in (("tier", "multiclass", TIERS), ("spend", "regression", SPEND)):
        new_use_case(project, Answers(name, ["order_id"], name, task, backtest=True))
        own = directory / "models/use_cases" / name
        for suffix, text in (("spine", SPINE), ("labels", LABELS), ("features", FEATURES)):
            filled = text.replace("USE_CASE", name).replace("LABEL", name)
            (own / f"{name}__{suffix}.sql").write_text(filled)
        declare(folder, name, declared)
    new_use_case(project, ORDER)
    (directory / "models/features").mkdir()
    (directory / "models/features/feat_order__visit.sql").write_text(VISIT)
    (directory / "models/features/_features.yml").write_text(
        "models: [{name: feat_order__visit, config: {meta: {point_in_time: {kind: features, as_of: as_of}}}}]\n"
    )
    return folder


def overrides() -> dict[str, object]:
    """The declaration of the example's seed of overrides."""
    seeds = yaml.safe_load((ROOT / "dbt_project/seeds/_seeds.yml").read_text())["seeds"]
    found: dict[str, object] = next(seed for seed in seeds if seed["name"] == "promotion_overrides")
    return found


def declare(folder: Path, use_case: str, settings: dict[str, object]) -> None:
    """Change `meta.ml` of a use case, as a person would in its YAML file."""
    path = folder / f"dbt_project/models/use_cases/{use_case}/_{use_case}.yml"
    declared = yaml.safe_load(path.read_text())
    for model in declared["models"]:
        if "ml" in model.get("config", {}).get("meta", {}):
            model["config"]["meta"]["ml"] |= settings
    path.write_text(yaml.safe_dump(declared))
