"""How fast a model translates or summarizes here: closed loops of a few widths, text in, text out."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crosslate.service.loading.local import LocalPipeline, Report, open_pipeline, settings_for
from crosslate.service.loading.model_choice import check_languages
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.summarization.types import SummaryRequest, SummaryResult
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.terminal.console import CommandError, UsageError

Ask = Callable[[str], Awaitable[TranslationResult | SummaryResult]]
"""Translates a text, or summarizes it."""

MIN_TEXTS = 16
TEXTS_PER_WORKER = 3

SENTENCES: Mapping[str, list[str]] = json.loads(
    Path(__file__).with_name("bench_sentences.json").read_text(encoding="utf-8")
)
"""By language; short and long ones mixed, as in running text."""


def nearest_rank(ordered: Sequence[float], quantile: float) -> float:
    """A quantile of values in increasing order, 0 to 1: one that was really seen, never one in between."""
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One closed loop: `num_workers` texts under way at all times."""

    num_workers: int
    num_texts: int
    wall_s: float
    latencies_s: tuple[float, ...]
    """Per text, in increasing order."""
    num_characters: int
    num_words: int
    """Of source text, as blanks divide it."""
    num_generation_tokens: int

    @property
    def texts_per_s(self) -> float:
        """Finished translations or summaries."""
        return self.num_texts / self.wall_s

    @property
    def characters_per_s(self) -> float:
        """Of source text."""
        return self.num_characters / self.wall_s

    @property
    def words_per_s(self) -> float:
        """Of source text."""
        return self.num_words / self.wall_s

    @property
    def tokens_per_s(self) -> float:
        """Generated, end tokens included."""
        return self.num_generation_tokens / self.wall_s

    def latency_s(self, quantile: float) -> float:
        """See `nearest_rank`."""
        return nearest_rank(self.latencies_s, quantile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure; None leaves it to the model and the built-in sentences."""

    source: str | None = None
    target: str | None = None
    num_workers: tuple[int, ...] = (1, 16, 64)
    num_texts: int | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What was measured, and how it went."""

    header: str
    task: Literal["translation", "summarization"]
    measurements: list[Measurement]


def run(plan: Plan, model: str | None, config: Path | None, report: Report) -> Benchmark:
    """Measure the named model, or the first configured one.

    Raises:
        UsageError: there are no texts for its languages, or it does not say which these are.
    """
    settings = settings_for(config, model)
    if plan.target is not None:
        asked = TranslationRequest(text="", target_lang=plan.target, source_lang=plan.source, model=model)
        check_languages(asked, settings.model_copy(update={"models": settings.models[:1]}))
    given = None if plan.file is None else read_texts(plan.file)
    with open_pipeline(settings.models[:1], settings, report) as pipeline:
        served = pipeline.models[0]
        if served.task == "summarization":
            what, ask, texts = _summarizing(plan, served, pipeline, given)
        else:
            what, ask, texts = _translating(plan, served, pipeline, given)
        return Benchmark(
            header=f"{served.id}, {what}, {served.device}, {served.dtype}",
            task=served.task,
            measurements=asyncio.run(_measure_all(ask, plan, texts, report)),
        )


def _translating(
    plan: Plan, model: ServedModel, pipeline: LocalPipeline, given: Sequence[str] | None
) -> tuple[str, Ask, Sequence[str]]:
    """What is measured in words, how to ask for it, and the texts."""
    source, target = _pair(plan, model.pairs)

    async def translate(text: str) -> TranslationResult:
        return await pipeline.translator.translate(
            TranslationRequest(text=text, source_lang=source, target_lang=target)
        )

    texts = given or built_in_texts(source)
    return f"{source} to {target}", translate, texts


def _summarizing(
    plan: Plan, model: ServedModel, pipeline: LocalPipeline, given: Sequence[str] | None
) -> tuple[str, Ask, Sequence[str]]:
    """As `_translating`."""
    if plan.target is not None:
        raise UsageError(f"{model.id} summarizes, it does not translate: leave --to out")

    async def summarize(text: str) -> SummaryResult:
        return await pipeline.summarizer.summarize(SummaryRequest(text=text))

    source = plan.source or (model.pairs[0][0] if model.pairs else "en")
    texts = given or built_in_articles(source)
    num_words = sum(len(text.split()) for text in texts) / len(texts)
    return f"summaries of texts of {num_words:.0f} words", summarize, texts


async def _measure_all(ask: Ask, plan: Plan, texts: Sequence[str], report: Report) -> list[Measurement]:
    report("Warming up")
    await ask(texts[0])
    measurements = []
    for num_workers in plan.num_workers:
        chosen = choose_texts(texts, num_workers, plan.num_texts)
        report(f"Working on {len(chosen)} texts, {num_workers} at a time")
        measurements.append(await measure(ask, chosen, num_workers))
    return measurements


def _pair(plan: Plan, pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    for source, target in pairs:
        if plan.source in {None, source} and plan.target in {None, target}:
            return source, target
    if plan.source is None or plan.target is None:
        raise UsageError("the model does not say which languages it translates: give --from and --to")
    return plan.source, plan.target


def built_in_texts(source: str) -> Sequence[str]:
    """The sentences in this language.

    Raises:
        UsageError: there are none.
    """
    texts = SENTENCES.get(source.split("-", maxsplit=1)[0])
    if texts is None:
        known = ", ".join(SENTENCES)
        raise UsageError(f"there are no built-in sentences in {source} (only {known}): give --input FILE")
    return texts


def built_in_articles(source: str) -> Sequence[str]:
    """Texts to summarize in this language: all its sentences, begun with each of them in turn.

    Raises:
        UsageError: there are none.
    """
    sentences = built_in_texts(source)
    return [" ".join([*sentences[i:], *sentences[:i]]) for i in range(len(sentences))]


def read_texts(file: Path) -> Sequence[str]:
    """The lines of a file that are not blank.

    Raises:
        CommandError: there are none, or it is not UTF-8.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not valid UTF-8: see byte {error.start}; save it in UTF-8") from None
    texts = [line for line in lines if line.strip()]
    if not texts:
        raise CommandError(f"{file} holds no text")
    return texts


def choose_texts(texts: Sequence[str], num_workers: int, num_texts: int | None) -> list[str]:
    """As many as asked for, or a few for each worker, repeating the given ones in order."""
    count = num_texts or max(MIN_TEXTS, TEXTS_PER_WORKER * num_workers)
    return [texts[index % len(texts)] for index in range(count)]


async def measure(ask: Ask, texts: Sequence[str], num_workers: int) -> Measurement:
    """Ask for every text once, `num_workers` at a time."""
    remaining = iter(texts)
    done: list[tuple[float, TranslationResult | SummaryResult]] = []
    start = time.perf_counter()
    async with asyncio.TaskGroup() as workers:
        for _ in range(num_workers):
            workers.create_task(_work(ask, remaining, done))
    wall_s = time.perf_counter() - start
    return Measurement(
        num_workers=num_workers,
        num_texts=len(done),
        wall_s=wall_s,
        latencies_s=tuple(sorted(latency for latency, _ in done)),
        num_words=sum(len(text.split()) for text in texts),
        num_characters=sum(result.num_characters for _, result in done),
        num_generation_tokens=sum(result.num_generation_tokens for _, result in done),
    )


async def _work(
    ask: Ask, remaining: Iterator[str], done: list[tuple[float, TranslationResult | SummaryResult]]
) -> None:
    for text in remaining:
        start = time.perf_counter()
        result = await ask(text)
        done.append((time.perf_counter() - start, result))
