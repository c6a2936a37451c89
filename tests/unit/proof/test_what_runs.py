"""What runs is what was read: Jinja, hooks, headers and macros that change rows behind the compiled SQL are refused."""

# ruff: noqa: E501 — a case per line reads better

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from insitu.proof.project import checking

from .projects import FEATURES, GOOD, RELATIONS, write

MACROS = {
    "dbt.run_query": "{% macro run_query(sql) %}{% call statement('x') %}{{ sql }}{% endcall %}{% endmacro %}",
    "dbt.statement": "{% macro statement(name) %}{% do adapter.execute(caller()) %}{% endmacro %}",
    "dbt.is_incremental": "{% macro is_incremental() %}{{ return(load_relation(this)) }}{% endmacro %}",
    "dbt.load_relation": "{% macro load_relation(r) %}{{ return(adapter.get_relation(r)) }}{% endmacro %}",
    "dbt.dateadd": "{% macro dateadd(a) %}{{ return(adapter.dispatch('dateadd', 'dbt')(a)) }}{% endmacro %}",
    "dbt.default__dateadd": "{% macro default__dateadd(a) %}{{ a }} + interval '1 day'{% endmacro %}",
    "dbt.set_sql_header": "{% macro set_sql_header(config) %}{{ config.set('sql_header', caller()) }}{% endmacro %}",
    "dbt_utils.get_query_results_as_dict": "{% macro get_query_results_as_dict(q) %}{{ return(adapter.dispatch('get_query_results_as_dict', 'dbt_utils')(q)) }}{% endmacro %}",
    "dbt_utils.default__get_query_results_as_dict": "{% macro default__get_query_results_as_dict(q) %}{% call statement('r', fetch_result=true) %}{{ q }}{% endcall %}{% endmacro %}",
    "dbt_utils.star": "{% macro star(from) %}{% for c in adapter.get_columns_in_relation(from) %}{{ c.name }}{% endfor %}{% endmacro %}",
    "insitu.window_features": "{% macro window_features() %}{{ run_query('select 1') }}{% endmacro %}",
    "insitu.drop_left_over_tables": "{% macro drop_left_over_tables(t) %}{% do run_query('drop table x') %}{% endmacro %}",
    "shop.cents": "{% macro cents(x) %}round({{ x }} * 100){% endmacro %}",
    "shop.latest": "{% macro latest() %}{% set q = run_query('select max(x) from y') %}{{ q }}{% endmacro %}",
    "shop.twice_removed": "{% macro twice_removed() %}{{ latest() }}{% endmacro %}",
    "shop.today": "{% macro today(n) %}{{ modules.datetime.date.today() }}{% endmacro %}",
    "shop.dispatched": "{% macro dispatched() %}{{ adapter.dispatch('now_of', 'shop')() }}{% endmacro %}",
    "shop.duckdb__now_of": "{% macro duckdb__now_of() %}{{ run_started_at }}{% endmacro %}",
    "shop.named": "{% macro named(today) %}{{ today }}{% endmacro %}",
    "shop.rewrite": "{% macro rewrite(t) %}update {{ t }} set n = 0{% endmacro %}",
    "shop.rewrite_by_query": "{% macro rewrite_by_query(t) %}{% do run_query('update ' ~ t ~ ' set orders = 0') %}{% endmacro %}",
    "shop.open_to": "{% macro open_to(role) %}grant select on {{ this }} to {{ role }}{% endmacro %}",
}  # fmt: skip

