"""The SQL bodies of use cases, compiled once per warehouse, and run over tables of a few rows written by hand.

What a body reads, and what it would be stored as, are tables of known columns: a test fills those that matter to it,
asks for the rows of one body, and compares them with rows that it wrote down itself. Nothing is kept between tests.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import yaml
from dbt.cli.main import dbtRunner

from insitu.local_postgres import Database
from insitu.quoting import identifier
from tests.dbt_package import install

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]

AS_OF = datetime(2024, 3, 15, 12)
TRAINED = datetime(2024, 3, 1)  # models are trained for the month
TRAINING = {"test": "10 days", "gap": "5 days", "validation": "10 days"}
COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}

# What `demo` decides by, as it is written down.
DECIDED = {"decided_from": datetime(2024, 1, 1), "treat": "intervene", "treat_not": "none"}
POLICY_OF_DEMO = {**DECIDED, **COSTS, "threshold": 0.2}

PROFIT = {"name": "profit", "kind": "mean", "value": "realised_profit", "role": "primary"}
METRICS = [
    PROFIT,
    {"name": "late", "kind": "proportion", "value": "label", "better": "lower", "role": "guardrail", "margin": 0.02},
    {"name": "calls", "kind": "mean", "value": "is_treated", "better": "lower", "role": "signal"},
]
EXPERIMENTS: list[dict[str, Any]] = [
    {
        "name": "letters",  # two treatments, by person; in one half of a layer
        "from": "2024-03-04",
        "until": "2024-03-20",
        "unit": ["person"],
        "eligible": "city = 'rome'",
        "layer": "post",
        "layer_share": [0, 0.5],
        "variants": [{"name": "usual"}, {"name": "early", "threshold": 0.5}, {"name": "never", "action": "none"}],
        "ramp": [
            {"after": "0 days", "shares": {"early": 0.05}},
            {"after": "3 days", "shares": {"early": 0.25, "never": 0.1}},
            {"after": "6 days", "shares": {"early": 0.6, "never": 0.1}},
        ],
        "metrics": METRICS,
    },
    {
        "name": "newer",  # another model, by row
        "from": "2024-03-05",
        "variants": [{"name": "present"}, {"name": "next", "model": "challenger"}],
        "ramp": [{"after": "0 days", "shares": {"next": 0.2}}],
        "metrics": [PROFIT],
    },
    {
        "name": "beside",
        "from": "2024-03-05",
        "shadow": True,
        "salt": "pepper",
        "variants": [{"name": "present"}, {"name": "old", "model": "v_old"}],
        "ramp": [{"after": "0 days", "shares": {"old": 1}}],
        "metrics": [PROFIT],
    },
    {
        "name": "over",
        "from": "2024-02-01",
        "until": "2024-03-05",
        "window": "2 days",
        "min_units": 10,
        "variants": [{"name": "present"}, {"name": "fixed", "model": "v_fixed"}],
        "ramp": [{"after": "0 days", "shares": {"fixed": 0.5}}],
        "metrics": [PROFIT],
    },
]
USE_CASES: dict[str, dict[str, Any]] = {
    "demo": {
        "task": "binary",
        "entity": ["id"],
        "label": "hit",
        "slices": ["city"],
        "costs": COSTS,
        "training": TRAINING,
        "promotion": {"slice_rows": 2, "parity_days": 10},
        "parity": {"may_differ": ["n"]},
    },
    "value": {
        "task": "regression",
        "entity": ["id", "shop"],
        "label": "amount",
        "selection_metric": "rmse",
        "training": {
            "test": [{"from": "2024-01-10", "to": "2024-01-20"}, {"from": "2024-02-01", "to": "2024-02-10"}],
            "gap": "5 days",
            "validation": {"from": "2023-12-20"},
        },
        "promotion": {"point_in_time": "ignored", "parity": "ignored"},
        "monitoring": {
            "error_growth": 0.2,
            "min_rows": 50,
            "window_days": 3,
            "quiet_days": 0,
            "ignore_features": ["city"],
        },
        "parity": {"log": "hash"},
        "actions": {"treat": "call"},  # nothing that a number could ask for
    },
    "trial": {"task": "binary", "entity": ["id"], "label": "hit", "costs": COSTS, "experiments": EXPERIMENTS},
    "tier": {
        "task": "multiclass",
        "entity": ["id"],
        "label": "tier",
        "training": TRAINING,
        "monitoring": {"owner": "the tiers' keepers", "severity": {"alert_calibration": "error"}},
    },
}
# Use cases of which only the policy matters; they take no part in what is said of all.
ACTING: dict[str, dict[str, Any]] = {
    "fare": {
        "task": "binary",
        "entity": ["id"],
        "label": "hit",
        "policy": {
            "costs": {
                "none": {"positive": {"column": "x", "times": -0.5}, "negative": 0},
                "mail": {"positive": {"column": "x", "times": -0.2, "plus": -1}, "negative": -1},
                "call": {"positive": -8, "negative": -6},
            },
            "explore": {"share": 0.3, "salt": "pepper", "actions": ["none", "call"]},
            "compare": [{"name": "all_call", "action": "call"}, {"name": "all_mail", "action": "mail"}],
        },
    },
    "crew": {
        "task": "binary",
        "entity": ["id"],
        "label": "hit",
        "evaluation": {"threshold": 0.5},
        "costs": COSTS,
        "policy": {
            "capacity": {"rows": 2, "per": "day", "by": "city"},
            "explore": {"share": 0.4},
            "compare": [{"name": "lower", "threshold": 0.3}, {"name": "all", "action": "intervene"}],
        },
    },
    "aged": {"task": "binary", "entity": ["id"], "label": "hit", "costs": COSTS},
    "desk": {
        "task": "regression",
        "entity": ["id", "room"],
        "label": "amount",
        "policy": {"capacity": {"rows": 3, "per": "week"}},
    },
    "plan": {
        "task": "multiclass",
        "entity": ["id", "policy", "place"],
        "label": "tier",
        "policy": {
            "costs": {
                "none": {"a": 0, "b": -10, "c": -30},
                "call": {"a": -5, "b": -4, "c": {"column": "n", "times": -1}},
                "visit": {"a": -20, "b": -15, "c": -2},
            },
            "compare": [{"name": "all_visit", "action": "visit"}],
        },
    },
}
# Slices that are asked for alone: windows of the test, and where the slices before begin.
WINDOWS: dict[str, dict[str, Any]] = {
    "to_come": {"test": [{"from": "2024-03-01"}, {"from": "2024-02-01", "to": "2024-06-01"}, {"from": "2024-04-01"}]},
    "unsorted": {
        "test": [{"from": "2024-02-01", "to": "2024-02-08"}, {"from": "2024-01-01T06:00:00", "to": "2024-01-08"}],
        "gap": {"from": "2023-12-24"},
        "validation": "1 week",
    },
    "open": {"test": {"from": "2024-02-20"}, "gap": None, "validation": "2 days"},
}
EVERY = USE_CASES | ACTING
LABELS = {"binary": "boolean", "regression": "double precision", "multiclass": "varchar"}

# The moment of training by `retrain_every`: as-of, period, and what the calendar says.
PERIODS = [
    ("2024-03-15 12:34:56", "day", datetime(2024, 3, 15)),
    ("2024-03-15 00:00:00", "day", datetime(2024, 3, 15)),
    ("2024-03-17 23:59:59", "week", datetime(2024, 3, 11)),  # a Sunday
    ("2024-03-18 00:00:00", "week", datetime(2024, 3, 18)),  # a Monday
    ("2024-01-03 05:00:00", "week", datetime(2024, 1, 1)),
    ("2023-01-01 05:00:00", "week", datetime(2022, 12, 26)),  # a Sunday: over the end of the year
    ("2024-02-29 12:00:00", "month", datetime(2024, 2, 1)),
    ("2024-12-31 23:59:59", "month", datetime(2024, 12, 1)),
    ("2024-03-31 23:59:59", "quarter", datetime(2024, 1, 1)),
    ("2024-04-01 00:00:00", "quarter", datetime(2024, 4, 1)),
    ("2024-09-30 01:00:00", "quarter", datetime(2024, 7, 1)),
    ("2024-12-31 12:00:00", "quarter", datetime(2024, 10, 1)),
    ("2024-12-31 23:59:59", "year", datetime(2024, 1, 1)),
    ("2025-01-01 00:00:00", "year", datetime(2025, 1, 1)),
]

REGISTRY = (
    "model_version varchar, candidate varchar, family varchar, task varchar, snapshot_id varchar, training_as_of "
    "timestamp, status varchar, message varchar, trained_rows bigint, fit_seconds double precision, point_in_time "
    "varchar, point_in_time_message varchar, deployed_rows bigint, parameters varchar, search_trace varchar, signature "
    "varchar, feature_importance varchar, partial_dependence varchar, artifact_sha256 varchar, training_key varchar, "
    "code_hash varchar, config_hash varchar, git_revision varchar, library_versions varchar, random_state bigint, "
    "created_at timestamp"
)
METRICS = (
    "model_version varchar, snapshot_id varchar, split varchar, slice_column varchar, slice_value varchar, metric "
    "varchar, value double precision, ci_low double precision, ci_high double precision, n_rows bigint"
)
PROMOTIONS = (
    "use_case varchar, training_as_of timestamp, model_version varchar, decision varchar, reason varchar, is_tested "
    "boolean, validation_value double precision, decided_at timestamp"
)
PARITY = (
    "use_case varchar, batch_id varchar, batch_as_of timestamp, feature varchar, n_rows bigint, n_different bigint, "
    "largest_difference double precision, differs_after_minutes double precision, may_differ boolean, "
    "is_tolerated boolean, severity varchar"
)
POLICY = (
    "decided_from timestamp, threshold double precision, true_positive double precision, false_positive double "
    "precision, false_negative double precision, true_negative double precision, treat varchar, treat_not varchar, "
    "prices varchar, capacity bigint, capacity_per varchar, capacity_by varchar, explore_share double precision, "
    "explore_salt varchar, explore_actions varchar, written_at timestamp"
)
STEPS = (
    "experiment varchar, decided_at timestamp, step integer, state varchar, decision varchar, reason varchar, metric "
    "varchar, value double precision, limit_value double precision, plan_id varchar, challenger varchar, override_from "
    "timestamp, written_at timestamp"
)
UNITS = "experiment varchar, unit_id varchar"
RESULTS = (
    "experiment varchar, day date, metric varchar, role varchar, variant varchar, slice_column varchar, slice_value "
    "varchar, n_units_control bigint, n_units bigint, effect double precision, verdict varchar"
)
EXPOSURES = "experiment varchar, variant varchar, unit_id varchar, id bigint, as_of timestamp, model_version varchar"
LEDGER = "batch_id varchar, batch_as_of timestamp, model_version varchar, is_shadow integer, status varchar"
MONEY = "realised_profit double precision, profit_treat_all double precision, profit_treat_none double precision"
DRIFT = (
    "use_case varchar, batch_id varchar, batch_as_of timestamp, model_version varchar, metric varchar, value double "
    "precision, usual double precision, n_rows bigint, stable_limit double precision"
)
FINDING = (
    "alert varchar, subject varchar, as_of timestamp, severity varchar, message varchar, value double precision, "
    "limit_value double precision"
)
STABLE = "use_case varchar, model_version varchar, subject varchar, feature varchar"
SHARED = {
    "promotion_overrides": (
        "use_case varchar, model_version varchar, override varchar, effective_from timestamp, reason varchar"
    ),
    "experiment_overrides": (
        "use_case varchar, experiment varchar, override varchar, step integer, effective_from timestamp, reason varchar"
    ),
    "ml_predictions": (
        "use_case varchar, batch_id varchar, batch_as_of timestamp, model_version varchar, entity_id varchar, as_of "
        "timestamp, score double precision, predicted_at timestamp"
    ),
    "ml_batches": (
        "use_case varchar, batch_id varchar, batch_as_of timestamp, model_version varchar, n_predictions bigint, "
        "n_in_charge bigint, delay_minutes double precision, predicted_at timestamp"
    ),
    "ml_metrics": f"use_case varchar, {METRICS}",
    "ml_models": f"use_case varchar, {REGISTRY}",
    "mon_volume": (
        "use_case varchar, day date, model_version varchar, n_predictions bigint, n_batches bigint, n_labelled bigint"
    ),
    "mon_recent_performance": (
        "use_case varchar, model_version varchar, first_as_of timestamp, last_as_of timestamp, metric varchar, value "
        "double precision, ci_low double precision, ci_high double precision, n_rows bigint"
    ),
    "mon_performance": (
        "use_case varchar, model_version varchar, day date, metric varchar, value double precision, ci_low double "
        "precision, ci_high double precision, n_rows bigint"
    ),
    "mon_estimated_performance": (
        "use_case varchar, model_version varchar, day date, metric varchar, value double precision, ci_low double "
        "precision, ci_high double precision, n_rows bigint, realised_value double precision, n_outcomes bigint, "
        "is_inside integer"
    ),
    "alerts": f"use_case varchar, {FINDING}",
    "alert_history": (
        f"use_case varchar, saying bigint, said_as_of timestamp, content varchar, {FINDING}, cause varchar"
    ),
    "alert_mutes": (
        "use_case varchar, alert varchar, subject varchar, effective_from timestamp, effective_until timestamp, kind "
        "varchar, reason varchar"
    ),
    "alert_episodes": (
        "episode_id varchar, use_case varchar, alert varchar, subject varchar, cause varchar, state varchar, severity "
        "varchar, owner varchar, opened_at timestamp, last_seen_at timestamp, last_message varchar, as_of timestamp"
    ),
    "mon_heldout_drift": (f"{STABLE}, period_start timestamp, metric varchar, value double precision, n_rows bigint"),
    "mon_drift_limits": (
        f"{STABLE}, metric varchar, usual double precision, stable_limit double precision, n_periods bigint"
    ),
    "mon_false_alarms": (
        "use_case varchar, model_version varchar, alert varchar, period_start timestamp, chance double precision, "
        "n_features bigint, n_unusual bigint, n_beyond bigint"
    ),
    "mon_score_drift": DRIFT,
    "mon_feature_drift": f"{DRIFT}, feature varchar",
}
# A first build finds no table of its own, so its body is another.
NOT_BUILT_YET = ("value__promotions",)
BODIES = (
    *("training_set", "snapshots", "promotions", "champion", "decisions", "outcomes", "predictions_latest"),
    *("scored_features", "parity", "scoring_set", "due", "policies"),
)
OF_POLICIES = ("policy_values", "effects")
OF_EXPERIMENTS = ("assignments", "exposures", "rollout_steps")
SLICES = """
{% set slices = insitu.slices('USE_CASE') -%}
{%- for begins, ends in slices.tests -%}
select 'USE_CASE' as use_case, {{ begins }} as begins, {{ ends }} as ends, {{ slices.gap }} as gap,
    {{ slices.validation }} as validation {{ 'union all' if not loop.last }}
{% endfor %}
"""
HASHES = """
{%- set relation = api.Relation.create(database=this.database, schema=this.schema, identifier='hashed') -%}
select {{ insitu.content_hash(adapter.get_columns_in_relation(relation)) if execute }} as hash from hashed
"""
OVERLAPS = """
{%- set relation = api.Relation.create(database=this.database, schema=this.schema, identifier='periods') -%}
select * from ({{ insitu.test_no_overlapping_validity(relation, ['part', 'order']) if execute }}) as found
"""
PLACES = """
select {{ insitu.unit_place('a salt', 'unit_id') }} as one, {{ insitu.unit_place("o'ther", 'unit_id') }} as other
from (select number, {{ insitu.unit_id(['number', 'name']) }} as unit_id from hashed_units) as units
"""
# The periods that a time lies in, by how often a use case is scored.
SCORED_EVERY = {"weekly": "1 week", "monthly": "1 month"}
PERIODS_OF_SCORING = """
select {% for use_case in ['demo', 'weekly', 'monthly'] -%}
    {{ insitu.scoring_period(use_case, 'moment') }} as {{ use_case }}{{ ', ' if not loop.last }}
{%- endfor %}
from moments_asked
"""
ASKED = "select * from ({{ insitu.champions_at('demo', 'moments_asked') }}) as asked"


def tables(use_case: str) -> dict[str, str]:
    """The columns of what the bodies of a use case read."""
    config = EVERY[use_case]
    entity = ", ".join(f"{name} {'bigint' if name == 'id' else 'varchar'}" for name in config["entity"])
    key, label = f"{entity}, as_of timestamp", f"{config['label']} {LABELS[config['task']]}"
    features = "x double precision, n integer, city varchar"
    scores = "class varchar, score double precision" if config["task"] == "multiclass" else "score double precision"
    kind = "varchar" if config["task"] == "multiclass" else "double precision"
    told = LABELS[config["task"]] if use_case in ACTING else kind  # where the body of outcomes itself fills the table
    batch = "batch_id varchar, batch_as_of timestamp, model_version varchar"
    predictions = f"{batch}, {key}, {scores}, predicted_at timestamp"
    decisions = (
        f"{predictions}, is_in_charge integer, decided_from timestamp, threshold double precision, "
        "is_treated integer, action varchar, expected_profit double precision, reason varchar, "
        "policy_version varchar, propensity double precision, is_explored integer"
    )
    heldout = f"model_version varchar, snapshot_id varchar, split varchar, {key}, label {kind}, {scores}"
    snapshot = f"snapshot_id varchar, training_as_of timestamp, split varchar, {key}, {features}, {label}"
    logged = (
        f"{key}, hashed_columns varchar, features_hash varchar"
        if config.get("parity", {}).get("log") == "hash"
        else f"{key}, {features}"
    )
    found = {
        "features": f"{key}, {features}",
        "labels": f"{key}, {label}, matured_at timestamp",
        "training_set": f"{snapshot}, matured_at timestamp",
        "snapshots": f"{snapshot}, matured_at timestamp",
        "scoring_set": f"scoring_set_id varchar, batch_as_of timestamp, {key}, {features}",
        "models": REGISTRY,
        "metrics": METRICS,
        "heldout_predictions": heldout,
        "promotions": PROMOTIONS,
        "predictions": predictions,
        "batches": LEDGER,
        "scored_features": f"batch_id varchar, batch_as_of timestamp, {logged}",
        "parity": PARITY,
        "policies": POLICY,
        "done": f"{key}, action varchar, done_at timestamp",
        "decisions": decisions,
        "outcomes": f"{decisions}, label {told}, matured_at timestamp, {MONEY}",
    }
    if "experiments" in config:
        found |= {"spine": f"{key}, person varchar, city varchar", "rollout_steps": STEPS}
        found |= {"experiment_results": RESULTS, "experiment_units": UNITS, "exposures": EXPOSURES}
    return {f"{use_case}__{name}": columns for name, columns in found.items()}


TABLES = {name: columns for use_case in EVERY for name, columns in tables(use_case).items()} | SHARED
# Of `aged`, the policies were written down before there was more to a policy.
TABLES["aged__policies"] = POLICY[: POLICY.index("prices")] + "written_at timestamp"
TABLES["periods"] = 'part varchar, "order" bigint, valid_from timestamp, valid_to timestamp'
TABLES |= {"moments_asked": "moment timestamp", "hashed": "a varchar, b bigint, c varchar"}
TABLES |= {"hashed_units": "number bigint, name varchar"}


def create(names: Iterable[str]) -> str:
    return "; ".join(f"create table {name} ({TABLES[name]})" for name in names)


def write(folder: Path, output: dict[str, Any]) -> None:
    """The dbt project: bodies where the library has one, elsewhere a name that stands for a table."""
    models = folder / "models"
    models.mkdir(parents=True)
    declared = dict(EVERY)
    moments = {}
    for number, (as_of, every, _) in enumerate(PERIODS):
        declared[f"period{number}"] = {"entity": ["id"], "training": {"retrain_every": every}}
        moments[f"period{number}"] = as_of
    declared |= {use_case: {"entity": ["id"], "training": training} for use_case, training in WINDOWS.items()}
    declared |= {name: {"entity": ["id"], "scoring": {"every": every}} for name, every in SCORED_EVERY.items()}
    for use_case in declared:
        own = tables(use_case) if use_case in EVERY else {f"{use_case}__models": ""}
        bodies = BODIES if use_case in EVERY else ()
        bodies += OF_EXPERIMENTS if "experiments" in declared[use_case] else ()
        bodies += OF_POLICIES if use_case in ACTING else ()
        for name in own | {f"{use_case}__{body}": "" for body in bodies}:
            body = name.partition("__")[2]
            also = f", ref('{use_case}__done')" if body == "effects" else ""
            text = f"{{{{ insitu.{body}('{use_case}'{also}) }}}}" if body in bodies else "select 1 as one"
            (models / f"{name}.sql").write_text(text)
    trained = " union all ".join(
        f"select {number} as number, "
        f"{{{{ insitu.timestamp_literal(insitu.training_as_of('period{number}')) }}}} as moment"
        for number in range(len(PERIODS))
    )
    (models / "trained_for.sql").write_text(trained)
    (models / "asked.sql").write_text(ASKED)
    (models / "scoring_periods.sql").write_text(PERIODS_OF_SCORING)
    (models / "hashes.sql").write_text(HASHES)
    (models / "overlaps.sql").write_text(OVERLAPS)
    (models / "places.sql").write_text(PLACES)
    (models / "windows.sql").write_text(" union all ".join(SLICES.replace("USE_CASE", name) for name in WINDOWS))
    (models / "_models.yml").write_text(
        yaml.safe_dump(
            {"models": [{"name": f"{n}__models", "config": {"meta": {"ml": ml}}} for n, ml in declared.items()]}
        )
    )
    settings = {
        "name": "bodies",
        "profile": "bodies",
        "flags": {"send_anonymous_usage_stats": False},
        "models": {"insitu": {"+schema": None}},
        "vars": {
            "insitu_as_of": str(AS_OF),
            "insitu_use_cases": [name for name in USE_CASES if name != "trial"],
            "insitu_experiments": ["trial"],
            "insitu_use_case_as_of": moments,
        },
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    profile = {"bodies": {"target": "t", "outputs": {"t": output | {"threads": 1}}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    install(folder)


def compile_bodies(folder: Path) -> dict[str, str]:
    """Model name → its SQL."""
    said: list[str] = []
    runner = dbtRunner(callbacks=[lambda event: said.append(event.info.msg) if event.info.level == "error" else None])
    where = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    outcome = runner.invoke(["compile", *where])
    assert outcome.success, [outcome.exception, *said]
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node["compiled_code"] for node in nodes if node.get("compiled_code")}


class Bodies:
    """The compiled bodies over one warehouse's tables."""

    def __init__(self, kind: str, sql: dict[str, str], connection: Any) -> None:
        self.kind, self.sql, self.connection = kind, sql, connection

    def run(self, body: str, rows: Rows, through: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The rows of a body over tables that have these rows only, and those of the bodies in between."""
        self.connection.execute("begin")
        try:
            for name, given in rows.items():
                for columns, alike in groupby(given, tuple):
                    values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in alike)
                    self.connection.execute(
                        f"insert into {name} ({', '.join(map(identifier, columns))}) values {values}"
                    )
            for name in through:
                own = [part.split()[0] for part in TABLES[name].split(", ")]
                found = [{c: row[c] for c in own if c in row} for row in self._query(self.sql[name])]
                for columns, alike in groupby(found, tuple):
                    values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in alike)
                    self.connection.execute(f"insert into {name} ({', '.join(columns)}) values {values}")
            return self._query(self.sql[body])
        finally:
            self.connection.execute("rollback")

    def _query(self, sql: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def literal(value: Any) -> str:
    """A value as both warehouses read it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"cast('{value}' as double precision)"
    if isinstance(value, str | datetime | date):
        return "'" + str(value).replace("'", "''") + "'"
    return repr(value)


def on_duckdb(folder: Path) -> Bodies:
    path = str(folder / "bodies.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute(create(name for name in TABLES if name not in NOT_BUILT_YET))
    write(folder / "project", {"type": "duckdb", "path": path, "schema": "main"})
    sql = compile_bodies(folder / "project")
    opened = duckdb.connect(path)
    opened.execute(f"set threads = 1; {create(NOT_BUILT_YET)}")
    return Bodies("duckdb", sql, opened)


def on_postgres(folder: Path, database: Database) -> Bodies:
    opened: psycopg.Connection[Any] = psycopg.connect(database.dsn, autocommit=True)
    opened.execute(create(name for name in TABLES if name not in NOT_BUILT_YET))  # type: ignore[arg-type]
    login = {"host": database.host, "port": database.port, "user": database.user, "password": database.password}
    write(folder / "project", {"type": "postgres", "dbname": database.dbname, "schema": "public", **login})
    sql = compile_bodies(folder / "project")
    opened.execute(create(NOT_BUILT_YET))  # type: ignore[arg-type]
    return Bodies("postgres", sql, opened)
