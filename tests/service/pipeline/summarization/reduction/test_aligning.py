from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.summarization.reduction.aligning import summary_sentences
from crosslate.service.pipeline.summarization.types import SummaryAlignment, SummaryResult
from crosslate.service.pipeline.text.offsets import slice_text
from tests.service.pipeline.fakes import EOS, FakeEngine
from tests.service.pipeline.summarization.helpers import lead, make_summarizer, numbered, request


def sentences_written(*numbers: int) -> FakeEngine:
    """An engine that writes these sentences of what it reads, counted from 0, or the last one there is."""

    def write(ids: list[int]) -> list[int]:
        sentences: list[list[int]] = [[]]
        stop = ids[-2]
        for token_id in ids[:-1]:
            sentences[-1].append(token_id)
            if token_id == stop:
                sentences.append([])
        whole = sentences[:-1]
        return [*(t for n in numbers for t in whole[min(n, len(whole) - 1)]), EOS]

    return FakeEngine(write)


async def summarized(
    engine: FakeEngine, text: str, **changes: object
) -> tuple[SummaryResult, SummaryAlignment]:
    result = await make_summarizer(engine).summarize(request(text, **changes))
    assert result.alignment is not None
    return result, result.alignment


async def test_a_summary_sentence_rests_on_the_sentence_that_it_copies() -> None:
    text = "# Head\n\n- " + numbered(3, words=5).replace(". ", ".\n- ")
    result, alignment = await summarized(sentences_written(2, 0), text, alignment="sentences")
    assert [result.text[slice(*sentence.target)] for sentence in alignment.sentences] == [
        "S2 w2x0 w2x1 w2x2 w2x3 .",
        "S0 w0x0 w0x1 w0x2 w0x3 .",
    ]
    heaviest = [sentence.sources[0] for sentence in alignment.sentences]
    assert [text[slice(*source.source)] for source in heaviest] == [
        "S2 w2x0 w2x1 w2x2 w2x3.",
        "S0 w0x0 w0x1 w0x2 w0x3.",
    ]
    # The toy attends with 0.7 to the copied word, with 0.2 to the end token, and evenly with the rest.
    assert all(source.mass > 0.9 for source in heaviest)
    assert all(sentence.sink_mass == pytest.approx(0.22, abs=0.02) for sentence in alignment.sentences)
    assert alignment.words is None
    assert (alignment.method.layer, alignment.method.heads, alignment.method.row) == (1, (0,), "output")


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
@pytest.mark.parametrize("num_sentences", [12, 80])
async def test_mass_is_traced_through_all_levels(num_sentences: int, unit: str) -> None:
    text = numbered(num_sentences).replace("S", "😀é S")
    asked = {"length": "short", "alignment": "sentences", "offset_unit": unit}
    result, alignment = await summarized(lead(8), text, **asked)
    levels = {chunk.level for chunk in result.chunks}
    assert len(levels) == (2 if num_sentences == 12 else 4)
    (sentence,) = alignment.sentences
    heaviest = slice_text(text, sentence.sources[0].source, unit)  # type: ignore[arg-type]
    assert heaviest.startswith("é S0 w0x0")
    assert sentence.sources[0].mass > 0.6


async def test_mass_is_traced_from_every_part_of_a_summary() -> None:
    text = numbered(80)
    result, alignment = await summarized(lead(8), text, alignment="sentences")
    assert [sum(chunk.level == level for chunk in result.chunks) for level in range(3)] == [27, 7, 4]
    (sentence,) = alignment.sentences
    heaviest = sorted(source.source for source in sentence.sources[:4])
    assert [text[slice(*span)].split()[0] for span in heaviest] == ["S0", "S24", "S48", "S72"]
    assert all(source.mass > 0.2 for source in sentence.sources[:4])


async def test_summaries_side_by_side_have_their_own_sources() -> None:
    text = numbered(9)
    result, alignment = await summarized(lead(3), text, alignment="sentences")
    assert result.text == "S0 w0x0 w0x1 S3 w3x0 w3x1 S6 w6x0 w6x1"
    (sentence,) = alignment.sentences
    starts = [text[slice(*source.source)][:2] for source in sentence.sources[:3]]
    assert sorted(starts) == ["S0", "S3", "S6"]


@pytest.mark.parametrize("num_sentences", [3, 12])
async def test_words_are_linked_across_levels(num_sentences: int) -> None:
    text = numbered(num_sentences)
    result, alignment = await summarized(lead(8), text, alignment="matrix")
    words = alignment.words
    assert words is not None
    linked = {(text[slice(*link.source)], result.text[slice(*link.target)]) for link in words.links}
    assert linked == {(word, word) for word in result.text.split()}
    assert words.matrix is not None
    assert words.source_tokens is not None
    assert words.target_tokens is not None
    assert words.matrix.shape == (len(words.target_tokens), len(words.source_tokens))
    shown = [i for i, token in enumerate(words.target_tokens) if token.span is not None]
    np.testing.assert_allclose(words.matrix[shown].sum(axis=1), 1.0, atol=1e-5)
    for token in words.source_tokens:
        assert token.span is None or text[slice(*token.span)] == token.text
    assert [sentence.target for sentence in alignment.sentences] == [(0, len(result.text))]


async def test_a_stand_in_rests_on_the_sentence_that_it_is() -> None:
    text = numbered(12)
    engine = FakeEngine(lambda _: [EOS])
    result, alignment = await summarized(engine, text, alignment="matrix")
    # The first sentences of the halves.
    starts = text.index("S0"), text.index("S6")
    spans = [(start, start + len(numbered(1))) for start in starts]
    assert result.text == " ".join(text[start:end] for start, end in spans)
    assert [s.sources[0].source for s in alignment.sentences] == spans
    assert alignment.words is not None
    linked = [(text[slice(*link.source)], result.text[slice(*link.target)]) for link in alignment.words.links]
    assert len(linked) == 20
    assert all(one == other for one, other in linked)


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 45), min_size=1, max_size=12),
    written=st.lists(st.integers(0, 5), min_size=0, max_size=3),
)
async def test_masses_are_shares(lengths: list[int], written: list[int]) -> None:
    text = "\n\n".join(" ".join(f"w{n}x{i}" for i in range(length)) for n, length in enumerate(lengths))
    result, alignment = await summarized(sentences_written(*written), text, alignment="links")
    for sentence in alignment.sentences:
        start, end = sentence.target
        assert 0 <= start < end <= len(result.text)
        masses = [source.mass for source in sentence.sources]
        assert sum(masses) <= 1
        assert masses == sorted(masses, reverse=True)
        assert 0 <= sentence.sink_mass <= 1
        assert all(0 <= source.source[0] < source.source[1] <= len(text) for source in sentence.sources)


def test_a_line_that_the_model_ended_is_a_sentence() -> None:
    text = "The minister said no\nhe went home. It rained.\n\nThe end"
    sentences = ["The minister said no", "he went home.", "It rained.", "The end"]
    assert [text[a:b] for a, b in summary_sentences(text, "en", {})] == sentences
