from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.tokenizers.tracked_text import TrackedText

RULES = [("a+", "b"), (r"(\d)-(\d)", r"\g<1>,\g<2>"), (r"\(", " ("), ("b", ""), (r'"([,.]+)', r'\g<1>"')]
text_of_rules = st.text('ab12-("., ', max_size=20)


@pytest.mark.parametrize(("pattern", "template"), RULES)
@given(text=text_of_rules)
def test_substitutions_are_those_of_re(pattern: str, template: str, text: str) -> None:
    changed = TrackedText.of(text).substituted(re.compile(pattern), template)
    assert changed.text == re.sub(pattern, template, text)
    assert len(changed.origins) == len(changed.text)


@given(text=text_of_rules)
def test_what_is_left_as_it_was_leads_back_to_itself(text: str) -> None:
    changed = TrackedText.of(text)
    for pattern, template in RULES[1:4]:
        changed = changed.substituted(re.compile(pattern), template)
    starts, ends = [start for start, _ in changed.origins], [end for _, end in changed.origins]
    assert starts == sorted(starts)
    assert ends == sorted(ends)
    for character, span in zip(changed.text, changed.origins, strict=True):
        if character.isalnum() or character == "-":
            assert text[slice(*span)] == character


def test_parts_of_a_replacement() -> None:
    changed = TrackedText.of("x 1\u00a0000 …").substituted(re.compile("(\\d)\u00a0(\\d)"), r"\g<1>.\g<2>")
    changed = changed.substituted(re.compile("…"), "...")
    assert changed.text == "x 1.000 ..."
    assert changed.origin((2, 7)) == (2, 7)
    assert changed.origin((9, 10)) == (8, 9)
    assert changed.origin((11, 11)) == (9, 9)
    assert TrackedText.of("").origin((0, 0)) == (0, 0)


def test_characters_that_are_changed_or_gone() -> None:
    changed = TrackedText.of("a\tb\u00adc").mapped(lambda c: {"\t": " ", "\u00ad": ""}.get(c, c))
    assert changed.text == "a bc"
    assert [changed.origin((i, i + 1)) for i in range(4)] == [(0, 1), (1, 2), (2, 3), (4, 5)]


def test_lower_case() -> None:
    lowered = TrackedText.of("İX").lowered()
    assert lowered.text == "İX".lower()
    assert lowered.origin((len(lowered.text) - 1, len(lowered.text))) == (1, 2)
