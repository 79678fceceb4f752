"""Android's `strings.xml`, made by hand as Android Studio has it, and read again by translate-toolkit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from translate.storage.aresource import AndroidResourceFile

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

RESOURCES = r"""<?xml version="1.0" encoding="utf-8"?>
<!-- A note -->
<resources xmlns:xliff="urn:oasis:names:tc:xliff:document:1.2" xmlns:tools="http://schemas.android.com/tools"
  tools:locale='en'>
  <string name="app" translatable="false">Kept</string>
  <string   name="escaped">It\'s \"one\"\u0020word &amp; a cat.\nAnd\ttabs</string>
  <string name="quoted">"  Blanks   that count  "</string>
  <string name="reference">@string/app</string>
  <string name="empty"/>
  <string name="wide">
    A text on
    two lines
  </string>
  <plurals name="files">
    <item quantity="one">%d file</item>
    <item quantity="other">%d files</item>
  </plurals>
  <string-array name="days"><item>Monday</item><item translatable="false">kept</item></string-array>
  <integer-array name="numbers"><item>words</item></integer-array>
</resources>
"""


def resource(content: str) -> bytes:
    return f'<resources xmlns:x="urn:x"><string name="a">{content}</string></resources>'.encode()


def content_of(data: bytes) -> str:
    return data.decode().partition('name="a">')[2].partition("</string></resources>")[0]


def test_all_but_the_words_stays() -> None:
    data = RESOURCES.replace("\n", "\r\n").encode()
    assert texts_of("strings.xml", data) == [
        'It\'s "one" word & a cat.',
        "And\ttabs",
        "Blanks   that count",
        "A text on two lines",
        "%d file",
        "%d files",
        "Monday",
    ]
    expected = (
        RESOURCES.replace("tools:locale='en'", 'tools:locale="pt"')
        .replace(
            r"It\'s \"one\"\u0020word &amp; a cat.\nAnd\ttabs", r"IT\'S \"ONE\" WORD &amp; A CAT.\nAND\tTABS"
        )
        .replace("Blanks   that count", "BLANKS   THAT COUNT")
        .replace("A text on\n    two lines", "A TEXT ON TWO LINES")
        .replace("%d file<", "%D FILE<")
        .replace("%d files", "%D FILES")
        .replace("Monday", "MONDAY")
    )
    assert translated("strings.xml", data) == expected.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("See <b>my</b> file", "SEE <b>MY</b> FILE"),
        ('Hello <x:g id="a" example="Ana">%1$s</x:g>!', 'HELLO <x:g id="a" example="Ana">%1$s</x:g>!'),
        ('<![CDATA[Read <a href="x">it\'s</a>]]>', '<![CDATA[READ <a href="x">IT\\\'S</a>]]>'),
        ("One <![CDATA[& two]]>", "ONE &amp; TWO"),
        ("Words <!-- of a note --> here", "WORDS <!-- of a note --> HERE"),
        ("1 &lt; 2 words", "1 &lt; 2 WORDS"),
        ("?attr/colorPrimary", "?attr/colorPrimary"),
        (r"\@home", r"\@HOME"),
    ],
)
def test_marks_stay_as_they_are(before: str, after: str) -> None:
    assert content_of(translated("strings.xml", resource(before))) == after


def test_a_language_gets_all_of_its_plurals() -> None:
    data = RESOURCES.encode()
    written = translated("strings.xml", data, ReadOptions(target_lang="pl"))
    other = '<item quantity="other">%D FILES</item>'
    added = "".join(f"\n    {other.replace('other', name)}" for name in ("few", "many"))
    assert f"{other}{added}\n  </plurals>" in written.decode()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_another_reader_reads_what_is_written(text: str) -> None:
    said = f"word {text} word"
    written = read_document("strings.xml", resource("word"), ReadOptions()).write([said])
    (unit,) = AndroidResourceFile.parsestring(written).units
    assert unit.target.split() == said.split()
    assert " ".join(texts_of("strings.xml", written)).split() == said.split()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<project/>", "its root is not resources"),
        (b"<resources><string></resources>", "no valid XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><resources/>', "entities"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of("strings.xml", data)


def test_letters_that_an_encoding_has_not_are_written_by_their_numbers() -> None:
    data = (
        '<?xml version="1.0" encoding="iso-8859-1"?><resources><string name="a">Café é</string></resources>'
    )
    document = read_document("strings.xml", data.encode("iso-8859-1"), ReadOptions())
    assert '<string name="a">é &#322;</string>'.encode("iso-8859-1") in document.write(["é ł"])
