from __future__ import annotations

import html

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated


@given(st.text("ab \n\r\t#`-", max_size=400), st.sampled_from(["a.txt", "a.md"]))
def test_portions_together_are_the_text(text: str, name: str) -> None:
    assert translated(name, text.encode()).decode() == text.upper()


def test_a_long_text_comes_in_portions_that_end_at_blank_lines() -> None:
    text = "\n\n".join(["Some words in a paragraph." * 8] * 100)
    portions = texts_of("a.txt", text.encode())
    assert len(portions) > 2
    assert "".join(portions) == text


def test_markdown_is_cut_at_headings_outside_of_code_only() -> None:
    section = "# A heading\n\n" + "Some words. " * 400 + "\n\n```\n# no heading\n```\n\n"
    portions = texts_of("a.md", (section * 8).encode())
    assert len(portions) > 2
    assert all(portion.startswith("# A heading") and portion.count("```") % 2 == 0 for portion in portions)


def test_markdown_whose_links_are_defined_elsewhere_is_read_whole() -> None:
    text = "# One\n\n" + "See [this][a]. " * 1000 + "\n\n# Two\n\nMore.\n\n[a]: https://example.org/\n"
    assert texts_of("a.md", text.encode()) == [text]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_with_a_mark_stays(encoding: str) -> None:
    data = "Olá, mundo.".encode(encoding)
    assert translated("a.txt", data) == "OLÁ, MUNDO.".encode(encoding)


def test_an_encoding_that_was_guessed_is_said() -> None:
    text = "Já não há mais maçãs à venda; o pão é só de manhã, e os limões também não são daqui. " * 3
    document = read_document("a.txt", text.encode("latin-1"), ReadOptions(source_lang="pt-BR"))
    assert document.segments[0].text == text
    assert "not in UTF-8" in document.notices[0]
    assert document.write([text]) == text.encode()


@pytest.mark.parametrize("name", ["a.png", "a", "a.doc", "a.docm", "a.pdf", "a.fodt"])
def test_other_kinds_are_refused_with_what_there_is(name: str) -> None:
    with pytest.raises(ServiceError) as raised:
        read_document(name, b"", ReadOptions())
    assert (raised.value.status, raised.value.code) == (415, "document_unsupported")


def test_bytes_are_no_text() -> None:
    with pytest.raises(ServiceError, match="no text"):
        read_document("a.txt", b"\x00\x01\x02", ReadOptions())


PAGE = "<html><head>{meta}</head><body>{words}</body></html>"
META = '<meta http-equiv="Content-Type" content="text/html; charset={name}">'


@pytest.mark.parametrize(
    ("name", "encoding", "words"),
    [
        ("windows-1251", "cp1251", "Добрый день"),
        ("shift_jis", "cp932", "猫です"),
        ("iso-2022-jp", "iso-2022-jp", "猫です"),
        ("iso-8859-1", "cp1252", "All of it in ASCII"),
    ],
)
def test_a_page_stays_in_the_encoding_that_it_declares(name: str, encoding: str, words: str) -> None:
    page = PAGE.format(meta=META.format(name=name), words=words)
    document = read_document("a.html", page.encode(encoding), ReadOptions())
    assert [segment.text for segment in document.segments] == [page]
    assert document.notices == ()
    written = document.write([page.replace(words, "maçã – 猫")])
    assert html.unescape(written.decode(encoding)) == page.replace(words, "maçã – 猫")


@pytest.mark.parametrize("meta", ["", META.format(name="iso-8859-1")])
def test_a_page_in_utf_8_says_so_in_the_translation(meta: str) -> None:
    page = PAGE.format(meta=meta, words="Olá" if meta else "Hello")
    document = read_document("a.html", page.encode(), ReadOptions())
    written = document.write([page.replace("Hello", "Olá")])
    # As a browser reads it: by what it declares.
    assert lxml.html.fromstring(written).findtext("body") == "Olá"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<html class="no-js" lang="en-US">', '<html class="no-js" lang="pt-BR">'),
        ("<HTML LANG=en>", "<HTML LANG=pt-BR>"),
        ('<html data-lang="en">', '<html data-lang="en">'),
        ("<p lang=en>", "<p lang=en>"),
    ],
)
def test_a_page_says_the_language_that_it_is_in(before: str, after: str) -> None:
    read = read_document("a.html", f"{before}<p>words".encode(), ReadOptions(target_lang="pt_br"))
    assert read.write([segment.text for segment in read.segments]) == f"{after}<p>words".encode()
