"""Is what is published what the ledger says? Each batch is held against its row, and put right if wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from insitu.config import UseCase, parse
from insitu.nodes import ledger
from insitu.quoting import identifier, identifiers, literal
from insitu.warehouse import Project, Warehouse, connect
from insitu.warehouse.connection import Transaction


@dataclass(frozen=True)
class Finding:
    """What is wrong with a batch, and what was or can be done about it."""

    batch_id: str
    model_version: str | None
    what: str
    repair: str | None = None  # what --repair does; None where people have to look
    is_repaired: bool = False

    def __str__(self) -> str:
        done = (
            f" (repaired: {self.repair})" if self.is_repaired else f" (--repair: {self.repair})" if self.repair else ""
        )
        return f"batch {self.batch_id} of {self.model_version}: {self.what}{done}"


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what was found."""

    use_case: str
    batches: int
    findings: list[Finding]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left to be done."""
        return all(finding.is_repaired for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"is_sound": self.is_sound}


def verify(project: Project, use_case: str, repair: bool = False) -> Verified:
    """Hold the predictions of a use case against its ledger and its registry.

    Args:
        project: the built dbt project.
        use_case: its name.
        repair: take out what was written twice, and have the ledger say what is there. Predictions that were written
            once stay, whatever the ledger says of them.
    """
    config = parse(project.use_case_config(use_case), use_case)
    relation = {name: project.relation(f"{use_case}__{name}") for name in ("predictions", "batches", "models")}
    question = _compared(config, relation)
    with connect(project, read_only=not repair) as warehouse:
        registered = _registered(warehouse, relation["models"])
        if not repair:
            rows = warehouse.query(question).to_pylist()
            return Verified(use_case, len(rows), [each for row in rows for each in _judged(row, registered)])
        with warehouse.appending(relation["predictions"]) as transaction:
            rows = transaction.query(question).to_pylist()
            found = [each for row in rows for each in _judged(row, registered)]
            for row in rows:
                _put_right(transaction, config, relation, row, registered)
        done = [replace(each, is_repaired=each.repair is not None) for each in found]
        return Verified(use_case, len(rows), done)


def _compared(config: UseCase, relation: Mapping[str, str]) -> str:
    """What is written of each batch, beside its row of the ledger: in one statement, which sees one state of both."""
    key = identifiers(*config.key)
    written = identifiers("batch_id", *_identity(config))
    return f"""
with by_key as (
    select
        {written},
        count(*) as copies,
        min(model_version) as model_version,
        max(model_version) as last_version,
        min(batch_as_of) as batch_as_of,
        min(predicted_at) as predicted_at,
        min(score) as min_score,
        max(score) as max_score
    from {relation["predictions"]}
    group by {written}
),

written as (
    select
        batch_id,
        cast(sum(copies) as bigint) as n_copies,
        count(*) as n_written,
        count(distinct ({key})) as n_rows,
        min(model_version) as model_version,
        max(last_version) as last_version,
        min(batch_as_of) as batch_as_of,
        min(predicted_at) as predicted_at,
        min(min_score) as min_score,
        max(max_score) as max_score
    from by_key
    group by batch_id
)

select
    coalesce(written.batch_id, kept.batch_id) as batch_id,
    coalesce(written.model_version, kept.model_version) as model_version,
    written.last_version,
    written.batch_as_of,
    written.predicted_at,
    written.n_copies,
    written.n_written,
    written.n_rows,
    written.min_score,
    written.max_score,
    kept.batch_id as kept_id,
    kept.model_version as kept_version,
    kept.artifact_sha256 as kept_artifact,
    kept.n_written as kept_written,
    kept.min_score as kept_min,
    kept.max_score as kept_max