HIDDEN_JINJA = {
    "a query": "{{ run_query('select 1') }}",
    "a query by another name": "{% set rq = run_query %}{{ rq('select 1') }}",
    "a query in a list": "{{ [run_query][0]('select 1') }}",
    "a statement block": "{% call statement('n', fetch_result=true) %}select 1{% endcall %}{{ load_result('n') }}",
    "the adapter": "{{ adapter.execute('select 1', fetch=true) }}",
    "the adapter by another name": "{% set a = adapter %}{{ a.execute('select 1') }}",
    "the adapter's attribute by subscript": "{{ adapter['execute']('select 1') }}",
    "an attribute by filter": "{{ this | attr('execute') }}",
    "the whole context": "{{ context['run_query']('select 1') }}",
    "what is built in": "{{ builtins['run_query']('select 1') }}",
    "a macro of a package": "{{ dbt_utils.get_query_results_as_dict('select 1') }}",
    "a macro of the project": "{{ latest() }}",
    "a macro by its full name": "{{ shop.latest() }}",
    "a macro by another name": "{% set f = latest %}{{ f() }}",
    "a macro of a macro": "{{ twice_removed() }}",
    "a macro that is dispatched": "{{ dispatched() }}",
    "a dispatch by a computed name": "{{ adapter.dispatch('now' ~ '_of', 'shop')() }}",
    "a clock": "{{ run_started_at }}",
    "Python's clock": "{{ modules.datetime.datetime.now() }}",
    "Python's clock by another name": "{% set m = modules %}{{ m.datetime.datetime.now() }}",
    "a clock in a macro": "{{ today(1) }}",
    "the environment": "{{ env_var('TODAY') }}",
    "the run": "{{ invocation_id }}",
    "the command": "{% if flags.WHICH == 'compile' %}1{% endif %}",
    "the command's arguments": "{{ invocation_args_dict }}",
    "what is selected": "{{ selected_resources }}",
    "chance": "{{ [1, 2] | random }}",
    "what is built already": "{% if load_relation(this) %}1{% endif %}",
    "what is built already, by the adapter": "{% if adapter.get_relation('a', 'b', 'c') %}1{% endif %}",
    "the columns that are built already": "{{ adapter.get_columns_in_relation(this) }}",
    "when the model was parsed": "{{ model.created_at }}",
    "a name that is not known": "{{ something_new() }}",
    "a header": "{% call set_sql_header(config) %}set timezone = 'x'{% endcall %}",
}  # fmt: skip
PLAIN_JINJA = {
    "a comment": "{# run_query(1) #}",
    "a macro of the project": "{{ cents('amount') }}",
    "a loop": "{% set days = [1, 7] %}{% for d in days %}{{ d }}{{ ',' if not loop.last }}{% endfor %}",
    "variables and settings": "{{ config(materialized='table') }}{{ var('n', 3) }}{{ target.name }}",
    "dbt's functions": "{{ dbt.dateadd('x') }}",
    "the columns of a source": "{{ dbt_utils.star(source('shop', 'orders')) }}",
    "the library": "{{ insitu.window_features() }}",
    "a parameter called like a macro": "{{ named(3) }}",
    "text": "{{ modules.re.sub('a', 'b', 'c') | upper }}",
}
HARMFUL_HOOKS = {
    "an update": "update {{ this }} set orders = 0",
    "another table in its place": "create or replace table {{ this }} as select 1",
    "a file": "copy {{ this }} from 'rows.csv'",
    "dropped and renamed": "drop table {{ this }}; alter table other rename to {{ this.identifier }}",
    "renamed": "alter table other rename to feat_orders",
    "a macro": "{{ rewrite(this) }}",
    "a macro of the project": "{{ shop.rewrite(this) }}",
    "a query in a macro": "{{ rewrite_by_query(this) }}",
    "a text": "{{ 'update ' ~ this ~ ' set orders = 0' }}",
    "a constant": "{{ 'update x set y = 0' }}",
    "a block": "{% set q %}update {{ this }} set orders = 0{% endset %}{{ q }}",
    "a variable": "{{ var('hook') }}",
    "the second statement": "analyze {{ this }}; delete from {{ this }}",
    "behind a comment": "-- grant select\ndelete from {{ this }}",
    "a function": "select rewrite()",
    "the session": "set timezone = 'Asia/Tokyo'",
    "half a grant": "{% if true %}grant {% else %}update {% endif %}{{ this }} set orders = 0",
    "a view of it": "create or replace view feat_orders as select * from leak",
    "a query": "{% do run_query('delete from x') %}",
    "SQL in another case": "UpDaTe {{ this }} SET orders = 0",
    "a trigger": "create trigger t before insert on {{ this }} execute function f()",
    "a with": "with x as (delete from {{ this }} returning 1) select 1",
}
HARMLESS_HOOKS = {
    "a right": "grant select on {{ this }} to reporter",
    "rights": "grant insert, update on {{ this }} to loader; revoke delete on {{ this }} from loader",
    "an index": "create unique index if not exists i on {{ this }} (visit_id, as_of)",
    "statistics": "analyze {{ this }}",
    "a comment": "comment on table {{ this }} is 'do not drop; update daily'",
    "a key": "alter table {{ this }} add primary key (visit_id)",
    "a macro": "{{ open_to('reporter') }}",
    "the library": "{{ insitu.drop_left_over_tables(this) }}",
    "nothing": "",
}


def outcome(tmp_path: Path, raw: str = GOOD, config: dict[str, Any] | None = None, **more: Any) -> checking.Outcome:
    models = {"feat_orders": {"sql": GOOD, "raw": raw, "point_in_time": FEATURES, "config": config or {}}}
    models |= more.pop("models", {})
    return checking.check(write(tmp_path, RELATIONS, models, more.pop("macros", MACROS), **more))


@pytest.mark.parametrize("jinja", HIDDEN_JINJA.values(), ids=HIDDEN_JINJA.keys())
def test_jinja_that_reads_more_than_the_project(tmp_path: Path, jinja: str) -> None:
    found = outcome(tmp_path, f"{GOOD}\n-- {jinja}")
    assert not found.ok and ":5: 00" in str(found), str(found)


@pytest.mark.parametrize("jinja", PLAIN_JINJA.values(), ids=PLAIN_JINJA.keys())
def test_jinja_that_does_not(tmp_path: Path, jinja: str) -> None:
    found = outcome(tmp_path, f"{GOOD}\n-- {jinja}")
    assert found.ok, str(found)


