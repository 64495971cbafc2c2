# SPDX-License-Identifier: Apache-2.0
"""Figures for a monitor: of requests in this process, and of the house when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from skontro.flow.figures import house_figures
from skontro.flow.house import House

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Figures of a service.

    Args:
        house: The house.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "skontro_request_seconds", "Time to answer, by method, route and status.",
            ["method", "route", "status"], buckets=_BOUNDS, registry=self._registry,
        )  # fmt: skip
        self._registry.register(self)

    def measure(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; routes by their pattern, so that no id stands in a figure."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures of the house as they are now."""
        with self.house.database.widened("figures"):
            figures = house_figures(self.house)
        waiting = GaugeMetricFamily(
            "skontro_waiting", "What waits: obligations for the other party, lines for a payer, "
            "acts for a second person.", labels=["what"],
        )  # fmt: skip
        for what, many in figures["waiting"].items():
            waiting.add_metric([what], many)
        yield waiting
        for name, words in (("jobs", "Work in the background."),
                            ("deliveries", "Deliveries to webhooks.")):  # fmt: skip
            counted = GaugeMetricFamily(f"skontro_{name}", words, labels=["state"])
            for state, many in figures[name].items():
                counted.add_metric([state], many)
            yield counted
        yield GaugeMetricFamily(
            "skontro_outbox_age_seconds", "How old the oldest event is that waits to be told.",
            value=figures["outbox_age_s"],
        )  # fmt: skip
        yield GaugeMetricFamily(
            "skontro_journal_imbalance", "Currencies in which the journal does not balance.",
            value=figures["unbalanced"],
        )  # fmt: skip
        if figures["cycle_s"] is not None:
            yield GaugeMetricFamily(
                "skontro_cycle_seconds", "From cut-off to the final run of the last cycle.",
                value=figures["cycle_s"],
            )  # fmt: skip
        off = GaugeMetricFamily(
            "skontro_set_off_points", "What the last final run set off.", labels=["unit"]
        )
        for unit, points in figures["set_off_points"].items():
            off.add_metric([unit], points)
        yield off

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: the house is not asked before somebody asks for figures."""
        return []

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self._registry)
