"""Prometheus metrics, in a registry of their own. Labels name models, routes and keys.

A key by its name in the settings, never by itself; and no label has anything of a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from crosslate.models.engine.request import GenerationOutput
from crosslate.models.engine.stats import EngineStats
from crosslate.service.serving.engine_metrics import EngineCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MODEL_LABELS = ("model_name", "task")

# vLLM's buckets for the first token: its set for whole requests starts at 0.3 s, too late for a sentence.
SECONDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5,
    0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0,
)  # fmt: skip
TOKENS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)

Snapshot = Sequence[Metric]
"""What one process has counted: plain data, sent between replicas."""


class ModelLabels(NamedTuple):
    """The labels of everything that concerns one model, in the order of `MODEL_LABELS`."""

    model_name: str
    task: str


class ServiceMetrics:
    """Everything that one process counts, under the prefix `crosslate_`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._engines = EngineCollector(MODEL_LABELS)
        self._registry.register(self._engines)
        self._http_requests = self._counter(
            "http_requests", "HTTP requests answered.", ("method", "route", "status")
        )
        self._success = self._counter(
            "request_success", "Sequences finished.", (*MODEL_LABELS, "finished_reason")
        )
        self._prompt_tokens = self._counter("prompt_tokens", "Source tokens of finished sequences.")
        self._generation_tokens = self._counter("generation_tokens", "Tokens of finished sequences.")
        self._characters = self._counter(
            "characters", "Characters of texts, in code points.", (*MODEL_LABELS, "direction")
        )
        self._alignments = self._counter(
            "alignment_requests", "Texts answered with an alignment.", (*MODEL_LABELS, "level")
        )
        self._guard = self._counter(
            "repetition_guard",
            "Outputs that were found fault with: reason repetition, copy, too_long, too_short, doubled, "
            "added, lost, numbers or unsupported; outcome replaced or kept after a second try, or warned.",
            (*MODEL_LABELS, "reason", "outcome"),
        )
        self._key_requests = self._counter(
            "key_requests", "Requests let in, by the name of the key.", ("key",)
        )
        self._key_characters = self._counter(
            "key_characters", "Characters of requests let in, by the name of the key.", ("key",)
        )
        self._quota_rejections = self._counter(
            "quota_rejections",
            "Requests refused for what their key had used: reason quota_exceeded or rate_limited.",
            ("key", "reason"),
        )
        self._store_failures = Counter(
            "crosslate_store_failures",
            "Tries to write usage to the store that failed; what was counted is kept for the next one.",
            registry=self._registry,
        )
        self._documents = self._counter(
            "documents", "Documents that ended: state done or failed.", ("state",)
        )
        self._notices = self._counter(
            "warnings", "Warnings of answers, by their code.", (*MODEL_LABELS, "code")
        )
        self._e2e = self._histogram(
            "e2e_request_latency_seconds", "From a request to its answer; for each text."
        )
        self._first_token = self._histogram("time_to_first_token_seconds", "Of streamed sequences.")
        self._inter_token = self._histogram("inter_token_latency_seconds", "Of streamed sequences.")
        self._queue = self._histogram("request_queue_time_seconds", "Sequences: waiting for a slot.")
        self._prefill = self._histogram("request_prefill_time_seconds", "Sequences: encoding the source.")
        self._decode = self._histogram("request_decode_time_seconds", "Sequences: decoding the output.")
        self._prompt = self._histogram("request_prompt_tokens", "Source tokens of a sequence.", TOKENS)
        self._generation = self._histogram("request_generation_tokens", "Tokens of an output.", TOKENS)
        self._confidence = Histogram(
            "crosslate_detect_confidence",
            "Confidence of language detection.",
            buckets=CONFIDENCE,
            registry=self._registry,
        )
        self._load_seconds = Gauge(
            "crosslate_model_load_seconds",
            "Time from start to the model's first answer.",
            MODEL_LABELS,
            registry=self._registry,
        )

        self._replicas_wanted = Gauge(
            "crosslate_replicas_wanted",
            "Replicas that are to have the model, by the settings; crosslate_engines has one series of each.",
            MODEL_LABELS,
            registry=self._registry,
        )
        for state in ("done", "failed"):
            self._documents(state)  # `rate` and `increase` see nothing of what a series begins with

    def watch_key(self, key_name: str) -> None:
        """Have the series of a key before anything is counted for it, as those of documents are."""
        self._key_requests(key_name)
        self._key_characters(key_name)
        for reason in ("quota_exceeded", "rate_limited"):
            self._quota_rejections(key_name, reason)

    def watch_engine(self, labels: ModelLabels, stats: Callable[[], EngineStats]) -> None:
        """Export this engine's state at each scrape."""
        self._engines.sources[labels] = stats

    def observe_http(self, method: str, route: str, status: int) -> None:
        """One answered HTTP request; `route` is the template, not the path."""
        self._http_requests(method, route, str(status)).inc()

    def observe_output(self, labels: ModelLabels, output: GenerationOutput) -> None:
        """One sequence that the engine finished."""
        num_tokens = sum(len(hypothesis.token_ids) for hypothesis in output.hypotheses)
        self._success(*labels, output.finish_reason.value).inc()
        self._prompt_tokens(*labels).inc(output.num_source_tokens)
        self._generation_tokens(*labels).inc(num_tokens)
        self._prompt(*labels).observe(output.num_source_tokens)
        self._generation(*labels).observe(num_tokens)
        self._queue(*labels).observe(output.queue_s)
        self._prefill(*labels).observe(output.encode_s)
        self._decode(*labels).observe(output.decode_s)

    def observe_first_token(self, labels: ModelLabels, seconds: float) -> None:
        """From the request to the first token of a stream."""
        self._first_token(*labels).observe(seconds)

    def observe_inter_token(self, labels: ModelLabels, seconds: float) -> None:
        """From one token of a stream to the next."""
        self._inter_token(*labels).observe(seconds)

    def observe_text(
        self, labels: ModelLabels, seconds: float, num_source: int, num_target: int, alignment: str
    ) -> None:
        """One translated text, its characters in and out, and the alignment it came with."""
        self._e2e(*labels).observe(seconds)
        self._characters(*labels, "source").inc(num_source)
        self._characters(*labels, "target").inc(num_target)
        if alignment != "none":
            self.observe_alignment(labels, alignment)

    def observe_alignment(self, labels: ModelLabels, level: str) -> None:
        """One alignment, of a translation or of a given pair."""
        self._alignments(*labels, level).inc()

    def observe_verdict(self, labels: ModelLabels, reason: str, outcome: str) -> None:
        """One output that was degenerate, and what became of it."""
        self._guard(*labels, reason, outcome).inc()

    def observe_notice(self, labels: ModelLabels, code: str) -> None:
        """One warning of an answer."""
        self._notices(*labels, code).inc()

    def observe_detection(self, confidence: float) -> None:
        """One detected language."""
        self._confidence.observe(confidence)

    def observe_charge(self, key_name: str, num_characters: int) -> None:
        """One request that was let in with a key."""
        self._key_requests(key_name).inc()
        self._key_characters(key_name).inc(num_characters)

    def observe_quota_rejection(self, key_name: str, reason: str) -> None:
        """One request that was refused for what its key had used."""
        self._quota_rejections(key_name, reason).inc()

    def observe_document(self, state: str) -> None:
        """One that is finished, or cannot be."""
        self._documents(state).inc()

    def observe_store_failure(self) -> None:
        """One batch that could not be written, and will be tried again."""
        self._store_failures.inc()

    def observe_load(self, labels: ModelLabels, seconds: float) -> None:
        """One model, from start to its first answer."""
        self._load_seconds.labels(*labels).set(seconds)

    def want_replicas(self, labels: ModelLabels, number: int) -> None:
        """How many are to have the model, at the least."""
        self._replicas_wanted.labels(*labels).set(number)

    def snapshot(self) -> Snapshot:
        """The present values."""
        return list(self._registry.collect())

    def _counter(
        self, name: str, text: str, labels: tuple[str, ...] = MODEL_LABELS
    ) -> Callable[..., Counter]:
        """From labels to their counter, which is looked up once: a request has a dozen of them."""
        return cache(Counter(f"crosslate_{name}", text, labels, registry=self._registry).labels)

    def _histogram(
        self, name: str, text: str, buckets: tuple[float, ...] = SECONDS
    ) -> Callable[..., Histogram]:
        """As `_counter`."""
        full_name = f"crosslate_{name}"
        return cache(
            Histogram(full_name, text, MODEL_LABELS, buckets=buckets, registry=self._registry).labels
        )


def render_metrics(snapshots: Mapping[str, Snapshot]) -> bytes:
    """Prometheus text of several processes, told apart by the label `replica`.

    A load balancer hands each scrape to any replica, so the one that is asked answers for all:
    otherwise a counter would jump back and forth between the replicas' values.
    """
    families: dict[str, Metric] = {}
    for replica in sorted(snapshots):
        for metric in snapshots[replica]:
            family = families.setdefault(
                metric.name, Metric(metric.name, metric.documentation, metric.type, metric.unit)
            )
            family.samples.extend(_labelled(metric.samples, replica))
    return generate_latest(_Collected(families.values()))


def _labelled(samples: Iterable[Sample], replica: str) -> Iterator[Sample]:
    for sample in samples:
        if sample.name.endswith("_created"):
            continue  # when a series began says nothing that its values do not
        yield sample._replace(labels={**sample.labels, "replica": replica})


class _Collected(CollectorRegistry):
    """Metrics that are collected already, in the form that `generate_latest` takes."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        super().__init__()
        self._metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics
