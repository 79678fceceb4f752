from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.prepare import prepare


def test_ordinary_text_is_left_alone() -> None:
    assert prepare("Olá, 👩‍👩‍👧 می‌خواهم\n").positions is None


def test_invisible_characters_are_taken_out() -> None:
    prepared = prepare("\ufeffsoft\xadhyphen\u200b.")
    assert prepared.text == "softhyphen."
    assert prepared.original_span((0, 10)) == (1, 12)
    assert prepared.original_span((11, 11)) == (14, 14)
    assert prepare("\xad").text == ""


@given(st.text(st.sampled_from("ab \xad\u200b\ufeffé😀")))
def test_spans_lead_back_to_the_same_characters(text: str) -> None:
    prepared = prepare(text)
    for i, character in enumerate(prepared.text):
        start, end = prepared.original_span((i, i + 1))
        assert text[start:end] == character
    start, end = prepared.original_span((0, len(prepared.text)))
    assert 0 <= start <= end <= len(text)
