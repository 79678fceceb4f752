from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crosslate.service.commands.bench import (
    MIN_TEXTS,
    SENTENCES,
    TEXTS_PER_WORKER,
    Measurement,
    Plan,
    built_in_articles,
    choose_texts,
    measure,
    run,
)
from crosslate.service.pipeline.types import TranslationResult
from crosslate.service.terminal.console import UsageError


def result(text: str) -> TranslationResult:
    return TranslationResult(
        model="fake",
        text=text,
        source_lang="en",
        target_lang="pt",
        detected=None,
        finish_reason="stop",
        score=-0.1,
        warnings=[],
        segments=[],
        alignment=None,
        alternatives=[],
        num_characters=len(text),
        num_prompt_tokens=3,
        num_generation_tokens=4,
    )


class CountingTranslator:
    """Remembers what it was asked and how many texts were under way at once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.under_way = 0
        self.most_under_way = 0

    async def __call__(self, text: str) -> TranslationResult:
        self.texts.append(text)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return result(text)


@pytest.mark.parametrize("num_workers", [1, 4, 100])
async def test_every_text_is_translated_once_and_never_more_at_a_time_than_asked(num_workers: int) -> None:
    translator = CountingTranslator()
    texts = [f"text {index}" for index in range(20)]
    measurement = await measure(translator, texts, num_workers)
    assert translator.texts == texts
    assert translator.most_under_way == min(num_workers, len(texts))
    assert measurement.num_texts == len(measurement.latencies_s) == 20
    assert measurement.num_characters == sum(map(len, texts))
    assert measurement.num_words == 40
    assert measurement.num_generation_tokens == 80


async def test_a_failure_ends_the_measurement() -> None:
    async def fail(text: str) -> TranslationResult:
        raise ConnectionError(text)

    with pytest.raises(ExceptionGroup):
        await measure(fail, ["a", "b"], 2)


def test_rates_and_quantiles() -> None:
    measurement = Measurement(
        num_workers=1,
        num_texts=4,
        wall_s=2.0,
        latencies_s=(0.1, 0.2, 0.3, 0.4),
        num_characters=100,
        num_words=16,
        num_generation_tokens=40,
    )
    assert measurement.texts_per_s == 2
    assert measurement.characters_per_s == 50
    assert measurement.words_per_s == 8
    assert measurement.tokens_per_s == 20
    assert [measurement.latency_s(q) for q in (0, 0.5, 0.95, 1)] == [0.1, 0.2, 0.4, 0.4]


def test_texts_are_repeated_to_fill_every_worker() -> None:
    texts = SENTENCES["en"]
    assert choose_texts(texts, 1, None) == list(texts[:MIN_TEXTS])
    assert len(choose_texts(texts, 64, None)) == 64 * TEXTS_PER_WORKER
    assert choose_texts(("a", "b"), 1, 5) == ["a", "b", "a", "b", "a"]


def test_articles_have_the_same_sentences_and_begin_with_another() -> None:
    articles = built_in_articles("en")
    assert len(set(articles)) == len(articles) == len(SENTENCES["en"])
    assert len({len(article) for article in articles}) == 1
    assert all(article.startswith(first) for article, first in zip(articles, SENTENCES["en"], strict=True))
    with pytest.raises(UsageError, match="--input"):
        built_in_articles("fi")


def test_a_summarizer_is_measured_by_its_summaries(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(built_in_articles("en")[:2]), encoding="utf-8")
    told: list[str] = []
    plan = Plan(num_workers=(2,), num_texts=3, file=file)
    benchmark = run(plan, "starter/summarize-en", None, told.append)
    assert benchmark.task == "summarization"
    assert benchmark.header.startswith("starter/summarize-en, summaries of texts of 203 words, cpu")
    (measurement,) = benchmark.measurements
    assert (measurement.num_texts, measurement.num_words) == (3, 609)
    assert 0 < measurement.num_generation_tokens < measurement.num_characters / 5
    with pytest.raises(UsageError, match="leave --to out"):
        run(Plan(target="pt"), "starter/summarize-en", None, told.append)
