from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.summarization.reading.sentences import read_prose, read_sentences
from crosslate.service.pipeline.text.origin import joined

LAYOUT = """\
# Bridge repairs

> The council met on Monday evening in the old town hall of the city, and
> debated for hours. It decided to repair the bridge.

Reasons:
- cracks in   three pillars
* age
1) The pillars are
   worn out!
(b) money 😀

---
A headline that is quite long but has no full stop at its very end
The body stands on one line that is far longer than the headline, so nobody has wrapped it there.
"""


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in read_sentences(text, "en", {})]


def test_layout_becomes_sentences() -> None:
    assert texts(LAYOUT) == [
        "Bridge repairs.",
        "The council met on Monday evening in the old town hall of the city, and debated for hours.",
        "It decided to repair the bridge.",
        "Reasons:",
        "cracks in three pillars.",
        "age.",
        "The pillars are worn out!",
        "money.",
        "A headline that is quite long but has no full stop at its very end.",
        "The body stands on one line that is far longer than the headline, so nobody has wrapped it there.",
    ]


def test_spans_are_those_of_the_text() -> None:
    spans = [sentence.span for sentence in read_sentences(LAYOUT, "en", {})]
    assert LAYOUT[slice(*spans[0])] == "Bridge repairs"
    assert LAYOUT[slice(*spans[1])].endswith("city, and\n> debated for hours.")
    assert [LAYOUT[a:b] for a, b in spans[3:8]] == [
        "Reasons:",
        "cracks in   three pillars",
        "age",
        "The pillars are\n   worn out!",
        "money",
    ]


@pytest.mark.parametrize("width", [50, 72, 100])
@pytest.mark.parametrize("prefix", ["", "> ", "    "])
def test_wrapping_changes_nothing(width: int, prefix: str) -> None:
    prose = (
        "The Old Bridge was built by Anna Smith in 1877. She came from Porto, and Never Returned to it. "
        "Today it carries Trams, Cars and People; Engineers of the City watch over it Day and Night."
    )
    wrapped = textwrap.fill(prose, width, initial_indent=prefix, subsequent_indent=prefix)
    assert texts(wrapped) == texts(prose)


def test_short_lines_that_nobody_wrapped_stay_apart() -> None:
    assert texts("Anna Smith\nOld Street 12\nPorto") == ["Anna Smith.", "Old Street 12.", "Porto."]


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "---\n***\n", "😀 …"])
def test_what_says_nothing_has_no_sentences(text: str) -> None:
    assert texts(text) == []


def test_headings_are_no_prose() -> None:
    text = (
        "Minutes\n=======\n\nDear all,\n\n## 1. Bridge\nThe council decided to repair the bridge.\n\n"
        "- before winter\n- for two million\n\nBuses take the road along the river until then.\n"
        "\nRegards,\nTom"
    )
    assert [sentence.text for sentence in read_prose(text, "en", {})] == [
        "The council decided to repair the bridge.",
        "before winter.",
        "for two million.",
        "Buses take the road along the river until then.",
    ]


def test_a_title_right_above_its_text_is_no_prose() -> None:
    text = "A new bridge\nThe council decided to repair it. It was time.\n\nList of things\n- milk\n- eggs"
    assert [sentence.text for sentence in read_prose(text, "en", {})] == [
        "The council decided to repair it.",
        "It was time.",
        "milk.",
        "eggs.",
    ]


def test_fenced_code_is_no_prose() -> None:
    text = "Run this:\n\n```sh\nmake all\n\nls\n```\nIt builds everything.\n~~~\n~~~\nThen ``` stands alone."
    assert [sentence.text for sentence in read_prose(text, "en", {})] == [
        "Run this:",
        "It builds everything.",
        "Then ``` stands alone.",
    ]
    assert texts(text)[1:3] == ["make all.", "ls."]


def test_what_people_say_without_full_stops_is_no_heading() -> None:
    chat = (
        "Amanda: I baked cookies\nJerry: Sure, I take some!\nAmanda: see you tomorrow :-)\nJerry: Fine. Bye"
    )
    assert [sentence.text for sentence in read_prose(chat, "en", {})] == [
        "Amanda: I baked cookies.",
        "Jerry: Sure, I take some!",
        "Amanda: see you tomorrow :-).",
        "Jerry: Fine.",
        "Bye.",
    ]
    assert len(read_prose("The rain came. We stayed at home\n\nIt was a long and quiet day.", "en", {})) == 3


