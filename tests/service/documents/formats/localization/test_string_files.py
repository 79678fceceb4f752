"""Messages of programs in Java (`.properties`), for Apple's machines (`.strings`) and in .NET (`.resx`)."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

PROPERTIES = r"""# A note = not read
greeting = Hello, world\!
long=This is a long \
     message
! Another note
empty=
two\ words: Some caf\u00e9
only.key
"""
STRINGS = r"""/* A note "a" = "b"; */
"save.button" = "Save the \"file\"";
key2="One line\nTwo %@";  // "no" = "Not read";
"""
RESX = """<?xml version="1.0" encoding="utf-8"?>
<root>
  <resheader name="resmimetype"><value>text/microsoft-resx</value></resheader>
  <data name="Title" xml:space="preserve"><value>Some words</value><comment>A note</comment></data>
  <data name="&gt;&gt;button.Name" xml:space="preserve"><value>button</value></data>
  <data name="Icon" type="System.Drawing.Bitmap" mimetype="application/x"><value>words</value></data>
  <data name="Size" type="System.Drawing.Size, System.Drawing"><value>ten</value></data>
</root>"""


def test_properties_keep_all_but_their_values() -> None:
    data = PROPERTIES.encode()
    assert texts_of("a.properties", data) == ["Hello, world!", "This is a long message", "Some café"]
    assert translated("a.properties", data).decode() == (
        PROPERTIES.replace(r"Hello, world\!", "HELLO, WORLD!")
        .replace("This is a long \\\n     message", "THIS IS A LONG MESSAGE")
        .replace(r"Some caf\u00e9", r"SOME CAF\u00c9")
    )


@pytest.mark.parametrize(
    ("before", "after", "encoding"),
    [
        ("a=Some words", r"a=\u00c1 \ud83d\ude00", "ascii"),
        ("a=Some words é", "a=Á 😀", "utf-8"),
        ("b=é\na=Some words", "b=É\na=Á 😀", "utf-8"),
        ("b=\xe9 1\na=Some words", "b=\\u00c9 1\na=\\u00c1 \\ud83d\\ude00", "iso-8859-1"),
    ],
)
def test_letters_are_escaped_where_the_file_has_them_escaped(before: str, after: str, encoding: str) -> None:
    document = read_document("a.properties", before.encode(encoding), ReadOptions())
    written = document.write(
        ["Á 😀" if "Some" in one.text else one.text.upper() for one in document.segments]
    )
    assert written == after.encode(encoding)


def test_quotes_of_messages_with_arguments_stay_two() -> None:
    data = b"a={0}''s file\nb=It's here\nc='{0}' is kept"
    assert texts_of("a.properties", data) == ["{0}'s file", "It's here", "'{0}' is kept"]
    assert translated("a.properties", data) == b"a={0}''S FILE\nb=IT'S HERE\nc='{0}' IS KEPT"


def test_strings_keep_all_but_their_values() -> None:
    expected = STRINGS.replace("Save", "SAVE").replace("the", "THE").replace("file", "FILE")
    expected = expected.replace("One line", "ONE LINE").replace("Two", "TWO")
    for data, encoding in (
        (STRINGS.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + STRINGS.encode("utf-16-le"), "utf-16"),
    ):
        assert texts_of("a.strings", data) == ['Save the "file"', "One line\nTwo %@"]
        assert translated("a.strings", data).decode(encoding) == expected


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@pytest.mark.parametrize(("name", "file"), [("a.properties", "a=word"), ("a.strings", '"a" = "word";')])
def test_what_is_written_is_read_again(name: str, file: str, text: str) -> None:
    said = f"word {text}"
    written = read_document(name, file.encode(), ReadOptions()).write([said])
    assert texts_of(name, written) == [said]


def test_resources_of_net_keep_all_but_their_texts() -> None:
    data = codecs.BOM_UTF8 + RESX.replace("\n", "\r\n").encode()
    assert texts_of("a.resx", data) == ["Some words"]
    written = translated("a.resx", data)
    assert written.startswith(codecs.BOM_UTF8)
    assert written.count(b"\r\n") == written.count(b"\n") == RESX.count("\n")
    values = [value.text for value in etree.fromstring(written).iter("value")]
    assert values == ["text/microsoft-resx", "SOME WORDS", "button", "words", "ten"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.strings", b"some words", "no message"),
        ("a.resx", b"<resources/>", "its root is not root"),
        ("a.resx", b"some words", "no valid XML"),
    ],
)
def test_what_is_no_such_file_is_refused(name: str, data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(name, data)
