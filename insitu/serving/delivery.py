"""Takes predictions from the spool to the warehouse, into the tables of the batch scorer: each batch once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.moments import utc_now
from insitu.nodes.ledger import Batch, as_table
from insitu.quoting import literal
from insitu.serving.applied import Applied
from insitu.serving.deployed import Deployed, Deployments
from insitu.serving.spool import Assigned, Row, Spool
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Transaction, Warehouse

log = logging.getLogger("insitu.serving")
SOME = 200  # rows that a model in shadow scores at a time


class Delivery:
    """Empties a spool.

    Args:
        project: says where the warehouse is, and who writes.
        deployments: what the predictions were made by.
    """

    def __init__(self, project: Project, deployments: Deployments, spool: Spool) -> None:
        self.project, self.deployments, self.spool = project, deployments, spool
        self.stopped = threading.Event()
        self.delivered = 0
        self.failed = 0
        self.unsaid = 0  # rows that a model in shadow could not score

    def run(self, seconds: float) -> None:
        """Deliver again and again until `stopped`, and once more then; in a thread of its own."""
        while not self.stopped.wait(seconds):
            self.try_once()

    def try_once(self) -> bool:
        """Deliver what there is; what cannot be delivered stays."""
        try:
            self.once()
        except Exception as error:
            self.failed += 1
            log.warning("%s predictions wait for the warehouse: %s", self.spool.pending, error)
            return False
        return True

    def once(self) -> int:
        """Deliver what there is; how many rows. A batch that cannot be written does not hold up the others.

        Raises:
            InsituError: the warehouse cannot be written to now, or does not take a batch.
        """
        batches = [batch for batch in self.spool.assigned() if batch.use_case in self.deployments]
        if not batches:
            return 0
        failed: list[Exception] = []
        with connect(self.project, read_only=False) as warehouse:
            for batch in batches:
                try:
                    self._write(warehouse, batch, self.deployments[batch.use_case])
                except Exception as error:
                    failed.append(error)
                    warehouse.query("select 1")  # where it answers, something in the batch is not taken
                    self.spool.split(batch)
                    continue
                self.spool.remove(batch)
                self.delivered += len(batch.ids)
        if failed:
            raise failed[0]
        return sum(len(batch.ids) for batch in batches)

    def _write(self, warehouse: Warehouse, batch: Assigned, deployed: Deployed) -> None:
        relations = deployed.published.relations
        shadows = self._in_shadow(batch, deployed)  # before anything is locked
        with warehouse.appending(relations["predictions"]) as transaction:
            known = f"select 1 from {relations['batches']} where batch_id = {literal(batch.batch_id)}"
            if transaction.query(known).num_rows:  # a commit of which nobody heard
                return
            schema = transaction.query(f"select * from {relations['predictions']} where 1 = 0").schema
            parts = [_audited(batch, deployed.config, deployed.applied, schema, is_shadow=False)]
            for applied, rows in shadows:
                try:
                    parts.append(_audited(rows, deployed.config, applied, schema, is_shadow=True))
                except InsituError as error:
                    self._not_in_shadow(rows, error)
            keeps_features = self._may_write(transaction, relations["scored_features"])
            for part in parts:
                transaction.append(relations["predictions"], part.table.to_reader())
                transaction.append(relations["batches"], as_table([part.ledger]).to_reader())
                if keeps_features:
                    _keep_features(transaction, part.batch, relations["scored_features"])

    def _in_shadow(self, batch: Assigned, deployed: Deployed) -> list[tuple[Applied, Assigned]]:
        """What those in shadow say of the same rows. Who cannot is told of and left out: nobody waits for it."""
        found = []
        for applied in deployed.shadows:
            if applied.version == batch.model_version:
                continue
            # A caller gives the features of who is in charge; another model may want more.
            rows = [row for row in batch.rows if row["features"].keys() >= set(applied.model.signature.columns)]
            part = replace(
                batch,
                batch_id=sha256(f"{batch.batch_id}:{applied.version}:shadow".encode()).hexdigest()[:16],
                model_version=applied.version,
                rows=rows,
            )
            if len(rows) < len(batch.rows):
                self._not_in_shadow(part, "it wants features that were not given", len(batch.rows) - len(rows))
            try:
                if rows:
                    found.append((applied, replace(part, rows=_said_by(applied, rows))))
            except Exception as error:
                self._not_in_shadow(part, error)
        return found

    def _not_in_shadow(self, part: Assigned, why: object, count: int | None = None) -> None:
        count = len(part.rows) if count is None else count
        self.unsaid += count
        log.error("%s: %s in shadow does not score %s rows: %s", part.use_case, part.model_version, count, why)

    def _may_write(self, transaction: Transaction, relation: str) -> bool:
        """The role of scorers may not, so that what they say can be held against it."""
        if self.project.credentials.type == "duckdb":
            return True
        asked = f"select has_table_privilege(current_user, {literal(relation)}, 'insert') as may"
        return bool(transaction.query(asked).column(0)[0].as_py())


@dataclass(frozen=True)
class Part:
    """A batch as it is written."""

    batch: Assigned
    table: pa.Table
    ledger: Batch


def _audited(batch: Assigned, config: UseCase, applied: Applied | None, schema: pa.Schema, is_shadow: bool) -> Part:
    """Raises InsituError: its scores are none that a model can have made."""
    table = _table(_predictions(batch), schema)
    keys = _table([row["key"] for row in batch.rows], schema.empty_table().select(config.key).schema)
    ledger = _ledger_row(batch, applied, is_shadow)
    ledger.audit(config, _whole(keys), _whole(table))
    ledger.close()
    return Part(batch, table, ledger)


def _said_by(applied: Applied, rows: Sequence[Row]) -> list[Row]:
    """The same rows with the scores of another model."""
    found: list[Row] = []
    for start in range(0, len(rows), SOME):
        some = rows[start : start + SOME]
        said = {"predicted_at": utc_now().isoformat(sep=" "), "artifact_sha256": applied.artifact_sha256}
        scores = applied.scores([row["features"] for row in some])
        found += [{**row, **said, "scores": each} for row, each in zip(some, scores, strict=True)]
        time.sleep(0)  # requests go first
    return found


def _predictions(batch: Assigned) -> list[Row]:
    """The rows of the table of predictions; in a multiclass task one for each class."""
    found = []
    for row in batch.rows:
        own = {**row["key"], "batch_id": batch.batch_id, "batch_as_of": batch.batch_as_of}
        own |= {"model_version": batch.model_version, "predicted_at": row["predicted_at"]}
        scores = row["scores"]
        if "probabilities" in scores:
            found += [{**own, "class": name, "score": value} for name, value in scores["probabilities"].items()]
        else:
            found.append({**own, **scores})
    return found


def _table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    arrays = [_array([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.table(arrays, names=schema.names)


def _whole(table: pa.Table) -> pa.RecordBatch:
    return table.combine_chunks().to_batches()[0]


def _array(values: list[Any], type_: pa.DataType) -> pa.Array:
    """Values of JSON as a column's type; as text where Arrow has none for it."""
    if isinstance(type_, pa.OpaqueType):
        type_ = type_.storage_type
    if pa.types.is_timestamp(type_):
        return pa.array([value and datetime.fromisoformat(value) for value in values], pa.timestamp("us")).cast(type_)
    if pa.types.is_date(type_):
        return pa.array([value and datetime.fromisoformat(value).date() for value in values], type_)
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return pa.array([value if value is None else str(value) for value in values], type_)
    if pa.types.is_decimal(type_):
        return pa.array([value if value is None else str(value) for value in values], pa.string()).cast(type_)
    return pa.array(values).cast(type_) if any(value is not None for value in values) else pa.nulls(len(values), type_)


