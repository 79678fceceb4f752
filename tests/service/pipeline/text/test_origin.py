from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.language.graphemes import boundaries
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.sentences.splitting import split_overlong, split_text
from crosslate.service.pipeline.summarization.reading.sentences import read_sentences
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap, joined
from tests.service.pipeline.fakes import FakeTokenizer

# Clusters of several characters, characters that are left out or replaced, layout, ends of sentences.
TEXTS = st.text(
    st.sampled_from(
        "aé. \n\r\t\xad\u200b\ufeff“e\u0301\u0308🇵🇹👩\u200d👧🏽\ufe0f각\u1100\u1161\u11a8क्षि->&;"
    ),
    max_size=60,
)
SUBSTITUTES = {ord("“"): '"', ord("é"): "e"}


@st.composite
def edits(draw: st.DrawFn, length: int) -> list[tuple[Span, str]]:
    """Deletions, insertions and replacements of a text, in order and apart from each other."""
    cuts = sorted(draw(st.lists(st.integers(0, length), unique=True, max_size=8)))
    spans = [(a, b) for i, (a, b) in enumerate(pairwise(cuts)) if i % 2 == 0]
    return [(draw(st.sampled_from([span, (span[0], span[0])])), draw(st.text(max_size=3))) for span in spans]


def map_of(draw: st.DrawFn, length: int) -> OriginMap:
    return OriginMap.identity(length).edited([(span, len(new)) for span, new in draw(edits(length))])


@st.composite
def chains(draw: st.DrawFn) -> tuple[OriginMap, OriginMap, OriginMap]:
    """Three maps of which each leads to the text of the next."""
    outer = OriginMap.of(draw(TEXTS))
    middle = map_of(draw, len(outer))
    return map_of(draw, len(middle)), middle, outer


@st.composite
def derived_texts(draw: st.DrawFn) -> tuple[str, DerivedText]:
    """A sent text, and what some edits, one after the other, made of a part of it."""
    sent = draw(TEXTS)
    derived = DerivedText.of(sent)
    for _ in range(draw(st.integers(0, 3))):
        derived = derived.edited(draw(edits(len(derived.text))))
        start = draw(st.integers(0, len(derived.text)))
        derived = derived.part(start, draw(st.integers(start, len(derived.text))))
    return sent, derived


def assert_leads_back(sent: str, derived: DerivedText) -> None:
    """Every span is one of whole clusters of the sent text, and the spans are in its order."""
    assert len(derived.origin) == len(derived.text)
    whole = set(boundaries(sent))
    length = len(derived.text)
    spans = [(i, min(i + size, length)) for i in range(length + 1) for size in (0, 1, 4)]
    found = [derived.origin.span(span) for span in spans]
    for start, end in found:
        assert 0 <= start <= end <= len(sent)
        assert {start, end} <= whole
    parts = [span for span in derived.origin.spans([(i, i + 1) for i in range(length)]) if span]
    assert parts == sorted(parts)


@given(st.data())
def test_an_edited_map_is_that_of_the_edits_before_it(data: st.DataObject) -> None:
    outer, _, _ = data.draw(chains())
    changes = [(span, len(new)) for span, new in data.draw(edits(len(outer)))]
    found, expected = outer.edited(changes), OriginMap.identity(len(outer)).edited(changes).then(outer)
    assert found.starts.tolist() == expected.starts.tolist()
    assert found.ends.tolist() == expected.ends.tolist()


@given(chains())
def test_composition_is_associative(maps: tuple[OriginMap, OriginMap, OriginMap]) -> None:
    inner, middle, outer = maps
    one, other = inner.then(middle).then(outer), inner.then(middle.then(outer))
    assert one.starts.tolist() == other.starts.tolist()
    assert one.ends.tolist() == other.ends.tolist()


@given(derived_texts())
def test_spans_never_cut_a_cluster_nor_leave_the_text(case: tuple[str, DerivedText]) -> None:
    assert_leads_back(*case)