def test_headings_stay_where_there_is_little_else() -> None:
    text = "Milk\nEggs\nBread\nOld cheese\n\nBuy it."
    assert [sentence.text for sentence in read_prose(text, "en", {})] == texts(text)
    assert len(texts(text)) == 5


@pytest.mark.parametrize("line", ["```x", "~~~ x\n```", "> > >", "- - -x", "```\n# a"])
def test_marks_without_end_take_no_longer_than_text(line: str) -> None:
    assert len(texts(f"{line}\n" * 20_000)) <= 40_000


LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "- ", "1. ", "# ", "> ", "\t", "“Quite”, he said.", "e.g. this\u2028one"]),
        st.text(alphabet="ab .!?-*>#1\u00ad\u200b😀é\t", max_size=30),
    ),
    max_size=8,
)


@given(lines=LINES, newline=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_every_word_is_in_one_sentence_and_its_characters_are_those_of_the_text(
    lines: list[str], newline: str
) -> None:
    text = newline.join(lines)
    sentences = read_sentences(text, "en", {})
    positions: list[int] = []
    for sentence in sentences:
        for i, character in enumerate(sentence.text):
            start, end = sentence.source.origin.span((i, i + 1))
            if character == " ":
                assert text[start].isspace()
            elif start == end:
                assert (i, character) == (len(sentence.text) - 1, ".")
            else:
                assert text[start:end] == character
                positions.append(start)
    assert positions == sorted(set(positions))
    assert {i for i, character in enumerate(text) if character.isalpha()} <= set(positions)


@given(lines=LINES)
def test_spans_in_the_joined_text_lead_back(lines: list[str]) -> None:
    text = "\n".join(lines)
    sentences = [sentence.source for sentence in read_sentences(text, "en", {})]
    if not sentences:
        return
    whole = joined(sentences, " ")
    spans = [(i, i + 1) for i, character in enumerate(whole.text) if not character.isspace()]
    for (start, _), original in zip(spans, whole.origin.spans(list(spans)), strict=True):
        if original is None:
            assert whole.text[start] == "."
        else:
            assert text[slice(*original)] == whole.text[start]
    assert whole.origin.spans([None]) == [None]


def test_verse_goes_on_across_lines_that_begin_with_capitals() -> None:
    lines = [
        "This week it has been quiet. Yesterday",
        "I caught myself not moving, with a cup,",
        "And listening to the stairs.",
        "Then somebody got up.",
    ]
    assert [sentence.text for sentence in read_sentences("\n".join(lines), "en", {})] == [
        "This week it has been quiet.",
        "Yesterday I caught myself not moving, with a cup, And listening to the stairs.",
        "Then somebody got up.",
    ]


def test_a_sentence_goes_on_from_one_stanza_into_the_next() -> None:
    text = (
        "We stood there to the knees and saw\nthat nothing we had lost was dear,\n"
        "and hung the door across two chairs\nand let it dry till it was clear\n\n"
        "October came. The yellow shoe\nstill stands beside the stove;\nnobody wears it.\n"
    )
    assert [sentence.text for sentence in read_sentences(text, "en", {})] == [
        "We stood there to the knees and saw that nothing we had lost was dear, and hung the door across two"
        " chairs and let it dry till it was clear October came.",
        "The yellow shoe still stands beside the stove; nobody wears it.",
    ]


def test_a_list_without_marks_does_not_go_on_in_the_paragraph_behind_it() -> None:
    text = "two pounds of flour\nfour eggs from here\none jar of honey\n\nWe bake at nine.\nBring an apron.\n"
    assert len(read_sentences(text, "en", {})) == 5


def test_whoever_speaks_begins_a_sentence_however_the_name_is_written() -> None:
    lines = [
        "Priti (Zoe's mum): hi all",
        "Sunita: so no lessons for our class till easter, they go to the ice rink instead, from next week",
        "Ben Dad of Lou: ice rink!! lou will faint",
        "Greta: do they need skates",
    ]
    read = read_sentences("\n".join(lines), "en", {})
    assert [sentence.text.rstrip(".") for sentence in read] == lines