def _ledger_row(batch: Assigned, applied: Applied | None, is_shadow: bool) -> Batch:
    first = min(row["predicted_at"] for row in batch.rows)
    shas = {row["artifact_sha256"] for row in batch.rows}
    if len(shas) > 1:
        raise InsituError(f"`{batch.model_version}` had other bytes within one batch; `insitu score verify` says more.")
    ledger = Batch(
        batch_id=batch.batch_id,
        batch_as_of=datetime.fromisoformat(batch.batch_as_of),
        model_version=batch.model_version,
        artifact_sha256=shas.pop(),
        scoring_set_id="requests",
        is_shadow=is_shadow,
        rows_due=len(batch.rows),
        predicted_at=datetime.fromisoformat(first),
    )
    if applied is not None and applied.version == batch.model_version:
        given = applied.columns([row["features"] for row in batch.rows])
        ledger.inputs.add(applied.batch(given), applied.model.signature.features)
    return ledger


def _keep_features(transaction: Transaction, batch: Assigned, relation: str) -> None:
    """What the predictions were made from, for parity; not where a hash of it is kept."""
    schema = transaction.query(f"select * from {relation} where 1 = 0").schema
    if "features_hash" in schema.names:
        return
    own = {"batch_id": batch.batch_id, "batch_as_of": batch.batch_as_of}
    rows = [{**row["features"], **row["key"], **own} for row in batch.rows]
    transaction.append(relation, _table(rows, schema).to_reader())
