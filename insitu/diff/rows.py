"""Rows of two relations that are the same by their keys: which columns differ, which rows are in one of them only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from insitu.quoting import identifier, identifiers, literal
from insitu.warehouse.connection import Warehouse

NEAR = 1e-9  # relatively: the order of a sum
FINITE = "1e308"


@dataclass(frozen=True)
class Column:
    """A column that is another now."""

    name: str
    change: str  # new, gone, type or values
    n_different: int = 0
    largest_difference: float | None = None
    before: str = ""  # the type, or mean and share of what is missing
    after: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows that both have, and those that one has."""

    n_both: int
    n_entered: int
    n_left: int


def rows(warehouse: Warehouse, old: str, new: str, key: Sequence[str]) -> Rows:
    """How many rows of two relations meet."""
    found = warehouse.query(
        "select count(*) as n, sum(case when old_key = 1 and new_key = 1 then 1 else 0 end) as both, "
        "sum(case when old_key is null then 1 else 0 end) as entered, "
        f"sum(case when new_key is null then 1 else 0 end) as left_ from ({_joined(old, new, key, [])}) as joined"
    ).to_pylist()[0]
    return Rows(*(int(found[name] or 0) for name in ("both", "entered", "left_")))


def columns(warehouse: Warehouse, old: str, new: str, key: Sequence[str]) -> list[Column]:
    """The columns that are others in the rows that both have."""
    before, after = (warehouse.query(f"select * from {name} where 1 = 0").schema for name in (old, new))
    found = [Column(name, "new", after=str(after.field(name).type)) for name in after.names if name not in before.names]
    found += [
        Column(name, "gone", before=str(before.field(name).type)) for name in before.names if name not in after.names
    ]
    both = [name for name in before.names if name in after.names and name not in key]
    typed = [name for name in both if before.field(name).type != after.field(name).type]
    found += [
        Column(name, "type", before=str(before.field(name).type), after=str(after.field(name).type)) for name in typed
    ]
    compared = [name for name in both if name not in typed]
    if not compared:
        return found
    asked = []
    for place, name in enumerate(compared):
        one, other = f"old_{place}", f"new_{place}"
        is_number = pa.types.is_integer(before.field(name).type) or pa.types.is_floating(before.field(name).type)
        if is_number:
            finite = f"abs({one}) < {FINITE} and abs({other}) < {FINITE}"  # NaN is greater than any
            near = f"({finite} and abs({one} - {other}) <= {NEAR} * greatest(1, abs({one})))"
            asked.append(f"sum(case when {one} is not distinct from {other} or {near} then 0 else 1 end) as n_{place}")
            asked.append(f"max(case when {finite} then abs({one} - {other}) end) as d_{place}")
            means = [(side, f"abs({side}_{place}) < {FINITE}") for side in ("old", "new")]
            asked += [f"avg(case when {there} then {side}_{place} end) as {side}_mean_{place}" for side, there in means]
            missing = [(side, f"not coalesce({there}, false)") for side, there in means]
        else:
            asked.append(f"sum(case when {one} is distinct from {other} then 1 else 0 end) as n_{place}")
            asked += [f"null as {what}_{place}" for what in ("d", "old_mean", "new_mean")]
            missing = [(side, f"{side}_{place} is null") for side in ("old", "new")]
        asked += [
            f"avg(case when {is_missing} then 1.0 else 0.0 end) as {side}_missing_{place}"
            for side, is_missing in missing
        ]
    told = warehouse.query(
        f"select {', '.join(asked)} from ({_joined(old, new, key, compared)}) as joined "
        "where old_key = 1 and new_key = 1"
    ).to_pylist()[0]
    for place, name in enumerate(compared):
        if told[f"n_{place}"]:
            largest = told[f"d_{place}"]
            found.append(
                Column(
                    name,
                    "values",
                    int(told[f"n_{place}"]),
                    None if largest is None else float(largest),
                    *(
                        _distribution(told[f"{side}_mean_{place}"], told[f"{side}_missing_{place}"])
                        for side in ("old", "new")
                    ),
                )
            )
    return found


def _distribution(mean: float | None, missing: float | None) -> str:
    told = [] if mean is None else [f"mean {float(mean):.5g}"]
    return ", ".join([*told, f"{float(missing or 0):.1%} missing"])


def _joined(old: str, new: str, key: Sequence[str], compared: Sequence[str]) -> str:
    """A row for each key of either, with its values in both."""
    values = [
        f"{side}.{identifier(name)} as {side}_{place}" for place, name in enumerate(compared) for side in ("old", "new")
    ]
    same = " and ".join(f"old.{identifier(name)} = new.{identifier(name)}" for name in key)
    return (
        f"select {', '.join(['old.old_key', 'new.new_key', *values])} from (select *, 1 as old_key from {old}) as old "
        f"full join (select *, 1 as new_key from {new}) as new on {same}"
    )


def of_version(relation: str, version: str, key: Sequence[str]) -> str:
    """A version's test rows, as a relation; one that lies in the tests of two snapshots counts once."""
    return (
        f"(select {identifiers(*key)}, max(label) as label, avg(score) as score from {relation} "
        f"where model_version = {literal(version)} and split = 'test' group by {identifiers(*key)})"
    )
