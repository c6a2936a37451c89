"""Alarms where nothing is different, and findings where something is: a short run of benchmarks/experiments.py."""

from __future__ import annotations

from benchmarks.experiments import DAYS, counts, daily, effects
from tests.dbt.experiments.project import Statistics

EXPERIMENTS, PER_DAY, SEED = 400, 60, 3


def test_who_looks_every_day_is_not_misled(statistics: Statistics) -> None:
    found = statistics.run("looked", daily=daily(EXPERIMENTS, PER_DAY, 0.0, SEED)).set_index("day").astype(float)
    assert found["sequence_so_far"].max() <= 0.05
    assert found.loc[DAYS - 1, "fixed_now"] <= 0.08  # a single look is right, 5 % and noise
    assert found.loc[DAYS - 1, "fixed_so_far"] >= 0.2  # and misleads who looks every day


def test_effects_are_found(statistics: Statistics) -> None:
    powers = []
    for power, effect in effects(PER_DAY).items():
        rows = daily(EXPERIMENTS, PER_DAY, effect, SEED)
        last = statistics.run("looked", daily=rows).set_index("day").astype(float).loc[DAYS - 1]
        assert abs(last["fixed_now"] - power) < 0.08
        assert last["wrong_so_far"] == 0
        powers.append(last["sequence_so_far"])
    assert powers[0] < powers[1] < powers[2] and powers[2] > 0.5


def test_alarms_of_the_sample_ratio_are_rare(statistics: Statistics) -> None:
    fair = statistics.run("fallen", counted=counts(EXPERIMENTS, PER_DAY, 0.5, SEED)).set_index("day").astype(float)
    assert fair.loc[DAYS - 1, "fixed_now"] <= 0.03  # nominal: 1 %
    assert fair["sequence_so_far"].max() <= 0.01
    unfair = statistics.run("fallen", counted=counts(EXPERIMENTS, PER_DAY, 0.56, SEED)).set_index("day").astype(float)
    assert unfair.loc[DAYS - 1, "sequence_so_far"] > 0.9
