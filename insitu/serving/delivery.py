"""Takes predictions from the spool to the warehouse, into the tables of the batch scorer: each batch once."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import Any

import pyarrow as pa

from insitu.errors import InsituError
from insitu.nodes.ledger import Batch, as_table
from insitu.quoting import literal
from insitu.serving.deployed import Deployed, Deployments
from insitu.serving.spool import Assigned, Row, Spool
from insitu.warehouse import Project, connect
from insitu.warehouse.connection import Transaction, Warehouse

log = logging.getLogger("insitu.serving")


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
                    continue
                self.spool.remove(batch)
                self.delivered += len(batch.ids)
        if failed:
            raise failed[0]
        return sum(len(batch.ids) for batch in batches)

    def _write(self, warehouse: Warehouse, batch: Assigned, deployed: Deployed) -> None:
        relations = deployed.published.relations
        with warehouse.appending(relations["predictions"]) as transaction:
            known = f"select 1 from {relations['batches']} where batch_id = {literal(batch.batch_id)}"
            if transaction.query(known).num_rows:  # a commit of which nobody heard
                return
            schema = transaction.query(f"select * from {relations['predictions']} where 1 = 0").schema
            rows = _table(_predictions(batch), schema)
            keys = _table([row["key"] for row in batch.rows], schema.empty_table().select(deployed.config.key).schema)
            ledger = _ledger_row(batch, deployed)
            ledger.audit(deployed.config, _whole(keys), _whole(rows))
            ledger.close()
            transaction.append(relations["predictions"], rows.to_reader())
            transaction.append(relations["batches"], as_table([ledger]).to_reader())
            if self._may_write(transaction, relations["scored_features"]):
                _keep_features(transaction, batch, relations["scored_features"])

    def _may_write(self, transaction: Transaction, relation: str) -> bool:
        """The role of scorers may not, so that what they say can be held against it."""
        if self.project.credentials.type == "duckdb":
            return True
        asked = f"select has_table_privilege(current_user, {literal(relation)}, 'insert') as may"
        return bool(transaction.query(asked).column(0)[0].as_py())


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


def _ledger_row(batch: Assigned, deployed: Deployed) -> Batch:
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
        is_shadow=False,
        rows_due=len(batch.rows),
        predicted_at=datetime.fromisoformat(first),
    )
    applied = deployed.applied
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
