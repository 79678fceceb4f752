"""Subtitles, made and read by pysubs2."""

from __future__ import annotations

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

SRT = """1
00:00:01,000 --> 00:00:02,500
The house on the hill

2
00:00:02,600 --> 00:00:04,000
has been <i>empty</i>
for years.

3
00:00:05,000 --> 00:00:06,000
{\\an8}- Who lives there?
- Nobody.

4
00:00:09,000 --> 00:00:10,000
123
"""


def times(text: str) -> list[tuple[int, int]]:
    return [(line.start, line.end) for line in pysubs2.SSAFile.from_string(text)]


def words(text: str) -> list[str]:
    return [line.plaintext for line in pysubs2.SSAFile.from_string(text)]


def test_a_sentence_over_two_cues_is_translated_whole_and_divided_again() -> None:
    assert texts_of("film.srt", SRT.encode()) == [
        'The house on the hill <x id="1"/>has been <g id="2">empty</g> for years.',
        "- Who lives there?",
        "- Nobody.",
    ]
    read = read_document("film.srt", SRT.encode(), ReadOptions())
    written = read.write(
        [
            'A casa na colina <x id="1"/>está <g id="2">vazia</g> há anos.',
            "- Quem mora lá?",
            "- Ninguém.",
        ]
    ).decode()
    assert words(written)[:2] == ["A casa na colina", "está vazia\nhá anos."]
    assert "está <i>vazia</i>" in written
    assert "{\\an8}- Quem mora lá?\n- Ninguém." in written
    assert times(written) == times(SRT)


def test_where_a_boundary_leaves_a_cue_empty_lengths_divide() -> None:
    read = read_document("film.srt", SRT.encode(), ReadOptions())
    written = read.write(
        ['A casa na colina está vazia há anos.<x id="1"/>', "- Quem?", "- Ninguém."]
    ).decode()
    first, second = words(written)[:2]
    assert first
    assert second
    assert f"{first} {second}".split() == ["A", "casa", "na", "colina", "está", "vazia", "há", "anos."]


def test_all_but_the_words_stays_byte_for_byte() -> None:
    vtt = (
        "WEBVTT - a film\r\n\r\nNOTE made by hand\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n"
        "intro\r\n00:01.000 --> 00:02.000 align:start position:10%\r\n<v Ann>Tom &amp; I</v> left.\r\n\r\n"
        "00:03.000 --> 00:04.000\r\nGood.\r\n"
    )
    assert texts_of("film.vtt", vtt.encode()) == ['<g id="1">Tom &amp; I</g> left.', "Good."]
    assert translated("film.vtt", vtt.encode()).decode() == vtt.replace(
        "<v Ann>Tom &amp; I</v> left.", "<v Ann>TOM &amp; I</v> LEFT."
    ).replace("Good.", "GOOD.")


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.sampled_from(["Go", "on.", "One <b>two</b>", "three\nfour", "5"])),
        min_size=1,
        max_size=12,
    )
)
def test_times_and_words_of_any_file_are_all_there(cues: list[tuple[int, str]]) -> None:
    file, at = pysubs2.SSAFile(), 0
    for pause, text in cues:
        event = pysubs2.SSAEvent(start=at + pause, end=at + pause + 800)
        event.plaintext = text.replace("<b>", "").replace("</b>", "")
        file.append(event)
        at += pause + 800
    data = file.to_string("srt")
    written = translated("film.srt", data.encode()).decode()
    assert times(written) == times(data)
    assert " ".join(words(written)).split() == " ".join(words(data)).upper().split()


def test_what_has_no_times_is_refused() -> None:
    with pytest.raises(ServiceError, match="no line with times"):
        read_document("film.srt", b"just words", ReadOptions())


def test_signs_that_webvtt_has_names_for_are_those_signs() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n&lrm;Tom &amp; cat&#39;s &lt;3\n"
    assert texts_of("film.vtt", vtt.encode()) == ["\u200eTom & cat's <3"]
    assert translated("film.vtt", vtt.encode()).decode().splitlines()[-1] == "&lrm;TOM &amp; CAT'S &lt;3"


def test_a_sign_that_is_written_by_its_name_is_not_cut() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nThis and\n\n00:02.000 --> 00:03.000\nthat too.\n"
    read = read_document("a.vtt", vtt.encode(), ReadOptions())
    assert read.write(["&amp;b"]).decode() == vtt.replace("This and", "&amp;").replace("that too.", "b")
