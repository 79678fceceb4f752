from __future__ import annotations

import pytest

from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.emphasis import raised, without_emphasis
from crosslate.service.pipeline.wording.read_case import read_case

WHOLE = {
    "a",
    "do",
    "not",
    "NOT",
    "reply",
    "Paris",
    "US",
    "us",
    "navy",
    "NATO",
    "select",
    "the",
    "THE",
    "sighs",
}


def count_tokens(word: str) -> int:
    return 1 if word in WHOLE else len(word)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Please DO NOT REPLY to this.", "Please do not reply to this."),
        ("NOT for sale", "Not for sale"),
        ("It is NOT a toy", "It is not a toy"),
        ("REPLY to NATO", "Reply to NATO"),
        ("We met in PARIS.", "We met in Paris."),
        ("THE US NAVY said", "The US navy said"),
        ("A SELECT statement", None),
        ("Seller: PARIS NAVY LTD", None),
        ("Press “REPLY” now", None),
        ("PARIS: reply", None),
        ("PARIS (sad): REPLY now", "PARIS (sad): reply now"),
        ("The OR gate, NATO and ENOENT", None),
        ("see REPLY_TO, REPLY-2, REPLY()", None),
        ("a NOT-NAVY one, US-PARIS, REPLY-2", "a not-navy one, US-Paris, REPLY-2"),
        ("[SIGHS] I see", "[sighs] I see"),
    ],
)
def test_words_in_capitals_amid_others_are_read_in_small_letters(sent: str, expected: str | None) -> None:
    found = without_emphasis(sent, "en", count_tokens)
    assert (None if found is None else found[0]) == expected
    if found is not None:
        assert all(sent[slice(*span)].isupper() for span in found[1])


def test_a_label_and_a_word_behind_it_are_read_in_small_letters() -> None:
    case = read_case("IMPORTANT: do NOT stop", "en", lambda word: 1 if word.islower() else len(word))
    assert (case.text, case.emphasized) == ("Important: do not stop", ((14, 17),))


def test_linked_words_are_written_in_capitals() -> None:
    source, answer = DerivedText.of("do not reply"), DerivedText.of("não responda já")
    links = [Link((3, 6), (0, 3), 0.9), Link((7, 12), (4, 12), 0.9), Link((0, 2), (13, 15), 0.1)]
    written = raised(answer, source, [(3, 12)], links, "pt")
    assert written.text == "NÃO RESPONDA já"
    assert written.origin.span((0, 3)) == (0, 3)
