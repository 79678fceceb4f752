from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.service.pipeline.fidelity.signs.prepare import lookalikes, prepare
from crosslate.service.pipeline.text.origin import DerivedText
from tests.models.tokenizers.test_tokenizer import starter_vocabulary
from tests.service.pipeline.fakes import FakeTokenizer


def test_ordinary_text_is_left_alone() -> None:
    given = DerivedText.of("Olá, 👩‍👩‍👧 می‌خواهم\n")
    assert prepare(given, {ord("“"): '"'}).text == given.text


def test_what_the_vocabulary_lacks_is_replaced_where_it_stands() -> None:
    tokenizer = SentencePieceTokenizer(starter_vocabulary())
    substitutes = lookalikes(tokenizer)
    prepared = prepare(DerivedText.of("“don’t” — ‘no’ sim, 7–2"), substitutes)
    assert prepared.text == "\"don't\" - 'no' sim, 7-2"
    assert [prepared.origin.span((i, i + 1)) for i in (0, 6, 22)] == [(0, 1), (6, 7), (22, 23)]
    assert tokenizer.unknown_token_id not in tokenizer.encode_source(prepared.text)


def test_what_the_vocabulary_has_is_left_alone() -> None:
    assert lookalikes(FakeTokenizer()) == {}


def test_invisible_characters_are_taken_out() -> None:
    prepared = prepare(DerivedText.of("\ufeffsoft\xadhyphen\u200b."), {})
    assert prepared.text == "softhyphen."
    assert prepared.origin.span((0, 10)) == (1, 12)
    assert prepared.origin.span((11, 11)) == (14, 14)
    assert prepare(DerivedText.of("\xad"), {}).text == ""
    assert prepare(DerivedText.of("\x1b[31mred\x1b \x07"), {}).text == "\x1b[31mred "


@given(st.text(st.sampled_from("ab \xad\u200b\ufeffé😀")))
def test_spans_lead_back_to_the_same_characters(text: str) -> None:
    prepared = prepare(DerivedText.of(text), {})
    for i, character in enumerate(prepared.text):
        start, end = prepared.origin.span((i, i + 1))
        assert text[start:end] == character
    start, end = prepared.origin.span((0, len(prepared.text)))
    assert 0 <= start <= end <= len(text)
