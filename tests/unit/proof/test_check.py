"""`insitu check` over a compiled project: verdicts, witness, waivers, formats, exit codes, errors."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from insitu.commands import proof as commands
from insitu.errors import ConfigurationError
from insitu.proof.project import checking, report, waivers
from insitu.proof.rerun.witness import attach
from insitu.warehouse import Project

from .projects import FEATURES, GOOD, LEAK, RELATIONS, write

pytest_plugins = ["insitu.proof.pytest_plugin"]


def model(sql: str, **more: Any) -> dict[str, Any]:
    return {"feat_orders": {"sql": sql, "point_in_time": {**FEATURES, **more}}}


def test_proved(tmp_path: Path) -> None:
    outcome = checking.check(write(tmp_path, RELATIONS, model(GOOD)), witnesses=attach)
    assert outcome.ok
    assert str(outcome).endswith("3 columns of 1 models: 3 proved.")


def test_refuted_with_a_witness_that_runs(tmp_path: Path) -> None:
    outcome = checking.check(write(tmp_path, RELATIONS, model(LEAK)), witnesses=attach)
    column = next(c for c in outcome.results[0].columns if c.column == "orders")
    assert (column.status, [f.code for f in column.findings]) == ("refuted", ["003"])
    connection = duckdb.connect()
    connection.execute(column.witness)
    sizes = [connection.execute(f"select count(*) from {t}").fetchall()[0][0] for t in ("visits", "orders")]
    assert sizes == [1, 1]  # one visit and one order at that very moment: nothing smaller shows it
    assert connection.execute("select orders from feat_orders").fetchall() == [(1,)]


def test_lines_are_those_of_the_raw_file(tmp_path: Path) -> None:
    raw = "-- orders so far\n" + LEAK.replace('"db"."raw"."visits"', "{{ source('shop', 'visits') }}").replace(
        '"db"."raw"."orders"', "{{ source('shop', 'orders') }}"
    )
    compiled = "-- orders so far\n\n\n" + LEAK
    models = {"feat_orders": {"sql": compiled, "raw": raw, "point_in_time": FEATURES}}
    outcome = checking.check(write(tmp_path, RELATIONS, models))
    assert "models/feat_orders.sql:4: 003 column orders" in str(outcome)


def test_formats(tmp_path: Path) -> None:
    outcome = checking.check(write(tmp_path, RELATIONS, model(LEAK)))
    arguments = outcome.project, outcome.results, outcome.problems
    as_json = json.loads(report.as_json(*arguments))
    assert as_json["counts"] == {"proved": 2, "unknown": 1} and as_json["ok"] is False
    run = json.loads(report.sarif(*arguments))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert run["results"][0]["ruleId"] == "003"
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("models/feat_orders.sql", 3)
    assert {r["id"] for r in run["tool"]["driver"]["rules"]} == {f"{i:03d}" for i in range(1, 11)}


TIED = """
select v.visit_id, v.as_of, arg_max(o.amount, o.paid_at) as amount
from "db"."raw"."visits" as v
left join "db"."raw"."orders" as o on o.customer = v.customer and o.paid_at < v.as_of
group by v.visit_id, v.as_of
"""


@pytest.mark.parametrize(
    ("kind", "ties", "good"),
    [
        ("features", None, True),
        ("features", "warn", True),
        ("features", "error", False),
        ("training_set", None, False),
        ("training_set", "warn", True),
    ],
)
def test_ties_have_a_severity_of_their_own(tmp_path: Path, kind: str, ties: Any, good: bool) -> None:
    declared = FEATURES if kind == "features" else {"kind": "training_set", "labels": []}
    models = {"feat_orders": {"sql": TIED, "point_in_time": declared}}
    outcome = checking.check(write(tmp_path, RELATIONS, models), ties=ties)
    assert outcome.ok is good
    assert ("007 warning: column amount" in str(outcome)) is good
    assert str(outcome).endswith("3 columns of 1 models: 2 proved, 1 tied.")
    assert "declare a key of what it reads in `unique`" in str(outcome) or "add o." in str(outcome)


OWN_TIME = 'select order_id as visit_id, customer, amount, paid_at as as_of from "db"."raw"."orders"'


def test_a_spine_of_events_at_their_own_time(tmp_path: Path) -> None:
    """Fraud per transaction: the transaction itself is asked about, and only earlier ones may be counted."""
    why = "a transaction is asked about at its own instant"
    counted = GOOD.replace('"db"."raw"."visits"', '"db"."main"."asked"')
    verdicts = {}
    for name, trust, sql in (("untrusted", None, counted), ("earlier", why, counted), ("same", why, counted + " ")):
        if name == "same":
            sql = sql.replace("o.paid_at < v.as_of", "o.paid_at <= v.as_of")
        spine = {"kind": "spine", "key": ["visit_id"], **({"trust": trust} if trust else {})}
        models = {
            "asked": {"sql": OWN_TIME, "point_in_time": spine},
            "feat_orders": {"sql": sql, "point_in_time": FEATURES},
        }
        relations = {"orders": RELATIONS["orders"]}
        verdicts[name] = checking.check(write(tmp_path / name, relations, models))
    assert {name: outcome.ok for name, outcome in verdicts.items()} == {
        "untrusted": False, "earlier": True, "same": False,
    }  # fmt: skip
    assert "as a spine, with the reason in `trust`, and read earlier rows by <" in str(verdicts["untrusted"])


def test_a_clock_is_no_tie(tmp_path: Path) -> None:
    sql = 'select visit_id, as_of, now() as amount from "db"."raw"."visits"'
    assert not checking.check(write(tmp_path, RELATIONS, model(sql)), ties="warn").ok


def test_messages_are_in_the_words_of_the_query(tmp_path: Path) -> None:
    sql = """
    select v.visit_id, v.as_of, list(o.amount) as a, any_value(o.amount) as b,
        string_agg(cast(o.customer as varchar), ',') as c
    from "db"."raw"."visits" as v
    left join "db"."raw"."orders" as o on o.customer = v.customer
        and strftime(o.paid_at, '%Y-%m-%d') < strftime(v.as_of, '%Y-%m-%d')
    group by v.visit_id, v.as_of
    """
    told = str(checking.check(write(tmp_path, RELATIONS, model(sql))))
    for word in ("list()", "any_value()", "string_agg()", "shop.orders.paid_at < shop.visits.as_of"):
        assert word in told
    assert "the predicate strftime(o.paid_at, '%Y-%m-%d') < strftime(v.as_of, '%Y-%… was seen, but no rule" in told
    assert not re.search(r"arrayagg|groupconcat|anyvalue|TimeToStr", told, re.IGNORECASE)


def test_a_spine_that_says_why_it_is_right_is_listed_and_its_features_are_proved(tmp_path: Path) -> None:
    asked = 'select visit_id, customer, booked_at as as_of from "db"."raw"."bookings"'
    relations = {"orders": RELATIONS["orders"], "bookings": {"columns": {"visit_id": "bigint"}}}
    spine = {"kind": "spine", "key": ["visit_id"]}
    reads = {
        "feat_orders": {"sql": GOOD.replace('"db"."raw"."visits"', '"db"."main"."visits"'), "point_in_time": FEATURES}
    }
    columns = {"visit_id": "bigint", "customer": "bigint", "as_of": "timestamp"}

    def found(declared: dict[str, Any]) -> checking.Outcome:
        models = {"visits": {"sql": asked, "point_in_time": declared}, **reads}
        there = {("db", "main", "visits"): columns}
        return checking.check(write(tmp_path, relations, models), columns=lambda names: there)

    assert "009" in str(found(spine)), "the source says nothing of itself"
    outcome = found({**spine, "trust": "bookings are made before they are asked for"})
    assert outcome.ok
    assert "visits: bookings are made before they are asked for" in str(outcome)


WAIVER = {"column": "orders", "code": "003", "reason": "the till is never that fast", "expires": "2030-01-01"}


PASSED: dict[str, Any] = {"feat_orders": {"passed": True}}
NO_EVIDENCE = "no passing time-travel test of this SQL"


@pytest.mark.parametrize(
    ("waiver", "evidence", "status", "problem"),
    [
        ({}, PASSED, "waived", None),
        ({"expires": "2026-01-01"}, PASSED, "waived", None),  # the last day on which it counts
        ({"expires": "2025-12-31"}, PASSED, "unknown", "expired on 2025-12-31"),
        ({"code": "004"}, PASSED, "unknown", "there is no such finding"),
        ({"column": "visit"}, PASSED, "unknown", "there is no such finding"),
        ({}, {}, "unknown", NO_EVIDENCE),
        ({}, {"feat_orders": {"passed": False}}, "unknown", NO_EVIDENCE),
        ({}, {"feat_orders": {}}, "unknown", NO_EVIDENCE),
        ({}, {"feat_visits": {"passed": True}}, "unknown", NO_EVIDENCE),
        # the test was of the SQL as it was before
        ({}, {"feat_orders": {"passed": True, "of": f"{LEAK} "}}, "unknown", NO_EVIDENCE),
        ({}, {"feat_orders": {"passed": True, "of": GOOD}}, "unknown", NO_EVIDENCE),
        ({}, {"feat_orders": {"passed": True, "of": ""}}, "unknown", NO_EVIDENCE),
    ],
)
def test_waivers(
    tmp_path: Path, waiver: dict[str, str], evidence: dict[str, dict[str, Any]], status: str, problem: str | None
) -> None:
    target = write(tmp_path, RELATIONS, model(LEAK, waivers=[{**WAIVER, **waiver}]))
    contents = {
        name: {**test, "checksum": hashlib.sha256(test.get("of", LEAK).encode()).hexdigest()}
        for name, test in evidence.items()
    }
    (target / waivers.EVIDENCE).write_text(json.dumps(contents))
    outcome = checking.check(target, today=date(2026, 1, 1))
    column = next(c for c in outcome.results[0].columns if c.column == "orders")
    assert column.status == status
    assert outcome.ok is (problem is None)
    assert problem is None or problem in outcome.problems[0]


def test_a_waiver_is_of_one_finding_only(tmp_path: Path) -> None:
    """A column with a tie and an order without any bound; to waive the one leaves the other."""
    both = LEAK.replace("count(o.order_id)", 'count(o.order_id) + (select max(p.order_id) from "db"."raw"."orders" p)')
    target = write(tmp_path, RELATIONS, model(both, waivers=[WAIVER]))
    codes = {finding.code for column in checking.check(target).results[0].columns for finding in column.findings}
    assert len(codes) > 1 and WAIVER["code"] in codes
    test = {"passed": True, "checksum": hashlib.sha256(both.encode()).hexdigest()}
    (target / waivers.EVIDENCE).write_text(json.dumps({"feat_orders": test}))
    outcome = checking.check(target, today=date(2026, 1, 1))
    column = next(c for c in outcome.results[0].columns if c.column == "orders")
    assert column.status == "unknown" and not outcome.ok
    assert {finding.code for finding in column.findings} == codes - {WAIVER["code"]}
    assert column.waived == [WAIVER["reason"]]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("event", "is 'event', not a mapping"),
        ({"kind": "evnt"}, "has kind 'evnt'. Allowed: event, static"),
        ({"available_at": "paid_at"}, "has no kind"),
        ({"kind": "event"}, "available_at: is missing"),
        ({"kind": "event", "available_at": "payed_at"}, "`shop.orders` has no column `payed_at`"),
        ({"kind": "event", "available_at": "paid_at", "lag": "soon"}, "'soon' is not a duration"),
        ({"kind": "event", "available_at": "paid_at", "stric": True}, "stric: is not an option of kind event"),
        ({"kind": "static"}, "reason: is missing"),
        ({"kind": "event", "available_at": "day"}, "`day` is a date"),
    ],
)
def test_wrong_declarations(tmp_path: Path, declaration: Any, message: str) -> None:
    orders = {**RELATIONS["orders"], "point_in_time": declaration}
    orders["columns"] = {**orders["columns"], "day": "date"}
    with pytest.raises(ConfigurationError, match=r"point_in_time|has no column|is a date") as error:
        checking.check(write(tmp_path, {**RELATIONS, "orders": orders}, model(GOOD)))
    assert message in str(error.value)


def test_nothing_compiled(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Run `dbt compile --full-refresh` first"):
        checking.check(tmp_path)


def test_nothing_declared(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing to prove"):
        checking.check(write(tmp_path, {}, {"m": {"sql": "select 1 as x"}}))


@pytest.mark.parametrize(("sql", "code"), [(GOOD, 0), (LEAK, 1)])
def test_exit_codes(tmp_path: Path, sql: str, code: int) -> None:
    write(tmp_path / "target", RELATIONS, model(sql))
    arguments = ["--no-warehouse", "--no-witness", "--output", "json"]
    result = CliRunner().invoke(commands.check, arguments, obj=Project(tmp_path, tmp_path))
    assert result.exit_code == code
    assert json.loads(result.output)["ok"] is (code == 0)


def test_fixture_passes_and_fails(tmp_path: Path, point_in_time: Any) -> None:
    point_in_time(write(tmp_path / "good", RELATIONS, model(GOOD))).must_be_proved("feat_orders")
    with pytest.raises(pytest.fail.Exception, match="003 column orders"):
        point_in_time(write(tmp_path / "leak", RELATIONS, model(LEAK))).must_be_proved()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("{# run_query(1) #}\n" + GOOD, None),
        ("{% set n = run_query('select 1') %}\n" + GOOD, ":1: 008 .*today's data"),
        (GOOD + "\n-- {{ run_started_at }}", ":5: 007 .*run_started_at in Jinja"),
    ],
)
def test_what_jinja_hides(tmp_path: Path, raw: str, message: str | None) -> None:
    models = {"feat_orders": {"sql": GOOD, "raw": raw, "point_in_time": FEATURES}}
    outcome = checking.check(write(tmp_path, RELATIONS, models))
    assert outcome.ok is (message is None)
    assert message is None or re.search(message, str(outcome)), str(outcome)


def test_a_hook_that_writes(tmp_path: Path) -> None:
    target = write(tmp_path, RELATIONS, model(GOOD))
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["nodes"]["model.feat_orders"]["config"]["post-hook"] = [{"sql": "update {{ this }} set orders = 0"}]
    (target / "manifest.json").write_text(json.dumps(manifest))
    assert "a hook changes rows" in str(checking.check(target))


def test_features_without_sql_are_not_taken_for_granted(tmp_path: Path) -> None:
    target = write(tmp_path, RELATIONS, {**model(GOOD), "final": {"sql": 'select * from "db"."main"."feat_orders"'}})
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["nodes"]["model.feat_orders"] |= {"language": "python", "compiled_code": "def model(dbt, session): ..."}
    manifest["nodes"]["model.final"]["config"]["meta"] = {"point_in_time": FEATURES}
    (target / "manifest.json").write_text(json.dumps(manifest))
    assert "has no SQL to prove it by" in str(checking.check(target))


@pytest.mark.parametrize(("type_", "message"), [("varchar", "is text, not a time"), (None, "type .* is not known")])
def test_an_availability_that_is_no_time(tmp_path: Path, type_: str | None, message: str) -> None:
    orders = {**RELATIONS["orders"], "columns": {**RELATIONS["orders"]["columns"], "paid_at": type_}}
    outcome = checking.check(write(tmp_path, {**RELATIONS, "orders": orders}, model(GOOD)))
    assert re.search(message, str(outcome)), str(outcome)
