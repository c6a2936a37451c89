"""The faults that are planted in a macro, against those written down by hand."""

from __future__ import annotations

import pytest

from tools.mutation.sql import faults as sql
from tools.mutation.sql.regions import Regions


def planted(text: str) -> set[tuple[str, str]]:
    """Every fault in the text: its kind, and the text with it."""
    return {(fault.operator, fault.applied(text)) for fault in sql.faults(text)}


MACRO = """{#- What is sold < 3 times; a > b here is prose. -#}
{% macro sold(use_case) %}
{%- set sign = 1 if insitu.higher(use_case) else -1 -%}
select shop_id, max(sold_at) as last_sold_at  -- as of a < b
from {{ ref('sales') }}
left join shops on sales.shop_id = shops.shop_id
where sold_at <= {{ moment }}
    and note between 'a < b' and 'c'
{% if kept and not empty -%}
    and {{ "price > " ~ sign }}
{%- endif %}
{%- if lost %}{{ exceptions.raise_compiler_error("expected a < b") }}{% endif %}
group by shop_id
{% endmacro %}
"""
# kind of fault, what stands there, what stands there instead
FAULTS = [
    ("number", "sign = 1 if", "sign = 2 if"),
    ("number", "else -1", "else -2"),
    ("sign", "else -1", "else 1"),
    ("negation", "if insitu.higher(use_case) else", "if not (insitu.higher(use_case)) else"),
    ("aggregate", "max(", "min("),
    ("join kind", "left join", "inner join"),
    ("comparison", "sales.shop_id = shops", "sales.shop_id <> shops"),
    ("dropped condition", "sales.shop_id = shops.shop_id", "true"),
    ("boundary", "sold_at <= ", "sold_at < "),
    ("comparison", "sold_at <= ", "sold_at >= "),
    ("dropped condition", "sold_at <= {{ moment }}", "true"),
    ("dropped condition", "note between 'a < b' and 'c'", "true"),
    ("dropped condition", "kept and not", "kept or not"),
    ("negation", "not empty", "empty"),
    ("negation", "if kept and not empty -%}", "if not (kept and not empty) -%}"),
    ("dropped condition", '{{ "price > " ~ sign }}', "true"),
    ("boundary", "price > ", "price >= "),
    ("comparison", "price > ", "price < "),
    ("negation", "if lost %", "if not (lost) %"),
]


def test_all_faults_of_a_macro() -> None:
    assert all(MACRO.count(there) == 1 for _, there, _ in FAULTS)
    assert planted(MACRO) == {(kind, MACRO.replace(there, instead)) for kind, there, instead in FAULTS}


@pytest.mark.parametrize(
    ("text", "kind", "faults"),
    [
        ("select coalesce(a, f(b, c), 0) from t", "coalesce", ["select coalesce(a) from t"]),
        ("select nullif(f(a, b), 0) from t", "coalesce", ["select nullif(f(a, b)) from t"]),
        ("select count(distinct a) from t", "aggregate", ["select count(a) from t"]),
        ("a\nunion all\nb", "aggregate", ["a\nunion\nb"]),
        ("from a join b using (k)", "join kind", ["from a left join b using (k)"]),
        ("from a full outer join b using (k)", "join kind", ["from a left join b using (k)"]),
        ("from a cross join b", "join kind", []),
        ("from a asof left join b", "join kind", ["from a asof inner join b"]),
        ("order by a desc nulls last", "order", ["order by a nulls last", "order by a desc nulls first"]),
        ("select * from t", "sign", []),
        ("select a * b, count(*) from t", "sign", ["select a / b, count(*) from t"]),
        ("select a - b from t", "sign", ["select a + b from t"]),
        ("select f(-a) from t", "sign", ["select f(a) from t"]),
        ("where a is not null", "comparison", ["where a is null"]),
        ("where a is distinct from b", "comparison", ["where a <> b"]),
        ("where not exists (select 1 from t)", "negation", ["where exists (select 1 from t)"]),
        ("{% if a is not none %}{% endif %}", "comparison", ["{% if a is none %}{% endif %}"]),
        ("{{ insitu.f(a) | indent(4) }}", "number", []),
        ("{{ a[0] }}", "number", ["{{ a[1] }}"]),
        ("{{ f('12', \"it's 3\") }}", "number", []),
        ("on a.k = b.k or a.n > 1", "dropped condition", ["on true or a.n > 1", "on a.k = b.k or false"]),
        ("select distinct on (a) b", "dropped condition", []),
        (
            "case when a = 1 then 2 when b then 3 end",
            "dropped condition",
            ["case when false then 2 when b then 3 end", "case when a = 1 then 2 when false then 3 end"],
        ),
        (
            "where a in (select b from t where c) group by d",
            "dropped condition",
            ["where true group by d", "where a in (select b from t where true) group by d"],
        ),
        ("over (rows between 1 preceding and current row)", "dropped condition", []),
        ("where a\n{% if b %}and c{% endif %}", "dropped condition", ["where true\n{% if b %}and c{% endif %}",
                                                                      "where a\n{% if b %}and true{% endif %}"]),
    ],
)  # fmt: skip
def test_faults_of_one_kind(text: str, kind: str, faults: list[str]) -> None:
    assert planted(text) >= {(kind, fault) for fault in faults}
    assert sorted(fault for found, fault in planted(text) if found == kind) == sorted(faults)


def test_a_place_in_a_view_is_that_place_in_the_text() -> None:
    regions = Regions(MACRO)
    for view in (regions.sql(), regions.jinja(), regions.jinja_strings()):
        assert len(view) == len(MACRO)
        assert all(shown == there or shown in "\x01\x02\x03\x04 " for shown, there in zip(view, MACRO, strict=True))


@pytest.mark.parametrize("text", ["{% if a %}", "{{ a b }}", "{% macro f( %}{% endmacro %}"])
def test_what_is_no_jinja_is_no_mutant(text: str) -> None:
    assert not sql.is_jinja(text)
    assert sql.is_jinja(MACRO)
