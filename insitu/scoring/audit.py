"""Predictions computed again from the registered models: is what is written what the models say?

Whoever may add predictions may add made-up ones. What they are compared with is written by others: the registry, and
the features that were logged when a batch was scored, which the scorer's role cannot write.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from insitu.config import UseCase, parse
from insitu.errors import InsituError
from insitu.nodes.predict import BATCH_ROWS
from insitu.nodes.scores import score_batches, score_fields
from insitu.quoting import identifier, literal
from insitu.registry.model import Model
from insitu.warehouse import Project, Warehouse, connect
from insitu.warehouse.catalog import existing_relations

TOLERANCE = 1e-9  # relative; the last digit of a linear model's score depends on a row's place in its batch
WRITTEN = "written "  # before the names of what was written, which stands beside the features


@dataclass(frozen=True)
class Audit:
    """What was compared, and what is not as the models say."""

    use_case: str
    batches: int
    rows: int
    findings: list[str]


@dataclass(frozen=True)
class Batch:
    """A kept batch; one of several versions or moments is several."""

    batch_id: str
    batch_as_of: Any
    model_version: str

    def __str__(self) -> str:
        return f"batch {self.batch_id} ({self.batch_as_of}, {self.model_version})"


def audit(project: Project, use_case: str, rows: int | None = 1000) -> Audit:
    """Compute predictions of every kept batch again.

    Args:
        project: the built dbt project.
        use_case: its name.
        rows: how many of each batch, chosen anew by chance each time; None for all.

    Raises:
        InsituError: the use case has no predictions yet.
    """
    config = parse(project.use_case_config(use_case), use_case)
    with connect(project) as warehouse:
        auditor = _Auditor(project, warehouse, use_case, config)
        batches, compared, findings = auditor.batches(), 0, []
        for batch in batches:
            n_rows, found = auditor.compare(batch, rows)
            compared += n_rows
            findings += [f"{batch}: {finding}" for finding in found]
    return Audit(use_case, len(batches), compared, findings)


class _Auditor:
    def __init__(self, project: Project, warehouse: Warehouse, use_case: str, config: UseCase) -> None:
        self.warehouse, self.use_case, self.config = warehouse, use_case, config
        there = existing_relations(warehouse)
        self.relation = {
            part: project.relation(f"{use_case}__{part}")
            for part in ("predictions", "models", "scored_features", "features")
            if (node := project.models.get(f"{use_case}__{part}")) and (node["schema"], node["alias"]) in there
        }
        for part in ("predictions", "models", "features"):
            if part not in self.relation:
                raise InsituError(f"`{use_case}__{part}` is not built, so nothing can be computed again. dbt build")
        self.models: dict[str, Model | None] = {}

    def batches(self) -> list[Batch]:
        """The latest first."""
        found = self.warehouse.query(
            f"select distinct batch_id, batch_as_of, model_version from {self.relation['predictions']} "
            "order by batch_as_of desc, batch_id, model_version"
        )
        return [Batch(**row) for row in found.to_pylist()]

    def compare(self, batch: Batch, rows: int | None) -> tuple[int, list[str]]:
        """How many rows were compared, and what is wrong with the batch."""
        try:
            model = self._model(batch.model_version)
            if model is None:
                return 0, ["the version is not registered"]
            features, source = self._features(batch, model)
            compared, different = self._different(batch, model, features, rows)
        except InsituError as error:
            return 0, [f"it cannot be computed again: {error}"]
        findings = []
        if strangers := self._strangers(batch, features):
            findings.append(f"{strangers:,} rows are of nobody who is in {source}")
        if different:
            findings.append(f"{different:,} of {compared:,} scores are not what the model says of {source}")
        return compared, findings

    def _model(self, version: str) -> Model | None:
        if version not in self.models:
            found = self.warehouse.query(
                f"select * from {self.relation['models']} where model_version = ?", [version]
            ).to_pylist()
            self.models[version] = Model.from_row(found[0], "deployed", self.config.trusted_types) if found else None
        return self.models[version]

    def _features(self, batch: Batch, model: Model) -> tuple[str, str]:
        """A query for what the batch was scored from, and its name: as it was logged, or else as it is now."""
        if log := self.relation.get("scored_features"):
            columns = self.warehouse.sql(f"select * from {log}").columns
            own = f"select * from {log} where batch_id = {literal(batch.batch_id)}"
            if "features_hash" in columns:  # what is logged as a hash has no values
                own += " and features_hash is null"
            is_logged = set(model.signature.columns) <= set(columns)
            if is_logged and self.warehouse.query(f"select count(*) from ({own}) as f").column(0)[0].as_py():
                return own, "the logged features"
        return f"select * from {self.relation['features']}", "the features as they are now"

    def _written(self, batch: Batch) -> str:
        return (
            f"select * from {self.relation['predictions']} "
            f"where batch_id = {literal(batch.batch_id)} and model_version = {literal(batch.model_version)}"
        )

    def _same_row(self) -> str:
        return " and ".join(f"f.{identifier(name)} = p.{identifier(name)}" for name in self.config.key)

    def _strangers(self, batch: Batch, features: str) -> int:
        found = self.warehouse.query(
            f"select count(*) from ({self._written(batch)}) as p "
            f"where not exists (select 1 from ({features}) as f where {self._same_row()})"
        )
        return int(found.column(0)[0].as_py())

    def _different(self, batch: Batch, model: Model, features: str, rows: int | None) -> tuple[int, int]:
        """How many rows were compared, and how many of them the model does not give."""
        fields = [field.name for field in score_fields(self.config)]
        written = ", ".join(f"p.{identifier(name)} as {identifier(WRITTEN + name)}" for name in fields)
        query = f"select f.*, {written} from ({self._written(batch)}) as p inner join ({features}) as f on "
        query += self._same_row()
        if rows is not None:
            # Whoever makes up a score must not know which ones are looked at.
            secret = literal(secrets.token_hex(8))
            chance = " || ".join([secret, *(f"cast(p.{identifier(name)} as text)" for name in self.config.key)])
            query += f" order by md5({chance}) limit {rows}"
        n_classes = len(model.signature.classes or []) if self.config.task == "multiclass" else 1
        compared = agreeing = 0
        reader = self.warehouse.sql(query).to_arrow_reader(BATCH_ROWS)
        for scored in score_batches(self.config, model, reader, f"{self.use_case}__features"):
            compared += scored.rows.num_rows // n_classes
            agreeing += int(_agree(scored.rows, scored.columns).sum())
        return compared, compared - agreeing


def _agree(rows: pa.RecordBatch, expected: dict[str, pa.Array]) -> np.ndarray[Any, Any]:
    """Where a row has the class, the score and the quantiles that are expected; a class is expected once a row."""
    agree = np.ones(rows.num_rows, dtype=bool)
    for name, values in expected.items():
        written = rows.column(WRITTEN + name)
        if name == "class":
            agree &= pc.fill_null(pc.equal(written.cast(pa.string()), values), False).to_numpy(zero_copy_only=False)
            continue
        found, said = (_numbers(column) for column in (written, values))
        near = np.abs(found - said) <= TOLERANCE * np.maximum(1.0, np.abs(said))
        agree &= near | (np.isnan(found) & np.isnan(said))
    return agree


def _numbers(column: pa.Array) -> np.ndarray[Any, Any]:
    """Missing is NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
