"""Collect the state of every use case from the warehouse's own tables."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations

LAYERS = ("staging", "features", "training", "evaluation", "predictions", "actions", "monitoring")


@dataclass(frozen=True)
class UseCase:
    """One use case as analysts would describe it; times are UTC texts.

    Attributes:
        is_built: its relations are in the warehouse; all else is empty when they are not.
        as_of: the `as_of` of the last build.
        latest_batch: the latest `as_of` that was ever scored.
        test_metrics: of the champion on the gapped test of the current snapshot, by name.
        open_alerts: alert, subject, severity, message.
    """

    use_case: str
    is_built: bool = False
    as_of: str | None = None
    champion: str | None = None
    champion_since: str | None = None
    champion_reason: str | None = None
    test_metrics: dict[str, float] = field(default_factory=dict)
    versions: int = 0
    failed_versions: int = 0
    predictions: int = 0
    latest_batch: str | None = None
    outcomes: int = 0
    open_alerts: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON would have it."""
        return asdict(self)

    @property
    def alert_counts(self) -> Counter[str]:
        """How many findings each alert has."""
        return Counter(alert["alert"] for alert in self.open_alerts)


def built_models(project: Project, warehouse: Warehouse) -> set[str]:
    """Names of the models whose table or view exists."""
    there = existing_relations(warehouse)
    return {name for name, node in project.models.items() if (node["schema"], node["alias"]) in there}


def layers(project: Project, warehouse: Warehouse) -> dict[str, int]:
    """Rows of the built tables, by layer, in the order of the pipeline."""
    built = built_models(project, warehouse)
    counts: dict[str, int] = {}
    for layer in LAYERS:
        nodes = [n for n in project.models.values() if layer in n["tags"] and n["config"]["materialized"] != "view"]
        names = [node["name"] for node in nodes if node["name"] in built]
        counts[layer] = sum(_count(warehouse, project.relation(name)) for name in names)
    return counts


def use_case(project: Project, warehouse: Warehouse, name: str) -> UseCase:
    """The state of one use case."""

    def relation(suffix: str) -> str:
        return project.relation(f"{name}__{suffix}")

    needed = ("training_set", "scoring_set", "models", "metrics", "champion", "predictions", "outcomes")
    if not {*(f"{name}__{suffix}" for suffix in needed), "alerts"} <= built_models(project, warehouse):
        return UseCase(name)
    champion = _first(warehouse, f"select * from {relation('champion')}")
    metrics = warehouse.query(
        f"""select metric, value from {relation("metrics")}
        where model_version = ? and split = 'test' and slice_column = 'all' and value is not null
            and snapshot_id = (select max(snapshot_id) from {relation("training_set")})
        order by metric""",
        [champion.get("model_version", "")],
    )
    versions = _first(
        warehouse, f"select count(*) as n, count(nullif(status, 'trained')) as failed from {relation('models')}"
    )
    scored = _first(warehouse, f"select count(*) as n, max(batch_as_of) as latest from {relation('predictions')}")
    scoring = _first(warehouse, f"select max(batch_as_of) as as_of from {relation('scoring_set')}")
    alerts = warehouse.query(
        f"""select alert, subject, severity, message from {project.relation("alerts")}
        where use_case = ? order by severity, alert, subject""",
        [name],
    )
    return UseCase(
        use_case=name,
        is_built=True,
        as_of=_text(scoring["as_of"] or scored["latest"]),
        champion=champion.get("model_version"),
        champion_since=_text(champion.get("champion_since")),
        champion_reason=champion.get("reason"),
        test_metrics={row["metric"]: row["value"] for row in metrics.to_pylist()},
        versions=versions["n"],
        failed_versions=versions["failed"],
        predictions=scored["n"],
        latest_batch=_text(scored["latest"]),
        outcomes=_count(warehouse, relation("outcomes")),
        open_alerts=alerts.to_pylist(),
    )


def _count(warehouse: Warehouse, relation: str) -> int:
    return int(_first(warehouse, f"select count(*) as n from {relation}")["n"])


def _first(warehouse: Warehouse, sql: str) -> dict[str, Any]:
    """The first row; an empty one when there is none."""
    rows: list[dict[str, Any]] = warehouse.query(sql).slice(0, 1).to_pylist()
    return rows[0] if rows else {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