@given(TEXTS)
def test_spans_survive_what_is_done_before_a_translation(sent: str) -> None:
    prepared = prepare(DerivedText.of(sent), SUBSTITUTES)
    assert_leads_back(sent, prepared)
    for span in split_text(prepared.text, "en"):
        piece = prepared.part(*span)
        assert_leads_back(sent, piece)
        for part in split_overlong(piece.text, FakeTokenizer().tokenize_source, 4):
            assert_leads_back(sent, piece.part(*part))


@given(TEXTS)
def test_spans_survive_what_is_done_before_a_summary(sent: str) -> None:
    sentences = [sentence.source for sentence in read_sentences(sent, "en", SUBSTITUTES)]
    for sentence in sentences:
        assert_leads_back(sent, sentence)
    if sentences:
        assert_leads_back(sent, joined(sentences, " "))


@given(TEXTS, st.data())
def test_a_step_is_a_text_and_a_map(sent: str, data: st.DataObject) -> None:
    changes = data.draw(edits(len(sent)))
    derived = DerivedText.of(sent).edited(changes)
    expected = sent
    for (start, end), new in reversed(changes):
        expected = expected[:start] + new + expected[end:]
    assert derived.text == expected


def test_a_replaced_character_stands_for_all_that_it_replaced() -> None:
    derived = DerivedText.of("a &amp; b").edited([((2, 7), "&")])
    assert derived.text == "a & b"
    assert [derived.origin.span((i, i + 1)) for i in range(5)] == [(0, 1), (1, 2), (2, 7), (7, 8), (8, 9)]
    assert derived.origin.span((1, 3)) == (1, 7)
    spelled = DerivedText.of("½!").edited([((0, 1), "1/2")])
    assert [spelled.origin.span((i, i + 1)) for i in range(4)] == [(0, 1), (0, 1), (0, 1), (1, 2)]


def test_what_was_put_in_is_from_nowhere() -> None:
    derived = DerivedText.of("Title\n\nText").edited([((5, 5), "."), ((5, 7), " ")])
    assert derived.text == "Title. Text"
    assert derived.origin.spans([(0, 6), (5, 6), (5, 7), (7, 11), None]) == [
        (0, 5),
        None,
        (5, 7),
        (7, 11),
        None,
    ]


def test_what_was_left_out_is_within_but_not_at_the_ends() -> None:
    derived = DerivedText.of("\u200ba\u200bb\u200b").edited([((0, 1), ""), ((2, 3), ""), ((4, 5), "")])
    assert derived.text == "ab"
    assert [derived.origin.span(span) for span in [(0, 1), (1, 2), (0, 2)]] == [(1, 2), (3, 4), (1, 4)]
    assert derived.span == (1, 4)


def test_part_of_a_cluster_stands_for_the_whole() -> None:
    sent = DerivedText.of("e\u0301🇵🇹!")
    assert [sent.origin.span((i, i + 1)) for i in range(5)] == [(0, 2), (0, 2), (2, 4), (2, 4), (4, 5)]
    assert sent.part(1, 3).span == (0, 4)


def test_parts_of_a_text_side_by_side_keep_their_places() -> None:
    sent = DerivedText.of("One.  Two.")
    both = joined([sent.part(0, 4), sent.part(6, 10)], " ")
    assert both.text == "One. Two."
    assert both.origin.spans([(0, 4), (4, 5), (5, 9), (0, 9)]) == [(0, 4), None, (6, 10), (0, 10)]


@given(derived_texts())
def test_the_way_there_is_the_way_back_turned_round(case: tuple[str, DerivedText]) -> None:
    sent, derived = case
    there = derived.origin.inverted(len(sent))
    came_from = [derived.origin.span((i, i + 1)) for i in range(len(derived.text))]
    for at in range(len(sent)):
        made = [i for i, (start, end) in enumerate(came_from) if start <= at < end]
        start, end = there.span((at, at + 1))
        assert (start, end) == (made[0], made[-1] + 1) if made else start == end