from written
full join {relation["batches"]} as kept on written.batch_id = kept.batch_id
order by 1
"""


def _identity(config: UseCase) -> list[str]:
    return [*config.key, *(["class"] if config.task == "multiclass" else [])]


def _registered(warehouse: Warehouse, models: str) -> dict[str, dict[str, bool]]:
    """By version, the hashes of its artifacts, and whether their bytes still have them."""
    found: dict[str, dict[str, bool]] = {}
    versions = warehouse.query(f"select model_version from {models} where status = 'trained'").column(0).to_pylist()
    for version in versions:  # one at a time: artifacts may be large
        (row,) = warehouse.query(f"select * from {models} where model_version = ?", [version]).to_pylist()
        found[version] = {
            row[f"{name}_sha256"]: hashlib.sha256(bytes(row[name])).hexdigest() == row[f"{name}_sha256"]
            for name in ("artifact", "deployed_artifact")
            if row.get(name) is not None
        }
    return found


def _judged(row: Mapping[str, Any], registered: Mapping[str, Mapping[str, bool]]) -> list[Finding]:
    """What is wrong with a batch."""

    def finding(what: str, repair: str | None = None) -> Finding:
        return Finding(row["batch_id"], row["model_version"], what, repair)

    found = []
    if row["n_written"] is None:
        if row["kept_written"]:
            what = f"the ledger has {row['kept_written']:,} predictions, and none is there"
            found.append(finding(what, "its row is taken out of the ledger; what is still due is scored again"))
        return found
    if row["model_version"] != row["last_version"]:
        found.append(finding(f"it has predictions of `{row['last_version']}`, too"))
    if row["n_copies"] > row["n_written"]:
        what = f"{row['n_copies'] - row['n_written']:,} predictions are there more than once"
        found.append(finding(what, "one of each is kept"))
    if row["kept_id"] is None:
        found.append(finding("the ledger does not have it", "a row is added, with the status `found`"))
    elif row["kept_written"] != row["n_written"]:
        what = f"the ledger has {row['kept_written']:,} predictions, and {row['n_written']:,} are there"
        found.append(finding(what, "the ledger is given what is there, with the status `found`"))
    elif (row["kept_min"], row["kept_max"]) != (row["min_score"], row["max_score"]):
        found.append(finding("its scores are others than when they were written; `insitu score audit` says which"))
    known = registered.get(row["model_version"])
    if known is None:
        found.append(finding("its model is not registered"))
        return found
    if row["kept_artifact"] is not None and row["kept_artifact"] not in known:
        found.append(finding("the registry has another artifact for its model than the one that scored it"))
    if not all(known.values()):
        found.append(finding("the bytes of its model were changed after training: restore the row from a backup"))
    return found


def _put_right(
    transaction: Transaction,
    config: UseCase,
    relation: Mapping[str, str],
    row: Mapping[str, Any],
    registered: Mapping[str, Mapping[str, bool]],
) -> None:
    """Take out copies; have the ledger say what is there."""
    own = f"batch_id = {literal(row['batch_id'])}"
    if row["n_written"] is None:
        if row["kept_written"]:
            transaction.execute(f"delete from {relation['batches']} where {own}")
        return
    if row["n_copies"] > row["n_written"]:
        same = " and ".join(f"more.{name} = kept.{name}" for name in map(identifier, ["batch_id", *_identity(config)]))
        table, place = relation["predictions"], transaction.row_place
        transaction.execute(
            f"delete from {table} as more using {table} as kept "
            f"where more.{own} and kept.{own} and {same} and more.{place} > kept.{place}"
        )
    if row["kept_id"] is None:
        hashes = list(registered.get(row["model_version"], {}))
        known = {name: row[name] for name in ledger.SCHEMA.names if name in row}
        added = known | {
            "artifact_sha256": hashes[-1] if hashes else None,
            "is_shadow": 0,
            "status": ledger.FOUND,
        }
        transaction.append(relation["batches"], pa.Table.from_pylist([added], ledger.SCHEMA).to_reader())
    elif row["kept_written"] != row["n_written"]:
        scores = f"min_score = {_number(row['min_score'])}, max_score = {_number(row['max_score'])}"
        transaction.execute(
            f"update {relation['batches']} set n_written = {row['n_written']}, n_rows = {row['n_rows']}, {scores}, "
            f"status = {literal(ledger.FOUND)} where {own}"
        )


def _number(value: float | None) -> str:
    return "null" if value is None else f"cast({literal(repr(value))} as double precision)"
