from __future__ import annotations

import pytest

from service.narrowing import SummarizerByModels, TranslatorByModels
from service.pipeline.summarization.types import SummaryRequest
from service.pipeline.types import AlignRequest, Allowance, TranslationRequest
from tests.service.http.fakes import FakeSummarizer, FakeTranslator

SOME = frozenset({"a", "b"})


@pytest.mark.parametrize("is_narrowed", [False, True])
async def test_a_request_goes_to_what_has_the_models_that_it_is_allowed(is_narrowed: bool) -> None:
    translators, summarizers = [FakeTranslator(), FakeTranslator()], [FakeSummarizer(), FakeSummarizer()]
    translator = TranslatorByModels(translators[0], {SOME: translators[1]})
    summarizer = SummarizerByModels(summarizers[0], {SOME: summarizers[1]})
    allowance = Allowance(models=SOME if is_narrowed else None)
    text, summary = TranslationRequest(text="a", target_lang="pt"), SummaryRequest(text="a")
    await translator.translate_all([text], allowance)
    assert [event async for event in translator.stream(text, allowance)]
    await translator.align(
        AlignRequest(source="a", target="b", source_lang="en", target_lang="pt"), allowance
    )
    await summarizer.summarize_all([summary], allowance)
    assert [event async for event in summarizer.stream(summary, allowance)]
    assert len(translators[is_narrowed].allowances) == 3
    assert len(summarizers[is_narrowed].allowances) == 2
    assert not translators[not is_narrowed].allowances
    assert not summarizers[not is_narrowed].allowances
    assert (await translator.detect("a")).lang == "en"