def test_the_macro_is_named(tmp_path: Path) -> None:
    said = str(outcome(tmp_path, f"{GOOD}\n-- {HIDDEN_JINJA['a macro of a macro']}"))
    assert "run_query() in the macro latest (macros/latest.sql:1) puts today's data into the SQL" in said


def test_a_macro_that_says_why_is_listed(tmp_path: Path) -> None:
    raw = f"{GOOD}\n-- {{{{ latest() }}}}"
    models = {"feat_orders": {"sql": GOOD, "raw": raw, "point_in_time": FEATURES}}
    target = write(tmp_path, RELATIONS, models, MACROS)
    manifest = json.loads((target / "manifest.json").read_text())
    manifest["macros"]["shop.latest"]["meta"] = {"point_in_time": {"trust": "codes never change"}}
    (target / "manifest.json").write_text(json.dumps(manifest))
    found = checking.check(target)
    assert found.ok and "  macro latest: codes never change" in str(found)


@pytest.mark.parametrize("when", ["pre-hook", "post-hook"])
@pytest.mark.parametrize("hook", HARMFUL_HOOKS.values(), ids=HARMFUL_HOOKS.keys())
def test_hooks_that_change_rows(tmp_path: Path, hook: str, when: str) -> None:
    assert "a hook changes rows, or may" in str(outcome(tmp_path, config={when: [{"sql": hook}]}))


@pytest.mark.parametrize("hook", HARMLESS_HOOKS.values(), ids=HARMLESS_HOOKS.keys())
def test_hooks_that_do_not(tmp_path: Path, hook: str) -> None:
    found = outcome(tmp_path, config={"post-hook": [{"sql": hook}]})
    assert found.ok, str(found)


def test_a_header(tmp_path: Path) -> None:
    assert "its sql_header runs before the query" in str(outcome(tmp_path, config={"sql_header": "set x = 1"}))


@pytest.mark.parametrize(
    ("hook", "harmful"),
    [
        ("update feat_orders set orders = 0", True),
        ("{{ rewrite(ref('feat_orders')) }}", True),
        ("create or replace table {{ source('shop', 'orders') }} as select 1", True),
        ("{{ rewrite_by_query('x') }}", True),
        ("{{ rewrite(var('table')) }}", True),
        ("insert into audit.runs values (1)", False),
        ("{{ rewrite('elsewhere') }}", False),
        ("{{ insitu.drop_left_over_tables(this) }}", False),
    ],
)
@pytest.mark.parametrize("when", ["on-run-start", "on-run-end", "another model"])
def test_hooks_of_the_run_and_of_others(tmp_path: Path, hook: str, harmful: bool, when: str) -> None:
    if when == "another model":
        found = outcome(tmp_path, models={"other": {"sql": "select 1 as x", "config": {"post-hook": [{"sql": hook}]}}})
    else:
        found = outcome(tmp_path, run={when: hook})
    assert found.ok is not harmful, str(found)
    assert not harmful or "may change rows of" in found.problems[0]


def test_another_model_that_writes_by_a_query(tmp_path: Path) -> None:
    raw = "{% do run_query('update feat_orders set orders = 0') %}select 1 as x"
    assert "its Jinja may change rows of feat_orders" in str(
        outcome(tmp_path, models={"other": {"sql": "select 1 as x", "raw": raw}})
    )


@pytest.mark.parametrize(
    ("name", "harmful"),
    [("duckdb__create_table_as", True), ("create_table_as", True), ("materialization_table_duckdb", True), ("materialization_mine_duckdb", False),
     ("default__get_merge_sql", True), ("generate_schema_name", False), ("default__dateadd", False), ("cents", False)],
)  # fmt: skip
def test_macros_in_the_place_of_dbts_own(tmp_path: Path, name: str, harmful: bool) -> None:
    paths = {
        "create_table_as": "macros/relations/table/create.sql", "default__create_table_as": "macros/relations/table/create.sql",
        "get_merge_sql": "macros/materializations/models/incremental/merge.sql", "materialization_table_default": "macros/materializations/models/table.sql",
        "generate_schema_name": "macros/get_custom_name/get_custom_schema.sql", "dateadd": "macros/utils/dateadd.sql",
    }  # fmt: skip
    models = {"feat_orders": {"sql": GOOD, "point_in_time": FEATURES, "config": {"materialized": "table"}}}
    text = f"{{% macro {name}(a) %}}x{{% endmacro %}}"
    target = write(
        tmp_path,
        RELATIONS,
        models,
        {f"dbt.{n}": "{% macro x() %}{% endmacro %}" for n in paths} | {f"shop.{name}": text},
    )
    manifest = json.loads((target / "manifest.json").read_text())
    for n, path in paths.items():
        manifest["macros"][f"dbt.{n}"]["original_file_path"] = path
    (target / "manifest.json").write_text(json.dumps(manifest))
    found = checking.check(target)
    assert found.ok is not harmful, str(found)
    assert not harmful or f"the macro {name} takes part in making tables" in str(found)
