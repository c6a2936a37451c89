"""Who is in charge when: promotions, pins, vetoes and the way back, moment by moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.dbt.bodies.project import AS_OF, Bodies, Row

JANUARY, FEBRUARY, MARCH = datetime(2024, 1, 1), datetime(2024, 2, 1), datetime(2024, 3, 1)
SECOND = timedelta(seconds=1)


def promoted(version: str, since: datetime, decision: str = "promoted", hour: int = 1) -> Row:
    found = {"use_case": "demo", "model_version": version, "training_as_of": since, "decision": decision}
    return found | {"reason": f"{version} won", "decided_at": since + timedelta(hours=hour)}


def override(kind: str, version: str, since: datetime, use_case: str = "demo") -> Row:
    return {"use_case": use_case, "model_version": version, "override": kind, "effective_from": since, "reason": kind}


# `a` of January, `b` of February; what was promoted for March later than as-of does not exist for anybody before.
PROMOTED = [promoted("a", JANUARY), promoted("b", FEBRUARY), promoted("loser", FEBRUARY, "rejected", 9)]
MOMENTS = [JANUARY - SECOND, JANUARY, FEBRUARY - SECOND, FEBRUARY, MARCH, AS_OF]

CASES: list[tuple[list[Row], list[str | None]]] = [
    ([], [None, "a", "a", "b", "b", "b"]),
    # a pin acts from its day on, exactly
    ([override("pin", "a", MARCH)], [None, "a", "a", "b", "a", "a"]),
    ([override("pin", "a", MARCH + SECOND)], [None, "a", "a", "b", "b", "a"]),
    # the last pin counts
    ([override("pin", "a", FEBRUARY), override("pin", "c", MARCH)], [None, "a", "a", "a", "c", "c"]),
    # a veto: back to the one before, or to nobody
    ([override("veto", "b", MARCH)], [None, "a", "a", "b", "a", "a"]),
    ([override("veto", "b", MARCH), override("veto", "a", AS_OF)], [None, "a", "a", "b", "a", None]),
    # a pin is stronger than a veto
    ([override("veto", "b", FEBRUARY), override("pin", "b", MARCH)], [None, "a", "a", "a", "b", "b"]),
    # of another use case, or of a kind that is none
    (
        [override("veto", "b", JANUARY, "value"), override("pin", "a", JANUARY, "value")],
        [None, "a", "a", "b", "b", "b"],
    ),
    ([override("note", "a", JANUARY)], [None, "a", "a", "b", "b", "b"]),
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_who_was_in_charge(bodies: Bodies, number: int) -> None:
    overrides, expected = CASES[number]
    tables = {
        "demo__promotions": PROMOTED,
        "promotion_overrides": overrides,
        "moments_asked": [{"moment": moment} for moment in MOMENTS],
    }
    found = {row["moment"]: row["model_version"] for row in bodies.run("asked", tables)}
    assert [found.get(moment) for moment in MOMENTS] == expected


def test_of_one_training_the_last_decision_counts(bodies: Bodies) -> None:
    tables = {
        "demo__promotions": [
            promoted("z", JANUARY, hour=1),
            promoted("y", JANUARY, hour=3),
            promoted("x", JANUARY, hour=2),
        ],
        "moments_asked": [{"moment": FEBRUARY}],
    }
    assert [row["model_version"] for row in bodies.run("asked", tables)] == ["y"]


def champion(bodies: Bodies, overrides: list[Row], status: str = "trained") -> list[dict[str, object]]:
    registry = [
        {"model_version": version, "candidate": version.upper(), "status": status, "training_as_of": since}
        | {"trained_rows": 7, "family": "tree"}
        for version, since in (("a", JANUARY), ("b", FEBRUARY))
    ]
    return bodies.run(
        "demo__champion",
        {
            "demo__models": registry,
            "demo__promotions": [
                *PROMOTED,
                promoted("c", datetime(2024, 4, 1)),
                promoted("loser", MARCH, "rejected"),  # changes nothing
            ],
            "promotion_overrides": overrides,
        },
    )


def test_the_champion_and_how_long_it_holds(bodies: Bodies) -> None:
    (found,) = champion(bodies, [])
    assert found == {
        "use_case": "demo",
        "model_version": "b",
        "candidate": "B",
        "family": "tree",
        "training_as_of": FEBRUARY,
        "trained_rows": 7,
        "champion_since": FEBRUARY,
        "reason": "b won",
        "holds_from": FEBRUARY,
        "holds_until": datetime(2024, 4, 1),
    }
    (found,) = champion(bodies, [override("pin", "a", MARCH), override("veto", "b", AS_OF + SECOND)])
    assert (found["model_version"], found["champion_since"], found["reason"]) == ("a", MARCH, "pin")
    assert (found["holds_from"], found["holds_until"]) == (MARCH, AS_OF + SECOND)
    (found,) = champion(bodies, [override("veto", "b", AS_OF)])
    assert (found["model_version"], found["holds_from"]) == ("a", AS_OF)


def test_no_champion_that_is_not_there(bodies: Bodies) -> None:
    assert champion(bodies, [override("pin", "unknown", MARCH)]) == []
    assert champion(bodies, [], status="failed") == []
