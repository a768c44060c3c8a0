"""The figures of the dispatch as Prometheus reads them, counted anew for each question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ivig_care.nudges.models import DeliveryAttempt
from ivig_care.nudges.selectors import (
    BEAT,
    DISPATCH,
    LAST_RESORT,
    DispatchHealth,
    HourOfDeliveries,
    dispatch_health,
    hour_of_deliveries,
)


class _Collector(Collector):
    """Turns what the selectors know into metrics."""

    def __init__(self, health: DispatchHealth, hour: HourOfDeliveries) -> None:
        self._health = health
        self._hour = hour

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric; what each means is in docs/operations.md."""
        health, hour = self._health, self._hour
        yield _gauge("nudges_healthy", "1 when /healthz would answer 200", int(health.is_healthy))
        oldest = health.age_s(health.oldest_unsent_due_at) or 0.0
        yield _gauge("nudges_oldest_unsent_due_seconds", "For how long the oldest unsent due nudge has waited", oldest)
        yield _gauge("nudges_pending", "Deliveries that wait, those for later among them", health.pending)
        yield _gauge("nudges_sending", "Deliveries that a worker holds", health.sending)
        yield _gauges("heartbeat_age_seconds", "Since the last sign of life", "name", _ages(health))
        yield _gauges("deliveries_last_hour", "Deliveries begun in the last hour", "status", hour.by_status)
        yield _gauges("delivery_attempts_last_hour", "Tries in the last hour", "outcome", hour.attempts)
        unknown = hour.attempts[DeliveryAttempt.Outcome.UNKNOWN]
        yield _gauge("delivery_unknown_ends_last_hour", "Tries of which nobody knows whether they left", unknown)
        repeats = "Deliveries of the last hour that may have left twice"
        yield _gauge("delivery_possible_repeats_last_hour", repeats, hour.possible_repeats)


def metrics_text(now: datetime) -> bytes:
    """All metrics at `now`, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(dispatch_health(now), hour_of_deliveries(now)))
    return generate_latest(registry)


def _ages(health: DispatchHealth) -> dict[str, float]:
    """How old each heartbeat is; what never beat has none, and an alert must ask for that too."""
    parts = {BEAT: health.beat_at, DISPATCH: health.dispatch_at, LAST_RESORT: health.last_resort_at, **health.workers}
    ages = ((name, health.age_s(at)) for name, at in parts.items())
    return {name: age for name, age in ages if age is not None}


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)


def _gauges(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for value_of_label, value in values.items():
        family.add_metric([value_of_label], value)
    return family
