"""What there is of one use case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from insitu.api.champion import Champion
from insitu.api.rows import Rows
from insitu.config import parse
from insitu.errors import InsituError
from insitu.quoting import identifier, literal
from insitu.registry.model import Model

ARTIFACTS = ("artifact", "validation_artifact", "deployed_artifact")


@dataclass(frozen=True)
class UseCase:
    """One use case.

    Attributes:
        name: its name.
        config: its declaration, `meta.ml`.
    """

    name: str
    config: dict[str, Any]
    _read: Callable[[str, str, str], Rows]  # a model's rows: its name, a condition, an order

    def __repr__(self) -> str:
        return f"use case {self.name}"

    @property
    def _time(self) -> str:
        return identifier(str(self.config.get("as_of", "as_of")))

    def models(self) -> Rows:
        """The registry: one row per model version, the newest first, without the models' bytes."""
        rows = self._read(f"{self.name}__models", "", "created_at desc, model_version").table
        return Rows(rows.drop_columns([name for name in ARTIFACTS if name in rows.column_names]))

    def training_snapshot(self, snapshot_id: str | None = None) -> Rows:
        """The rows of a training snapshot: key, features, label, `split`.

        Args:
            snapshot_id: which; by default the one that the champion was trained on.

        Raises:
            insitu.errors.InsituError: there is none of that name, or no champion.
        """
        if snapshot_id is None:
            snapshot_id = str(self._champion_row()["snapshot_id"])
        rows = self._read(f"{self.name}__snapshots", f"snapshot_id = {literal(snapshot_id)}", self._time).table
        if rows.num_rows == 0:
            raise InsituError(
                f"`{self.name}__snapshots` has no snapshot `{snapshot_id}`; `models()` says which were trained on."
            )
        # Columns that were added after this snapshot are NULL in all its rows; its models did not have them.
        return Rows(rows.drop_columns([name for name in rows.column_names if rows[name].null_count == rows.num_rows]))

    def champion(self) -> Champion:
        """The model in charge, loaded after its bytes, its types and the versions of its libraries were checked.

        Raises:
            insitu.errors.InsituError: nobody is in charge, or the model is not what was registered.
        """
        row = self._champion_row()
        chosen = self._read(f"{self.name}__champion", "", "").table.to_pylist()[0]
        model = Model.from_row(row, "deployed", parse(self.config, self.name).trusted_types)
        return Champion(
            str(row["model_version"]), str(row["candidate"]), chosen["champion_since"], str(chosen["reason"]), model
        )

    def metrics(self, model_version: str | None = None) -> Rows:
        """Metrics on held-out rows, by snapshot, split, slice and metric.

        Args:
            model_version: of which version; by default of all.
        """
        condition = "" if model_version is None else f"model_version = {literal(model_version)}"
        order = "model_version, snapshot_id, split, slice_column, slice_value, metric"
        return self._read(f"{self.name}__metrics", condition, order)

    def predictions(self, since: datetime | None = None, until: datetime | None = None) -> Rows:
        """Predictions by their own as-of time (UTC), of all model versions.

        Args:
            since: the first as-of time.
            until: the as-of time before which they end.
        """
        bounds = [(">=", since), ("<", until)]
        conditions = [f"{self._time} {sign} {_moment(bound)}" for sign, bound in bounds if bound is not None]
        return self._read(f"{self.name}__predictions", " and ".join(conditions), f"{self._time}, batch_id")

    def outcomes(self) -> Rows:
        """Predictions whose label is known by now, with decision and label."""
        return self._read(f"{self.name}__outcomes", "", f"{self._time}, batch_id")

    def alerts(self, all_episodes: bool = False) -> Rows:
        """The open alert episodes; docs/monitoring.md says what they are.

        Args:
            all_episodes: also what is muted or resolved.
        """
        own = f"use_case = {literal(self.name)}"
        condition = own if all_episodes else f"{own} and state in ('opened', 'still_open', 'acknowledged')"
        return self._read("alert_episodes", condition, "severity, opened_at, alert, subject")

    def _champion_row(self) -> dict[str, Any]:
        """The champion's row of the registry."""
        found = self._read(f"{self.name}__champion", "", "").table.to_pylist()
        version = found[0]["model_version"] if found else None
        if version is None:
            raise InsituError(f"Nobody is in charge of `{self.name}`; `{self.name}__promotions` says why.")
        row: dict[str, Any] = self._read(
            f"{self.name}__models", f"model_version = {literal(str(version))}", ""
        ).table.to_pylist()[0]
        return row


def _moment(value: datetime) -> str:
    if value.tzinfo is not None:
        raise ValueError(f"{value} has a time zone; times are UTC, without one")
    return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
