"""What may be computed once for all days, by the SQL of models at several moments."""

from __future__ import annotations

from datetime import datetime

import pytest

from insitu.replay.once import ANEW, BY_ROWS, PROVED, SAME, SPINE, judged
from insitu.scoring.compiled import Model

FIRST, LAST = datetime(2024, 1, 5), datetime(2024, 3, 1)
NOW = "timestamp '{}'"


def model(name: str, template: str, moment: datetime, reads: tuple[str, ...] = (), **more: str | bool | None) -> Model:
    """A model whose template says `NOW` for the moment and `@name` for what it reads."""
    sql = template.replace("NOW", NOW.format(moment))
    for read in reads:
        sql = sql.replace(f"@{read}", f'"main"."{read}"')
        template = template.replace(f"@{read}", f"{{{{ ref('{read}') }}}}")
    told = {"materialized": "table", "kind": None, "is_python": False} | more
    return Model(
        id=name,
        name=name,
        relation=f'"main"."{name}"',
        materialized=str(told["materialized"]),
        is_kept=False,
        is_python=bool(told["is_python"]),
        reads=reads,
        kind=told["kind"],  # type: ignore[arg-type]
        as_of="as_of",
        template=template,
        sql=sql,
    )


def why(*models: tuple[str, str, tuple[str, ...], str | None], proved: tuple[str, ...] = ()) -> dict[str, str]:
    at = {
        moment: {
            name: model(name, template, moment, reads, kind=kind, is_python=kind == "python")
            for name, template, reads, kind in models
        }
        for moment in (FIRST, LAST)
    }
    return dict(judged(at, proved, "labels", "duckdb").why)


SPINE_ = ("spine", "select k, t as as_of from raw.events where t <= NOW", (), "spine")
STAGED = ("staged", "select * from raw.events", (), None)


def test_what_does_not_name_the_moment_is_the_same() -> None:
    over = ("over", "select * from @staged", ("staged",), "event")
    assert why(STAGED, over) == {"staged": SAME, "over": SAME}


def test_what_reads_another_day_is_not_the_same() -> None:
    recent = ("recent", "select * from raw.events where t > NOW", (), None)
    over = ("over", "select * from @recent", ("recent",), "event")
    assert why(recent, over) == {"recent": ANEW, "over": ANEW}


def test_features_of_a_spine_are_by_proof_or_by_their_sql() -> None:
    by_rows = ("by_rows", "select s.k, s.as_of, 1 as x from @spine as s", ("spine",), "features")
    ranked = ("ranked", "select k, as_of, row_number() over (order by as_of) as x from @spine", ("spine",), "features")
    assert why(SPINE_, by_rows, ranked) == {"spine": SPINE, "by_rows": BY_ROWS, "ranked": ANEW}
    assert why(SPINE_, by_rows, ranked, proved=("by_rows", "ranked"))["ranked"] == PROVED


def test_features_that_name_the_moment_are_computed_anew_though_somebody_says_they_are_proved() -> None:
    late = ("late", "select s.k, s.as_of, NOW as x from @spine as s", ("spine",), "features")
    assert why(SPINE_, late, proved=("late",))["late"] == ANEW


@pytest.mark.parametrize(("joined", "reason"), [("s.as_of = o.as_of and s.k = o.k", BY_ROWS), ("s.k = o.k", ANEW)])
def test_labels_are_judged_by_their_sql_alone(joined: str, reason: str) -> None:
    labels = ("labels", f"select s.k, s.as_of from @spine as s join @spine as o on {joined}", ("spine",), "labels")
    found = why(SPINE_, labels, proved=("labels",))
    assert found["labels"] == reason


def test_a_python_model_and_what_reads_it_are_computed_anew() -> None:
    made = ("made", "def model(dbt, session): ...", (), "python")
    assert why(made, ("over", "select * from @made", ("made",), "features"), proved=("over",))["over"] == ANEW
