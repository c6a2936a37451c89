"""Which training snapshot is current."""

from dataclasses import dataclass
from datetime import datetime

from insitu.errors import InsituError
from insitu.quoting import literal
from insitu.warehouse.lazy_query import LazyQuery


@dataclass(frozen=True)
class Snapshot:
    """Identity of a training set's contents."""

    snapshot_id: str
    training_as_of: datetime

    @property
    def condition(self) -> str:
        """SQL condition that selects its rows from `<use_case>__snapshots`."""
        return f"snapshot_id = {literal(self.snapshot_id)}"


def current_snapshot(training_set: LazyQuery, use_case: str) -> Snapshot:
    """The snapshot that `<use_case>__training_set` holds.

    Raises:
        InsituError: the training set is empty.
    """
    found = training_set.project("snapshot_id, training_as_of").limit(1).fetchall()
    if not found:
        raise InsituError(
            f"`{use_case}__training_set` is empty: no label of a row on the spine had matured when models are trained. "
            "Choose a later `as_of`, or check `matured_at` of the labels."
        )
    return Snapshot(*found[0])
