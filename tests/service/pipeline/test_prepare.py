from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.sentencepiece_tokenizer import SentencePieceTokenizer
from service.pipeline.prepare import lookalikes, prepare
from tests.models.test_tokenizer import starter_vocabulary
from tests.service.pipeline.fakes import FakeTokenizer


def test_ordinary_text_is_left_alone() -> None:
    assert prepare("Olá, 👩‍👩‍👧 می‌خواهم\n", {}).positions is None


def test_what_the_vocabulary_lacks_is_replaced_where_it_stands() -> None:
    tokenizer = SentencePieceTokenizer(starter_vocabulary())
    substitutes = lookalikes(tokenizer)
    prepared = prepare("“don’t” — ‘no’ sim, 7–2", substitutes)
    assert prepared.text == "\"don't\" - 'no' sim, 7-2"
    assert prepared.positions is None
    assert tokenizer.unknown_token_id not in tokenizer.encode_source(prepared.text)


def test_what_the_vocabulary_has_is_left_alone() -> None:
    assert lookalikes(FakeTokenizer()) == {}


def test_invisible_characters_are_taken_out() -> None:
    prepared = prepare("\ufeffsoft\xadhyphen\u200b.", {})
    assert prepared.text == "softhyphen."
    assert prepared.original_span((0, 10)) == (1, 12)
    assert prepared.original_span((11, 11)) == (14, 14)
    assert prepare("\xad", {}).text == ""


@given(st.text(st.sampled_from("ab \xad\u200b\ufeffé😀")))
def test_spans_lead_back_to_the_same_characters(text: str) -> None:
    prepared = prepare(text, {})
    for i, character in enumerate(prepared.text):
        start, end = prepared.original_span((i, i + 1))
        assert text[start:end] == character
    start, end = prepared.original_span((0, len(prepared.text)))
    assert 0 <= start <= end <= len(text)
