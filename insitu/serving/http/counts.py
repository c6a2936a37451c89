"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Counts:
    """Counters of one service."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "insitu_requests", "Requests, by route and status.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "insitu_request_seconds",
            "From a request to its answer.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "insitu_predictions", "Rows that were scored.", ["use_case", "model_version"], registry=self.registry
        )
        self.dropped = Counter(
            "insitu_predictions_dropped",
            "Rows that were answered and not kept.",
            ["use_case"],
            registry=self.registry,
        )
        self.last = Counter(
            "insitu_predictions_last",
            "Rows that were answered with the last prediction of record.",
            ["use_case"],
            registry=self.registry,
        )
        self.pending = Gauge(
            "insitu_predictions_pending", "Rows that are kept and not in the warehouse yet.", registry=self.registry
        )
        self.delivered = Gauge(
            "insitu_predictions_delivered", "Rows taken to the warehouse by this process.", registry=self.registry
        )
        self.unsaid = Gauge(
            "insitu_shadow_failed", "Rows that a model in shadow could not score.", registry=self.registry
        )
        self.reachable = Gauge("insitu_warehouse_reachable", "1 if it answered last.", registry=self.registry)
        self.in_charge = Gauge(
            "insitu_model_in_charge",
            "1 for the model in charge.",
            ["use_case", "model_version"],
            registry=self.registry,
        )
