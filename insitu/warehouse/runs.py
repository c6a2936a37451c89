"""The moments that dbt was run for, as `ml_runs` has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from insitu.moments import utc_now
from insitu.warehouse.connection import Warehouse

SET_BACK = "`dbt build --full-refresh` for the moment that is meant sets it back, and keeps what was trained and scored"


@dataclass(frozen=True)
class NewestRun:
    """The newest moment that a use case was run for: up to then is what people read."""

    as_of: datetime
    has_come: bool  # by the clock

    def beside(self, as_of: str) -> str | None:
        """What somebody should know who runs for another moment, in words; None where there is nothing to say."""
        if self.as_of <= datetime.fromisoformat(as_of):
            return None
        told = f"this run is for {as_of}, and there was one for {self.as_of}: what people read stays that of then"
        return told + ("" if self.has_come else f", though it has not come yet. {SET_BACK}") + "."


def newest_run(warehouse: Warehouse, runs: str, use_case: str) -> NewestRun | None:
    """The newest moment of all runs of a use case; None where there was none.

    Args:
        runs: the relation of `ml_runs`, quoted; it must be there.
    """
    found = warehouse.query(f"select max(as_of) as as_of from {runs} where use_case = ?", [use_case])
    moment = found.column(0)[0].as_py()
    return NewestRun(moment, moment <= utc_now()) if moment else None
