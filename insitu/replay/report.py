"""What a replay shows: metric and money over time, what each retraining cost and gained, alerts by the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from insitu.quoting import literal
from insitu.replay.log import Log
from insitu.warehouse import connect
from insitu.warehouse.connection import Warehouse

WEEKS_UP_TO = 70  # days; longer replays are told by the month


@dataclass(frozen=True)
class Period:
    """What came true of the predictions of a week or a month."""

    policy: str
    begins: date
    n_rows: int
    metric: float | None  # mean over its days, by rows
    money: float | None


@dataclass(frozen=True)
class Retraining:
    """A moment of training after the first."""

    policy: str
    trained_for: datetime
    promoted: str | None
    reason: str
    fit_seconds: float
    metric_gained: float | None  # against `never`, over the days until the next
    money_gained: float | None


@dataclass(frozen=True)
class Found:
    """All of it."""

    use_case: str
    metric: str
    periods: Sequence[Period]
    retrainings: Sequence[Retraining]
    seconds: Mapping[str, float]  # of all steps, by policy
    steps: Sequence[datetime]
    alerts: Mapping[str, Mapping[str, Sequence[datetime]]]  # when each was there, by policy and name

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Day:
    day: date
    n_rows: int
    metric: float | None
    money: float | None


def read(log: Log, use_case: str, metric: str, relations: Mapping[str, Mapping[str, str]]) -> Found:
    """What the replays of several policies have left.

    Args:
        relations: of `mon_performance`, `mon_business`, `promotions` and `models`, quoted, by policy and these names.
    """
    with connect(log.project) as warehouse:
        days = {policy: _days(warehouse, use_case, metric, own) for policy, own in relations.items()}
        steps = {policy: log.steps_of(warehouse, policy) for policy in relations}
        retrained = [
            each
            for policy, own in relations.items()
            for each in _retrainings(warehouse, policy, own, [step.trained_for for step in steps[policy]], days)
        ]
        alerts = {policy: _alerts(warehouse, log, policy) for policy in relations}
    moments = sorted({step.as_of for own in steps.values() for step in own})
    is_weekly = (moments[-1] - moments[0]).days <= WEEKS_UP_TO
    periods = [period for policy, own in days.items() for period in _periods(policy, own, is_weekly)]
    seconds = {policy: sum(step.seconds for step in own) for policy, own in steps.items()}
    return Found(use_case, metric, periods, retrained, seconds, moments, alerts)


def _days(warehouse: Warehouse, use_case: str, metric: str, own: Mapping[str, str]) -> list[_Day]:
    scored = warehouse.query(
        f"select day, sum(n_rows) as n_rows, sum(n_rows * value) / sum(n_rows) as value from {own['mon_performance']} "
        f"where use_case = {literal(use_case)} and metric = {literal(metric)} and value is not null group by day"
    ).to_pylist()
    money = warehouse.query(
        f"select day, realised_profit from {own['mon_business']} where use_case = {literal(use_case)}"
    ).to_pylist()
    earned = {row["day"]: row["realised_profit"] for row in money}
    return sorted(
        (_Day(row["day"], int(row["n_rows"]), float(row["value"]), earned.get(row["day"])) for row in scored),
        key=lambda day: day.day,
    )


def _periods(policy: str, days: Sequence[_Day], is_weekly: bool) -> list[Period]:
    grouped: dict[date, list[_Day]] = {}
    for day in days:
        begins = date.fromordinal(day.day.toordinal() - day.day.weekday()) if is_weekly else day.day.replace(day=1)
        grouped.setdefault(begins, []).append(day)
    return [Period(policy, begins, *_together(own)) for begins, own in grouped.items()]


def _together(days: Sequence[_Day]) -> tuple[int, float | None, float | None]:
    """Rows, mean metric by rows, and sum of the money."""
    n_rows = sum(day.n_rows for day in days)
    mean = sum(day.n_rows * day.metric for day in days if day.metric is not None) / n_rows if n_rows else None
    money = [float(day.money) for day in days if day.money is not None]
    return n_rows, mean, sum(money) if money else None


def _retrainings(
    warehouse: Warehouse,
    policy: str,
    own: Mapping[str, str],
    trained: Sequence[datetime],
    days: Mapping[str, Sequence[_Day]],
) -> list[Retraining]:
    moments = sorted(set(trained))
    found = []
    for moment, following in zip(moments[1:], [*moments[2:], datetime.max], strict=False):
        at = f"training_as_of = timestamp '{moment}'"
        decided = warehouse.query(
            f"select model_version, decision, reason from {own['promotions']} where {at} order by decided_at, "
            "case when decision = 'promoted' then 0 when reason like '%on validation%' then 2 else 1 end, model_version"
        ).to_pylist()
        best = next((row for row in decided if row["decision"] == "promoted"), decided[0] if decided else None)
        spent = warehouse.query(f"select sum(fit_seconds) as seconds from {own['models']} where {at}").to_pylist()
        since = {
            name: _together([day for day in lived if moment.date() <= day.day < following.date()])
            for name, lived in days.items()
            if name in (policy, "never")
        }
        (_, metric, money), (_, metric_never, money_never) = since[policy], since.get("never", (0, None, None))
        found.append(
            Retraining(
                policy,
                moment,
                best["model_version"] if best and best["decision"] == "promoted" else None,
                best["reason"] if best else "nothing was judged",
                float(spent[0]["seconds"] or 0),
                None if metric is None or metric_never is None else metric - metric_never,
                None if money is None or money_never is None else money - money_never,
            )
        )
    return found


def _alerts(warehouse: Warehouse, log: Log, policy: str) -> dict[str, list[datetime]]:
    rows = warehouse.query(
        f"select distinct alert, seen_at from {log.relation('alerts')} where policy = {literal(policy)} order by 1, 2"
    ).to_pylist()
    found: dict[str, list[datetime]] = {}
    for row in rows:
        found.setdefault(row["alert"], []).append(row["seen_at"])
    return found


# As tables

Table = tuple[list[str], list[list[str]]]  # heads and rows


def over_time(found: Found) -> Table:
    """Metric and money by week or month, a column for each policy."""
    policies = list(found.seconds)
    by = {(period.policy, period.begins): period for period in found.periods}
    rows = [
        [str(begins)]
        + [_number(by[policy, begins].metric if (policy, begins) in by else None, ".4f") for policy in policies]
        + [_number(by[policy, begins].money if (policy, begins) in by else None, ",.0f") for policy in policies]
        for begins in sorted({period.begins for period in found.periods})
    ]
    totals = []
    for policy in policies:
        own = [period.money for period in found.periods if period.policy == policy and period.money is not None]
        totals.append(_number(sum(own) if own else None, ",.0f"))
    heads = ["from", *(f"{found.metric} {policy}" for policy in policies), *(f"money {policy}" for policy in policies)]
    return heads, [*rows, ["all", *["" for _ in policies], *totals]]


def retrained(found: Found) -> Table:
    """What each retraining cost and gained."""
    rows = [
        [
            each.policy,
            f"{each.trained_for:%Y-%m-%d}",
            f"{each.fit_seconds:,.0f}",
            each.promoted or "nobody",
            _number(each.metric_gained, "+.4f"),
            _number(each.money_gained, "+,.0f"),
            each.reason,
        ]
        for each in found.retrainings
    ]
    return ["retrained", "for", "fit s", "promoted", f"{found.metric} gained", "money gained", "why"], rows


def time_line(found: Found, policy: str) -> list[list[str]]:
    """Each alert with a sign for each step."""
    return [
        [name, "".join("#" if step in set(seen) else "." for step in found.steps)]
        for name, seen in found.alerts.get(policy, {}).items()
    ]


GAINED = "Gained is against `never`, over the days until the next retraining."
LINES = "Alerts, a sign for each step: # where it was there."


def text(found: Found) -> str:
    """Tables for a terminal."""
    lines = [f"{found.use_case}: {len(found.steps):,} steps, {found.steps[0]} to {found.steps[-1]}", ""]
    lines += [*_aligned(*over_time(found)), ""]
    if found.retrainings:
        lines += [*_aligned(*retrained(found)), "", GAINED, ""]
    lines += [LINES, ""]
    for policy in found.seconds:
        alerts = time_line(found, policy)
        width = max((len(name) for name, _ in alerts), default=0)
        lines += [
            f"{policy}:" if alerts else f"{policy}: none",
            *(f"  {name:{width}}  {seen}" for name, seen in alerts),
        ]
    lines += ["", *(f"{policy}: {seconds:,.0f} s" for policy, seconds in found.seconds.items())]
    return "\n".join(lines)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [heads, *rows]
    ]
