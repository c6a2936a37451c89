"""The held-out metrics of the models compared, asked once and used by several sections."""

from dataclasses import dataclass
from typing import Any

from insitu.report.ask import Answer, Row
from insitu.report.context import Context


@dataclass(frozen=True)
class Metrics:
    """Overall metrics by model version, split and metric."""

    answer: Answer

    def row(self, model_version: str, split: str, metric: str) -> Row:
        """The row of one metric, empty if it was not measured."""
        for row in self.answer:
            if (row["model_version"], row["split"], row["metric"]) == (model_version, split, metric):
                return row
        return {}

    def value(self, model_version: str, split: str, metric: str) -> Any:
        """The value of one metric, None if it was not measured."""
        return self.row(model_version, split, metric).get("value")

    def names(self) -> list[str]:
        """The metrics that have a value somewhere, in the order of the table."""
        return list(dict.fromkeys(row["metric"] for row in self.answer if row["value"] is not None))


def overall(context: Context) -> Metrics:
    """The metrics over all rows of the held-out splits."""
    return Metrics(
        context.ask(
            """
            select model_version, split, metric, value, ci_low, ci_high, n_rows
            from {use__metrics}
            where snapshot_id = ? and slice_column = 'all'
            order by metric, model_version, split
            """,
            context.snapshot,
        )
    )
