"""A dbt project of somebody else's: a shop's seeds, staging and marts, its own macros, packages and schema rule.

It knows nothing of the library but what its tables are, point in time, which is only `meta` to dbt.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

FILES = {
    "README.md": "# Analytics of a shop\n",
    ".gitignore": "target/\nlogs/\ndbt_packages/\n*.duckdb\n*.duckdb.wal\n.user.yml\n",
    "analytics/dbt_project.yml": """\
name: jaffle_shop
version: 1.0.0
profile: jaffle

model-paths: ["transformations"]
macro-paths: ["sql_macros"]
seed-paths: ["seeds"]
clean-targets: ["target", "dbt_packages"]

flags:
  send_anonymous_usage_stats: false

models:
  jaffle_shop:
    +materialized: view
    marts:
      +materialized: table
      +schema: marts

seeds:
  jaffle_shop:
    +schema: raw
    raw_customers: {+column_types: {customer_id: integer, signed_up_at: timestamp}}
    raw_orders: {+column_types: {order_id: integer, customer_id: integer, ordered_at: timestamp, cents: integer}}

vars:
  currency: eur
""",
    "analytics/profiles.yml": """\
jaffle:
  target: "{{ env_var('JAFFLE_TARGET', 'dev') }}"
  outputs:
    dev: {type: duckdb, path: jaffle.duckdb, schema: dev_ann, threads: 1}
    ci: {type: duckdb, path: jaffle.duckdb, schema: ci_42, threads: 1}
    prod: {type: duckdb, path: prod.duckdb, schema: analytics, threads: 1}
""",
    "analytics/dependencies.yml": """\
# What we build on.
packages:
  - local: ours/money  # until it is published
""",
    "analytics/ours/money/dbt_project.yml": 'name: money\nversion: 0.3.0\nmacro-paths: ["macros"]\n',
    "analytics/ours/money/macros/euros.sql": "{% macro euros(column) %}{{ column }} / 100.0{% endmacro %}\n",
    "analytics/sql_macros/generate_schema_name.sql": """\
{# Developers have schemas of their own; production has the plain ones. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name == 'prod' and custom_schema_name -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}{{ '_' ~ custom_schema_name | trim if custom_schema_name }}
    {%- endif -%}
{%- endmacro %}
""",
    "analytics/sql_macros/use_cases.sql": "{% macro use_cases() %}{{ return('a name of ours') }}{% endmacro %}\n",
    "analytics/seeds/_seeds.yml": """\
version: 2
seeds:
  - name: raw_customers
    config: {meta: {point_in_time: {kind: event, available_at: signed_up_at, unique: [[customer_id]]}}}
  - name: raw_orders
    config: {meta: {point_in_time: {kind: event, available_at: ordered_at, unique: [[order_id]]}}}
""",
    "analytics/transformations/staging/stg_customers.sql": """\
select customer_id, signed_up_at
from {{ ref('raw_customers') }}
""",
    "analytics/transformations/staging/stg_orders.sql": """\
with orders as (
    select * from {{ ref('raw_orders') }}
)

select order_id, customer_id, ordered_at, {{ money.euros('cents') }} as amount
from orders
""",
    "analytics/transformations/staging/_staging.yml": """\
version: 2
models:
  - name: stg_customers
    config: {meta: {point_in_time: {kind: event, available_at: signed_up_at, unique: [[customer_id]]}}}
    columns:
      - {name: customer_id, data_type: integer, data_tests: [unique, not_null]}
      - {name: signed_up_at, data_type: timestamp}
  - name: stg_orders
    config: {meta: {point_in_time: {kind: event, available_at: ordered_at, unique: [[order_id]]}}}
    columns:
      - {name: order_id, data_type: integer, data_tests: [unique]}
      - {name: customer_id, data_type: integer}
      - {name: ordered_at, data_type: timestamp}
      - {name: amount, data_type: double}
""",
    "analytics/transformations/marts/customers.sql": """\
-- {{ use_cases() }}
select
    customers.customer_id,
    count(orders.order_id) as orders,
    sum(orders.amount) as revenue
from {{ ref('stg_customers') }} as customers
left join {{ ref('stg_orders') }} as orders on customers.customer_id = orders.customer_id
group by customers.customer_id
""",
}


def write(repository: Path, customers: int = 150) -> Path:
    """The project in a git repository, committed; returns its folder."""
    for path, text in FILES.items():
        file = repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    project = repository / "analytics"
    for name, rows in data(customers).items():
        rows.to_csv(project / "seeds" / f"{name}.csv", index=False)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "The shop's project"]):
        command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@shop.example", *arguments]
        subprocess.run(command, cwd=repository, check=True)
    return project


def data(customers: int, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Customers, and their orders: each buys at a pace of their own, with long pauses now and then."""
    random = np.random.default_rng(seed)
    start, end = pd.Timestamp("2023-11-01"), pd.Timestamp("2025-01-01")
    signed_up = start + pd.to_timedelta(random.uniform(0, 30, customers), unit="D").floor("s")
    pace = random.choice([2.0, 6.0, 15.0], customers)
    rows = []
    for customer in range(customers):
        when, pause = signed_up[customer], signed_up[customer]
        while when < end:
            if when > pause:
                when += pd.Timedelta(days=random.exponential(50))
                pause = when + pd.Timedelta(days=random.exponential(80))
            rows.append((customer, when.floor("s"), int(random.integers(300, 5000))))
            when += pd.Timedelta(days=random.exponential(pace[customer]))
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "cents"])
    orders = orders[orders["ordered_at"] < end].sort_values("ordered_at")
    orders.insert(0, "order_id", range(len(orders)))
    return {
        "raw_customers": pd.DataFrame({"customer_id": range(customers), "signed_up_at": signed_up}),
        "raw_orders": orders,
    }
