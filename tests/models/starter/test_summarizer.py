"""The summarizer that is shipped: its size, and that it summarizes plain English without inventing."""

from __future__ import annotations

import re

import pytest

from crosslate.models.engine.request import (
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.loading import LoadedModel, load_model
from training.gap_sentences import content_words

TEXTS = [
    "The ferry to the islands will not run next week. Its engine has to be repaired after a fire on"
    " Sunday, in which nobody was hurt. Passengers can use the older ship, which leaves from the south"
    " pier at eight in the morning and takes an hour longer. Tickets that were bought before Sunday stay"
    " valid. The company hopes that the ferry will be back in service by the first of July.",
    "Dear colleagues, the printer on the second floor is broken again. The service company can only"
    " come on Thursday. Until then, please use the one beside the kitchen, and do not print more than"
    " fifty pages at a time, since it gets too hot. If you need colour, ask Sandra for the key to the"
    " old office.",
    "Basalt is a dark volcanic rock that forms when lava rich in iron and magnesium cools quickly at"
    " the surface of the earth. It makes up most of the ocean floor. On land it can form columns with"
    " six sides, as at the Giant's Causeway. Basalt is crushed for roads and railways, and melted to"
    " make fibres.",
]


@pytest.fixture(scope="module")
def summarizer() -> LoadedModel:
    return load_model("starter/summarize-en")


@pytest.fixture(scope="module")
def outputs(summarizer: LoadedModel) -> list[GenerationOutput]:
    requests = [GenerationRequest(source_ids=summarizer.tokenizer.encode_source(text)) for text in TEXTS]
    return summarizer.make_engine().generate(requests)


def test_it_is_small(summarizer: LoadedModel) -> None:
    assert summarizer.task == "summarization"
    assert summarizer.pairs == ()
    assert summarizer.num_parameters <= 30_000_000
    assert summarizer.size_bytes <= 40_000_000
    assert summarizer.license


def test_summaries_are_shorter_and_come_from_their_texts(
    summarizer: LoadedModel, outputs: list[GenerationOutput]
) -> None:
    for text, output in zip(TEXTS, outputs, strict=True):
        summary = summarizer.tokenizer.decode(output.token_ids)
        assert output.finish_reason is FinishReason.STOP
        assert 5 <= len(summary.split()) < 0.7 * len(text.split())
        words = content_words(summary)
        assert sum(n for word, n in words.items() if word in content_words(text)) >= 0.85 * words.total()
        grams = [
            tuple(g) for g in zip(*(re.findall(r"\w+", summary.lower())[i:] for i in range(4)), strict=False)
        ]
        assert len(grams) == len(set(grams))


def test_a_summary_does_not_depend_on_the_batch(
    summarizer: LoadedModel, outputs: list[GenerationOutput]
) -> None:
    request = GenerationRequest(source_ids=summarizer.tokenizer.encode_source(TEXTS[1]))
    (alone,) = summarizer.make_engine().generate([request])
    assert alone.token_ids == outputs[1].token_ids


def test_more_tokens_make_a_longer_summary(summarizer: LoadedModel, outputs: list[GenerationOutput]) -> None:
    params = GenerationParams(min_new_tokens=45)
    request = GenerationRequest(source_ids=summarizer.tokenizer.encode_source(TEXTS[0]), params=params)
    (longer,) = summarizer.make_engine().generate([request])
    assert len(longer.token_ids) >= 45
    assert len(longer.token_ids) > len(outputs[0].token_ids)
