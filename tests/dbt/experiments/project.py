"""The macros of experiments, compiled once per warehouse as models over tables that a test loads.

A model is a line of SQL with macros in it; what it reads are tables by name. Tests and `benchmarks/experiments.py` load
rows, run a model, and compare with an oracle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from dbt.cli.main import dbtRunner

from insitu.local_postgres import Database
from tests.dbt_package import install
from tests.sql_warehouses import Warehouse

DISTRIBUTIONS = {
    "normal_tail": "select x, {{ insitu.normal_tail('x') }} as found from asked",
    "normal_quantile": "select x, found from {{ insitu.with_normal_quantile('asked', 'found', 'x') }} as computed",
    "t_tail": "select x, df, found from {{ insitu.with_t_tail('asked', 'found', 'x', 'df') }} as computed",
    "t_quantile": "select x, df, found from {{ insitu.with_t_quantile('asked', 'found', 'x', 'df') }} as computed",
    "chi_square_tail": (
        "select x, df, found from {{ insitu.with_chi_square_tail('asked', 'found', 'x', 'df') }} as computed"
    ),
    "log_gamma": "select x, {{ insitu.log_gamma('x') }} as found from asked",
    "gamma_half_step": "select x, {{ insitu.gamma_half_step('x') }} as found from asked",
}
# Rows of units, or the moments of arms, to effects and verdicts.
BY = "['metric', 'variant']"
CHAIN = """
{%- set rows = insitu.with_effects('(' ~ insitu.compared_arms('asked', '(' ~ ARMS ~ ')', BY) ~ ')') -%}
{%- set rows = insitu.with_sequences(insitu.with_intervals(rows)) -%}
select * from {{ insitu.with_power(insitu.with_verdicts(rows)) }} as computed
"""
UNITS = """
{%- set units -%}
(
    select metric, variant, is_control, kind, middle, covariate_middle, {{ insitu.moments_of_units() }}
    from units
    group by metric, variant, is_control, kind, middle, covariate_middle
)
{%- endset -%}
"""
EFFECTS = {
    "of_moments": CHAIN.replace("ARMS", "insitu.arms_by_moments('moments')"),
    "of_units": UNITS + CHAIN.replace("ARMS", "insitu.arms_by_moments(units)"),
    "of_quantiles": CHAIN.replace("ARMS", "insitu.arms_by_quantile('units', ['metric', 'variant', 'is_control'])"),
    "sequences": "select * from {{ insitu.with_sequences('asked') }} as computed",
    "ratios": "{{ insitu.sample_ratio('counted', ['experiment'], ['step']) }}",
    "corrected": "select * from {{ insitu.with_corrections('asked', ['family']) }} as computed",
}
EFFECTS = {name: text.replace("BY", BY) for name, text in EFFECTS.items()}

# Thousands of experiments with a look a day, for benchmarks/experiments.py and a short test: `daily` has the count, sum
# and sum of squares of each arm and day, `counted` how many units fell to each variant.
LOOKED = """
{%- set arms -%}
(
    select
        experiment, day, is_control, 'mean' as kind, 0.0 as middle, 0.0 as covariate_middle,
        {{ insitu.summed_moments(window='so_far') }}
    from (
        select
            *, n as n_units, total as num, n as den, 0 as cov, n as one, squares as num_num, total as num_den,
            0 as num_cov, total as num_one, n as den_den, 0 as den_cov, n as den_one, 0 as cov_cov, 0 as cov_one,
            n as one_one
        from daily
    ) as moments
    window so_far as (partition by experiment, is_control order by day)
)
{%- endset -%}
{%- set asked = "(select distinct experiment, day, 'mean' as kind, 0.05 as alpha, 5000 as tuned_for from daily)" -%}
{%- set rows = insitu.compared_arms(asked, '(' ~ insitu.arms_by_moments(arms) ~ ')', ['experiment', 'day']) -%}
{%- set rows = insitu.with_sequences(insitu.with_intervals(insitu.with_effects('(' ~ rows ~ ')'))) -%}
select
    day, avg(fixed_now) as fixed_now, avg(fixed_so_far) as fixed_so_far, avg(sequence_so_far) as sequence_so_far,
    avg(wrong_so_far) as wrong_so_far
