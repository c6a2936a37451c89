"""Collect the state of every use case from the warehouse's own tables."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from insitu.quoting import literal
from insitu.warehouse import Project, Warehouse
from insitu.warehouse.catalog import existing_relations
from insitu.warehouse.runs import newest_run

LAYERS = ("staging", "features", "training", "evaluation", "predictions", "actions", "monitoring")
PARTS = ("training_set", "scoring_set", "models", "metrics", "champion", "predictions", "outcomes")


@dataclass(frozen=True)
class UseCase:
    """One use case as analysts would describe it; times are UTC texts.

    Attributes:
        is_built: its registry is in the warehouse; all else is empty when it is not.
        missing: what is not built yet of the rest, which is then empty here.
        as_of: the `as_of` of the last build.
        latest_batch: the latest `as_of` that was ever scored.
        has_come: no run was for a moment that has not come yet, and which people read of until then.
        test_metrics: of the champion on the gapped test of the current snapshot, by name.
        test_is_estimate: the champion was fitted again on everything after its test.
        open_alerts: alert, subject, severity, message.
    """

    use_case: str
    is_built: bool = False
    missing: list[str] = field(default_factory=list)
    as_of: str | None = None
    champion: str | None = None
    champion_since: str | None = None
    champion_reason: str | None = None
    test_metrics: dict[str, float] = field(default_factory=dict)
    test_is_estimate: bool = False
    versions: int = 0
    failed_versions: int = 0
    predictions: int = 0
    latest_batch: str | None = None
    outcomes: int = 0
    open_alerts: list[dict[str, Any]] = field(default_factory=list)
    has_come: bool = True

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
    """Rows of the built tables, by layer, in the order of the pipeline; of the layers that the project tags."""
    built = built_models(project, warehouse)
    counts: dict[str, int] = {}
    for layer in LAYERS:
        nodes = [n for n in project.models.values() if layer in n["tags"] and n["config"]["materialized"] != "view"]
        names = [node["name"] for node in nodes if node["name"] in built]
        if nodes:
            counts[layer] = sum(_count(warehouse, project.relation(name)) for name in names)
    return counts


def use_case(project: Project, warehouse: Warehouse, name: str) -> UseCase:
    """The state of one use case."""
    built = built_models(project, warehouse)
    needed = {suffix: f"{name}__{suffix}" for suffix in PARTS} | {"alerts": "alerts"}
    missing = [model for model in needed.values() if model not in built]
    if needed["models"] in missing:
        return UseCase(name)

    def first(suffix: str, select: str) -> dict[str, Any]:
        """The first row of a query over a relation; an empty one if that is not built."""
        there = needed[suffix] not in missing
        return _first(warehouse, f"select {select} from {project.relation(needed[suffix])}") if there else {}

    champion = first("champion", "*")
    measured = champion and not {needed["metrics"], needed["training_set"]} & set(missing)
    metrics: list[dict[str, Any]] = (
        warehouse.query(
            f"""select metric, value from {project.relation(needed["metrics"])}
            where model_version = ? and split = 'test' and slice_column = 'all' and value is not null
                and snapshot_id = (select max(snapshot_id) from {project.relation(needed["training_set"])})
            order by metric""",
            [champion["model_version"]],
        ).to_pylist()
        if measured
        else []
    )
    estimates = (
        warehouse.sql(f"select * from {project.relation('ml_candidates')}") if "ml_candidates" in built else None
    )
    is_estimate = (
        estimates is not None
        and "test_is_estimate" in estimates.columns
        and estimates.filter(f"test_is_estimate and model_version = {literal(str(champion.get('model_version')))}")
        .limit(1)
        .fetchall()
    )
    versions = first("models", "count(*) as n, count(nullif(status, 'trained')) as failed")
    scored = first("predictions", "count(*) as n, max(batch_as_of) as latest")
    scoring = first("scoring_set", "max(batch_as_of) as as_of")
    run = newest_run(warehouse, project.relation("ml_runs"), name) if "ml_runs" in built else None
    alerts: list[dict[str, Any]] = (
        []
        if "alerts" in missing
        else warehouse.query(
            f"""select alert, subject, severity, message from {project.relation("alerts")}
            where use_case = ? order by severity, alert, subject""",
            [name],
        ).to_pylist()
    )
    return UseCase(
        use_case=name,
        is_built=True,
        missing=missing,
        as_of=_text(scoring.get("as_of") or scored.get("latest")),
        champion=champion.get("model_version"),
        champion_since=_text(champion.get("champion_since")),
        champion_reason=champion.get("reason"),
        test_metrics={row["metric"]: row["value"] for row in metrics},
        test_is_estimate=bool(is_estimate),
        versions=versions["n"],
        failed_versions=versions["failed"],
        predictions=scored.get("n", 0),
        latest_batch=_text(scored.get("latest")),
        outcomes=first("outcomes", "count(*) as n").get("n", 0),
        open_alerts=alerts,
        has_come=run is None or run.has_come,
    )


def _count(warehouse: Warehouse, relation: str) -> int:
    return int(_first(warehouse, f"select count(*) as n from {relation}")["n"])


def _first(warehouse: Warehouse, sql: str) -> dict[str, Any]:
    """The first row; an empty one when there is none."""
    rows: list[dict[str, Any]] = warehouse.query(sql).slice(0, 1).to_pylist()
    return rows[0] if rows else {}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
