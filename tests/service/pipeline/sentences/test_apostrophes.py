"""Marks that look like quotation marks and are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.sentences.apostrophes import plain_of_false_quotes
from crosslate.service.pipeline.sentences.sentence_ends import sentence_ends

KEPT = [
    'He said "Room 5. Go." again.',
    "the letter 's' is",
    "Say 'Come. Go.' now.",
    '"5" and "6"',
    "don't",
    '—"7"',
]


@pytest.mark.parametrize("text", KEPT)
def test_what_quotes_stays(text: str) -> None:
    assert plain_of_false_quotes(text, "nl") == text


@given(st.text(alphabet="a5 \"'’(.—", max_size=30), st.sampled_from(["en", "nl", "he"]))
def test_the_text_is_as_long(text: str, lang: str) -> None:
    plain = plain_of_false_quotes(text, lang)
    assert len(plain) == len(text)
    assert all(old == new or old in "\"'" for old, new in zip(text, plain, strict=True))


@pytest.mark.parametrize(
    "sentences",
    [
        ['"Why," he said.', '"I left.', "He sighed.", '"Well," she said.'],
        ['The end of it."', "He paused.", '"So.', 'It was long ago?" he asked.'],
        ["Ele sorriu.", "“Apesar da febre, vou.”", "Fim."],
        ["’Tis late.", "We go.", "’Tis good."],
        ["Rock 'n' roll is dead.", "'Tis true.", "It was in the '90s.", "In the '80s, too.", "Yes."],
        ["It was 5'10\" tall.", "He left.", "It was 6'2\" wide.", "Yes."],
        ['The 12" pipe.', "It fits.", 'He said "Room 5. Go." Then 10" more.', "Yes."],
    ],
)
def test_sentences_end_around_them(sentences: list[str]) -> None:
    text = " ".join(sentences)
    ends = sentence_ends(text, "en")
    found = [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]
    assert " | ".join(found) == " | ".join(sentences).replace('Go." Then', 'Go." | Then')