from (
    select
        day,
        1.0 * fixed as fixed_now,
        1.0 * max(fixed) over so_far as fixed_so_far,
        1.0 * max(sequential) over so_far as sequence_so_far,
        1.0 * max(wrong) over so_far as wrong_so_far
    from (
        select
            experiment, day,
            case when lower > 0 or upper < 0 then 1 else 0 end as fixed,
            case when sequence_lower > 0 or sequence_upper < 0 then 1 else 0 end as sequential,
            case when sequence_upper < 0 then 1 else 0 end as wrong
        from {{ rows }} as computed
    ) as looks
    window so_far as (partition by experiment order by day)
) as alarms
group by day
"""
FALLEN = """
{%- set counts -%}
(
    select
        experiment, day, 0 as step, variant, 0.5 as share, sum(n) over so_far as n_units,
        0.5 * sum(n) over of_all as n_expected, sum(n) over of_all as n_of_step
    from counted
    window
        so_far as (partition by experiment, variant order by day),
        of_all as (partition by experiment order by day)
)
{%- endset -%}
select
    day, avg(fixed_now) as fixed_now, avg(fixed_so_far) as fixed_so_far, avg(sequence_so_far) as sequence_so_far
from (
    select
        day,
        case when p_value < 0.01 then 1.0 else 0.0 end as fixed_now,
        max(case when p_value < 0.01 then 1.0 else 0.0 end) over so_far as fixed_so_far,
        max(case when sequence_p_value < 0.01 then 1.0 else 0.0 end) over so_far as sequence_so_far
    from ({{ insitu.sample_ratio(counts ~ ' as counts', ['experiment', 'day'], ['step']) }}) as judged
    window so_far as (partition by experiment order by day)
) as alarms
group by day
"""
SIMULATIONS = {"looked": LOOKED, "fallen": FALLEN}
MODELS = DISTRIBUTIONS | EFFECTS | SIMULATIONS


def duckdb_output(folder: Path) -> dict[str, Any]:
    return {"type": "duckdb", "path": str(folder / "compiled.duckdb"), "schema": "main"}


def postgres_output(database: Database) -> dict[str, Any]:
    login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    return {"type": "postgres", "dbname": database.dbname, "schema": "public", **login}


def compiled(
    folder: Path,
    output: dict[str, Any],
    models: Mapping[str, str] = MODELS,
    declared: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    shared: Sequence[str] = (),
) -> dict[str, str]:
    """Model name → its SQL on that warehouse; `declared` is the `meta.ml` of a use case `shop`.

    Of the package's models only `shared` are there.
    """
    (folder / "models").mkdir(parents=True)
    if declared:
        node = {"name": "shop__models", "config": {"meta": {"ml": dict(declared)}}}
        (folder / "models" / "_models.yml").write_text(yaml.safe_dump({"models": [node]}))
    for name, text in models.items():
        (folder / "models" / f"{name}.sql").write_text(text)
    enabled = {name: {"+enabled": True} for name in shared}
    settings = {
        "name": "statistics",
        "profile": "statistics",
        "flags": {"send_anonymous_usage_stats": False},
        "models": {"insitu": {"+enabled": False, "+schema": None, "actions": enabled, "monitoring": enabled}},
        "vars": dict(variables or {}),
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    profile = {"statistics": {"target": "t", "outputs": {"t": output | {"threads": 1}}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    install(folder)
    said: list[str] = []
    runner = dbtRunner(callbacks=[lambda event: said.append(event.info.msg) if event.info.level == "error" else None])
    outcome = runner.invoke(["compile", "--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"])
    assert outcome.success, [outcome.exception, *said]
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node["compiled_code"] for node in nodes if node.get("compiled_code")}


class Statistics:
    """The compiled macros over one warehouse."""

    def __init__(self, sql: dict[str, str], warehouse: Warehouse) -> None:
        self.sql, self.warehouse = sql, warehouse

    def run(self, model: str, **tables: pd.DataFrame) -> pd.DataFrame:
        """The rows of a model, once its tables hold these rows."""
        for name, rows in tables.items():
            self.warehouse.load(name, rows)
        return self.warehouse.query(self.sql[model])
