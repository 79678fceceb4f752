"""Subtitles in TTML, read by lxml, and in YouTube's SBV."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:s="urn:style"
  ttp:frameRate="25" xml:lang='en'>
  <head><metadata><title>A title</title></metadata></head>
  <body><div>
    <p begin="00:00:01.000" end="00:00:02:10">The house on the hill</p>
    <p begin="2600ms" dur="1.4s" region="r">
      has been <s:span s:color="red">empty</s:span><br/>for years &amp; <!-- a note --> more.
    </p>
    <p begin="5s" end="6s">- Who lives there?<br />- Nobody.</p>
    <p begin="7s" end="8s">123</p>
    <p begin="8s" end="9s"><![CDATA[Kept & so]]></p>
  </div>
  <div xml:lang="fr"><p begin="1s" end="2s">Une maison</p></div></body>
</tt>
"""
SBV = """0:00:01.000,0:00:02.500
The house on the

0:00:02.600,0:00:04.000
hill is empty.

0:00:05.000,0:00:06.000
5
"""
TEXTS = [
    'The house on the hill <x id="1"/>has been <g id="2">empty</g> for years &amp; more.',
    "- Who lives there?",
    "- Nobody.",
]
ENGLISH = ReadOptions(source_lang="en", target_lang="pt")


def cues(data: bytes) -> list[str]:
    texts = (" ".join(p.itertext()) for p in etree.fromstring(data).iter("{*}p"))
    return [" ".join(text.split()) for text in texts]


def test_a_sentence_over_two_cues_is_translated_whole_and_divided_again() -> None:
    assert texts_of("film.ttml", TTML.encode(), ENGLISH) == TEXTS
    document = read_document("film.ttml", TTML.encode(), ENGLISH)
    written = document.write(
        ['A casa na colina <x id="1"/>está <g id="2">vazia</g> há &lt;anos&gt;.', "- Quem?", "- Ninguém."]
    ).decode()
    expected = (
        TTML.replace("The house on the hill", "A casa na colina")
        .replace(
            'has been <s:span s:color="red">empty</s:span><br/>for years &amp; <!-- a note --> more.',
            'está <s:span s:color="red">vazia</s:span><br/>há &lt;anos&gt;.',
        )
        .replace("Who lives there?<br />- Nobody", "Quem?<br />- Ninguém")
        .replace("xml:lang='en'", "xml:lang='pt'")
    )
    assert written == expected
    assert document.notices == ("Cues with CDATA or instructions are as they were (1).",)


def test_a_break_is_written_as_the_file_has_it() -> None:
    data = b'<t:tt xmlns:t="http://www.w3.org/2006/10/ttaf1"><t:p>some<t:br/>words</t:p></t:tt>'
    assert translated("film.dfxp", data) == data.replace(b"some", b"SOME").replace(b"words", b"WORDS")


@given(
    st.lists(
        st.sampled_from(["a ", "b. ", "&amp;", '<x id="1"/>', '<g id="2">', "</g>", '<x id="9"/>', "word "])
    )
)
def test_what_is_written_is_well_formed(pieces: list[str]) -> None:
    document = read_document("film.ttml", TTML.encode(), ENGLISH)
    written = document.write(["".join(pieces), *TEXTS[1:]])
    assert len(cues(written)) == len(cues(TTML.encode()))
    assert cues(written)[3:] == cues(TTML.encode())[3:]


def test_cues_of_youtube_are_read_as_others() -> None:
    for line_end in ("\n", "\r\n"):
        data = SBV.replace("\n", line_end).encode()
        assert texts_of("film.sbv", data) == ['The house on the <x id="1"/>hill is empty.']
        written = translated("film.sbv", data).decode()
        expected = SBV.replace("The house on the", "THE HOUSE ON THE").replace(
            "hill is empty", "HILL IS EMPTY"
        )
        assert written == expected.replace("\n", line_end)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.ttml", b"<html/>", "its root is not tt"),
        ("a.dfxp", b"some words", "no valid XML"),
        ("a.sbv", b"some words", "no line with times, such as 0:00:01"),
        ("a.sbv", b"00:00:01,000 --> 00:00:02,000\nwords\n", "no line with times"),
    ],
)
def test_what_is_no_such_file_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(name, data)
