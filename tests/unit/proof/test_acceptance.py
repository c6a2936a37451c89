"""The share of honest SQL that is proved, of the queries in benchmarks/acceptance_queries; and that they are SQL."""

from __future__ import annotations

import duckdb

from benchmarks import acceptance, acceptance_twins


def test_most_columns_are_proved_and_the_rest_says_why() -> None:
    found = list(acceptance.queries())
    columns = [c for query in found for c in query.result.columns]
    assert (len(found), len(columns)) == (11, 526)
    assert sum(query.proved for query in found) >= 500
    assert all(c.findings for c in columns if c.status != "proved")


def test_leaks_and_ties_are_among_them_and_stay_refused() -> None:
    refused = {
        (query.name, c.column): {f.code for f in c.findings}
        for query in acceptance.queries()
        for c in query.result.columns
        if c.findings
    }
    assert "002" in refused["stack_user_engagement", "badge_rarity"]  # a share among all badges there will ever be
    assert "002" in refused["stack_post_votes", "title_length"]  # the title that a post was given at any time
    assert "002" in refused["f1_driver_results", "past_1_laps_share"]  # the laps of drivers who are asked for later
    assert "002" in refused["amazon_product_value", "bias"]  # the mean of all products at all instants
    assert "007" in refused["hm_article_sales", "buyer_pause_week_1"]  # the purchase before, of several at one instant
    assert "007" in refused["amazon_customer_churn", "usual_category"]  # any of the most frequent


def test_duckdb_runs_them() -> None:
    connection = duckdb.connect()
    for name, relation in acceptance.relations().items():
        columns = ", ".join(f'"{column}" {type_}' for column, type_ in relation["columns"].items())
        connection.execute(f'create table "{name}" ({columns})')
    for query in acceptance.queries():
        names = [d[0] for d in connection.execute(query.sql).description or []]
        assert names == [c.column for c in query.result.columns], query.name


def test_leaking_twins_are_refused() -> None:
    """On made-up rows nothing differs that is called proved, of the queries and of twins that look further."""
    twins = list(acceptance_twins.twins(["f1_driver_results", "stack_post_votes", "trial_study_outcome"], sample=2))
    assert len(twins) >= 9
    assert not [(twin.name, twin.change, twin.proved & twin.leaking) for twin in twins if twin.is_missed]
    whole = {twin.name: twin for twin in twins if twin.change == "as it is"}
    leaking = [twin for twin in twins if twin.leaking - whole[twin.name].leaking]
    assert len(leaking) >= 3
    assert all(twin.proved < whole[twin.name].proved for twin in leaking)
