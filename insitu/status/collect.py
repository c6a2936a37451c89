"""Collect the state of every use case from the warehouse's own tables."""

from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from insitu.warehouse import Project, Warehouse

LAYERS = ("staging", "features", "training", "evaluation", "predictions", "actions", "monitoring")


@dataclass(frozen=True)
class UseCase:
    """One use case as analysts would describe it."""

    use_case: str
    as_of: str | None
    champion: str | None
    champion_since: str | None
    champion_reason: str | None
    test_metrics: dict[str, float]
    versions: int
    predictions: int
    latest_batch: str | None
    outcomes: int
    open_alerts: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON would have it."""
        return asdict(self)


def layers(project: Project, warehouse: Warehouse) -> dict[str, int]:
    """Rows of the built tables, by layer, in the order of the pipeline."""
    counts: dict[str, int] = {}
    for layer in LAYERS:
        tables = [n for n in project.models.values() if layer in n["tags"] and n["config"]["materialized"] != "view"]
        counts[layer] = sum(
            _scalar(warehouse, f"select count(*) from {project.relation(node['name'])}") for node in tables
        )
    return counts


def use_case(project: Project, warehouse: Warehouse, name: str) -> UseCase:
    """The state of one use case."""

    def relation(suffix: str) -> str:
        return project.relation(f"{name}__{suffix}")

    champions = warehouse.query(f"select * from {relation('champion')}").to_pylist()
    champion = champions[0] if champions else {}
    metrics = warehouse.query(
        f"""select metric, value from {relation("metrics")}
        where model_version = ? and split = 'test' and slice_column = 'all' and value is not null
            and snapshot_id = (select max(snapshot_id) from {relation("training_set")})
        order by metric""",
        [champion.get("model_version", "")],
    )
    latest = warehouse.query(
        f"select count(*) as n, max(batch_as_of) as latest from {relation('predictions')}"
    ).to_pylist()[0]
    alerts = warehouse.query(
        f"select alert, severity, message from {project.relation('alerts')} where use_case = ? order by alert", [name]
    )
    return UseCase(
        use_case=name,
        as_of=_text(_scalar(warehouse, f"select max(batch_as_of) from {relation('scoring_set')}")),
        champion=champion.get("model_version"),
        champion_since=_text(champion.get("champion_since")),
        champion_reason=champion.get("reason"),
        test_metrics={row["metric"]: row["value"] for row in metrics.to_pylist()},
        versions=_scalar(warehouse, f"select count(*) from {relation('models')}"),
        predictions=int(latest["n"]),
        latest_batch=_text(latest["latest"]),
        outcomes=_scalar(warehouse, f"select count(*) from {relation('outcomes')}"),
        open_alerts=alerts.to_pylist(),
    )


def _scalar(warehouse: Warehouse, sql: str) -> Any:
    table: pa.Table = warehouse.query(sql)
    return table.column(0)[0].as_py()


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
