from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.signs.hidden_signs import with_hidden_signs
from crosslate.service.pipeline.fidelity.signs.prepare import without_invisible
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from tests.service.pipeline.fakes import FakeEngine, copied, reversed_words
from tests.service.pipeline.helpers import make_translator, request

BETWEEN = ("\u200b", "\u2060", "\ufeff", "\u200e", "\u200f", "\xad", "\u200b\u2060")


async def translated(text: str, engine: FakeEngine, **changes: object) -> str:
    return (await make_translator(engine).translate(request(text, **changes))).text


@pytest.mark.parametrize("sign", BETWEEN)
async def test_what_stands_between_words_stays_beside_its_word(sign: str) -> None:
    text = f"big{sign} dog {sign}runs {sign} now"
    assert await translated(text, FakeEngine(copied)) == text
    assert await translated(text, FakeEngine(reversed_words)) == f"now {sign}runs {sign} dog big{sign}"


@pytest.mark.parametrize(
    ("text", "text_format"),
    [
        ("<p>Big <b>dog\u200b</b> &shy; runs\u2060</p>", "html"),
        ("Big **dog\u200b** runs\xad far", "markdown"),
        ("> <p>Big\u200b dog</p>", "markdown"),
        ('{"a": "Big\u200b dog runs\u2060 far"}', "text"),
        ("Big {name}\u200b runs", "text"),
        ("Big \u200e{name}\u200e runs", "text"),
        ("See x.org/\u200bpath and foo_\u200bbar now", "text"),
    ],
)
async def test_it_stays_in_every_format_and_in_what_is_protected(text: str, text_format: str) -> None:
    assert await translated(text, FakeEngine(copied), text_format=text_format) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("im\xadpor\xadtant", "important"),
        ("super\u200bcali\u2060fragilistic", "supercalifragilistic"),
        ("auf\u200clage", "auflage"),
        ("10\u2060% 5\u200b€ $\u20605 10\u2060–\u206020 3\u2060.\u20605", "10% 5€ $5 10–20 3.5"),
        ("สวัสดี\u200bครับ", "สวัสดีครับ"),
    ],
)
def test_a_hint_within_a_word_or_number_is_left_out(text: str, read: str) -> None:
    found = with_hidden_signs(Passage(text=DerivedText.of(text)), text)
    assert found.wraps == ()
    assert without_invisible(found.text).text == read


async def test_a_plural_does_not_have_it_once_for_each_of_its_cases() -> None:
    text = "{n, plural, one {a dog\u200b} other {big dogs}}"
    assert "\u200b" not in await translated(text, FakeEngine(copied))


@given(st.lists(st.sampled_from(["a", "dog", " ", ".", "{x}", "5", "-", *BETWEEN]), max_size=12).map("".join))
@settings(max_examples=200)
def test_each_sign_is_left_to_a_word_or_a_mark_of_its_own(text: str) -> None:
    """Nothing else changes, and no blank but one beside a mark is taken along."""
    found = with_hidden_signs(Passage(text=DerivedText.of(text)), text)
    kept = {at for wrap in found.wraps for at in range(*wrap.span)}
    assert "".join(text[at] for at in range(len(text)) if at not in kept) == found.text.text
    assert all(wrap.opening == text[slice(*wrap.span)] for wrap in found.wraps)
    assert all(set(wrap.opening.removeprefix(" ")) <= set("".join(BETWEEN)) for wrap in found.wraps)
