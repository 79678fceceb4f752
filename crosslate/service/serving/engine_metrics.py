"""What engines are doing, in Prometheus' form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from crosslate.models.engine.request import FinishReason
from crosslate.models.engine.stats import ENCODER_BATCH_BOUNDS, EngineStats


class EngineCollector(Collector):
    """Reads the engines when asked, so that nothing needs to be kept in step.

    Args:
        label_names: of what tells the models apart.
    """

    def __init__(self, label_names: Sequence[str]) -> None:
        self._label_names = label_names
        self.sources: dict[Sequence[str], Callable[[], EngineStats]] = {}
        """By the labels' values."""

    def collect(self) -> Iterator[Metric]:
        """What there is now."""
        running = self._gauge("num_requests_running", "Sequences being decoded.")
        waiting = self._gauge("num_requests_waiting", "Sequences waiting for a slot.")
        batch = self._gauge("batch_current_size", "Rows that the last step decoded, beams apart.")
        padding = self._gauge("padding_ratio", "Share of the encoder's work that was padding.")
        tokens = HistogramMetricFamily(
            "crosslate_batch_tokens",
            "Source tokens encoded at once, padding included.",
            labels=self._label_names,
        )
        engines = self._gauge("engines", "Engines of the model; see crosslate_engines_healthy.")
        healthy = self._gauge("engines_healthy", "Engines that step: neither crashed nor hung.")
        failures = CounterMetricFamily(
            "crosslate_request_failure",
            "Sequences that ended without an output: reason error (the model failed), expired (past the time "
            "limit) or cancelled (the client left, or another part of its request failed).",
            labels=(*self._label_names, "reason"),
        )
        for labels, source in self.sources.items():
            stats = source()
            engines.add_metric(labels, stats.num_engines)
            healthy.add_metric(labels, stats.num_healthy)
            for reason, count in (
                ("error", stats.num_finished.get(FinishReason.ERROR, 0)),
                ("expired", stats.num_expired),
                ("cancelled", stats.num_cancelled),
            ):
                failures.add_metric((*labels, reason), count)
            running.add_metric(labels, stats.num_running)
            waiting.add_metric(labels, stats.num_waiting)
            batch.add_metric(labels, stats.batch_size)
            padding.add_metric(labels, stats.padding_ratio)
            tokens.add_metric(labels, _buckets(stats.encoder_batches), stats.num_padded_tokens)
        yield from (running, waiting, batch, padding, tokens, engines, healthy, failures)

    def _gauge(self, name: str, text: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"crosslate_{name}", text, labels=self._label_names)


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    """As Prometheus has them: each counts the smaller ones too, the last one everything."""
    bounds = [*map(str, map(float, ENCODER_BATCH_BOUNDS)), "+Inf"]
    return list(zip(bounds, itertools.accumulate(counts), strict=True))
