from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.sentences.joining import ends_without_blank, joint
from crosslate.service.pipeline.text.offsets import OffsetUnit, slice_text
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import DoneEvent, SegmentEvent, TokenEvent, TranslationResult
from tests.service.pipeline.fakes import EOS, FakeEngine, FakeTokenizer, served_model
from tests.service.pipeline.helpers import request

PHRASES = {
    "Hello.": "你好。",
    "How are you?": "你好吗？",
    "She said yes.": "她说：“好。”",
    "Thanks.": "OK.",
    "你好。": "Hello.",
    "他说：“好。”": 'He said, "Good."',
    "再见！": "Goodbye!",
    "山高，": "The mountains are high,",
    "水长。": "the rivers long.",
    "Empty.": "",
}


def phrasebook(source_lang: str, target_lang: str, *, max_source_tokens: int = 64) -> Translator:
    """Translates the phrases above, and copies what is none."""
    engine = FakeEngine()
    model = served_model(
        pairs=((source_lang, target_lang),), engine=engine, max_source_tokens=max_source_tokens
    )
    tokenizer = model.tokenizer
    assert isinstance(tokenizer, FakeTokenizer)
    known = {tuple(tokenizer.encode_source(source)): target for source, target in PHRASES.items()}

    def translate(ids: list[int]) -> list[int]:
        target = known.get(tuple(ids))
        if target is None:
            return ids
        return [*([tokenizer.token_id(target)] if target else []), EOS]

    engine.translate = translate
    return Translator(ModelCatalog([model]), has_guard=False)


async def translated(text: str, source_lang: str, target_lang: str, **changes: int) -> str:
    asked = request(text, source_lang=source_lang, target_lang=target_lang)
    return (await phrasebook(source_lang, target_lang, **changes).translate(asked)).text


@pytest.mark.parametrize("lang", ["zh", "zh-Hant", "ja", "yue"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello. How are you?", "你好。你好吗？"),
        ("Hello.  Hello. ", "你好。你好。 "),
        ("She said yes. Hello.", "她说：“好。”你好。"),
        ("Thanks. Hello. Thanks. Thanks.", "OK. 你好。OK. OK."),
        ("Hello.\n\nHello.\tHello.     Hello.", "你好。\n\n你好。\t你好。     你好。"),
        ("Hello. Empty. Hello.", "你好。你好。"),
        ("Hello. 😀 Hello.", "你好。 😀 你好。"),
    ],
)
async def test_no_blanks_between_chinese_and_japanese_sentences(lang: str, text: str, expected: str) -> None:
    assert await translated(text, "en", lang) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好。再见！", "Hello. Goodbye!"),
        ("他说：“好。”再见！", 'He said, "Good." Goodbye!'),
        ("你好。\n再见！　你好。", "Hello.\nGoodbye! Hello."),
    ],
)
@pytest.mark.parametrize("lang", ["en", "th", "ko"])
async def test_blanks_where_the_source_has_none(text: str, expected: str, lang: str) -> None:
    assert await translated(text, "zh", lang) == expected


async def test_parts_of_a_long_sentence_are_sentences_in_this() -> None:
    text = "山高，水长。"
    assert await translated(text, "zh", "en", max_source_tokens=3) == (
        "The mountains are high, the rivers long."
    )
    assert await translated(text, "zh", "ja", max_source_tokens=3) == (
        "The mountains are high,the rivers long."
    )


def test_what_was_cut_within_a_word_stays_together() -> None:
    assert joint("", before="https://x.org/a", after="b?c=d", written="https://x.org/a", lang="en") == ""
    assert joint("", before="แมว", after="ดำ", written="cat", lang="en") == " "
    assert joint("", before="说OK", after="“好", written="said OK", lang="en") == " "


@pytest.mark.parametrize("text", ["好。", "好。”", "はい」", "カ", "走了……", "好！）", "ＯＫ"])
def test_texts_that_nothing_is_set_apart_from(text: str) -> None:
    assert ends_without_blank(text)


@pytest.mark.parametrize("text", ["", "OK.", "“", "네.", "ค่ะ", "1", "ok)"])
def test_texts_that_a_blank_follows(text: str) -> None:
    assert not ends_without_blank(text)


@given(
    st.lists(st.sampled_from([*PHRASES, " ", "  ", "\n", "　", "😀 ", "word"]), max_size=12).map("".join),
    st.sampled_from([("en", "zh"), ("zh", "en"), ("ja", "zh"), ("en", "pt")]),
    st.sampled_from(["codepoint", "utf16", "utf8"]),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_segments_are_where_their_translations_are(
    text: str, pair: tuple[str, str], unit: OffsetUnit, beams: bool
) -> None:
    asked = request(
        text,
        source_lang=pair[0],
        target_lang=pair[1],
        offset_unit=unit,
        params=GenerationParams(num_beams=2 if beams else None),
    )
    result, streamed = asyncio.run(both_ways(asked, pair))
    end = 0
    for segment in result.segments:
        source = slice_text(text, segment.source, unit)
        target = slice_text(result.text, segment.target, unit)
        assert source.strip() == source
        assert target == PHRASES.get(source, target)
        assert segment.target[0] >= end
        end = segment.target[1]
    assert streamed == result.text


async def both_ways(asked: object, pair: tuple[str, str]) -> tuple[TranslationResult, str]:
    """Whole, and the texts of the stream."""
    whole = await phrasebook(*pair).translate(asked)  # type: ignore[arg-type]
    events = [event async for event in phrasebook(*pair).stream(asked)]  # type: ignore[arg-type]
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.result == whole
    return whole, "".join(event.text for event in events if isinstance(event, TokenEvent | SegmentEvent))
