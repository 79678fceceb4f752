from __future__ import annotations

import io
import zipfile

import pytest
from ebooklib import ITEM_DOCUMENT, epub

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.formats.spreadsheets.test_xlsx import xml_edited
from tests.service.documents.stand_in import texts_of, translated

NAME = "a.epub"
BODY = """<h1 id="top">The house</h1>
<p>The <b>black
   cat</b> sleeps<a href="two.xhtml#n" title="A note"><sup>1</sup></a>.<br/>It is old.</p>
<ul><li>Milk<ul><li>Bread</li></ul></li></ul><pre>Stays</pre><p>Press <code>Enter</code> now</p>
<p translate="no">Stays</p><p><span class="notranslate">Stays</span></p><img src="a.png" alt="A cat"/>"""


def book() -> bytes:
    made, output = epub.EpubBook(), io.BytesIO()
    made.set_identifier("1")
    made.set_title("The cat")
    made.set_language("en")
    made.add_author("Some Body")
    made.add_metadata("DC", "description", "A story")
    page = epub.EpubHtml(title="One", file_name="one.xhtml", lang="en")
    page.content = f"<html><body>{BODY}</body></html>"
    made.add_item(page)
    made.toc = [epub.Link("one.xhtml", "One", "one")]
    made.add_item(epub.EpubNcx())
    made.add_item(epub.EpubNav())
    made.spine = ["nav", page]
    epub.write_epub(output, made)
    return output.getvalue()


def opened(data: bytes) -> epub.EpubBook:
    return epub.read_epub(io.BytesIO(data))


def test_pages_contents_and_title_are_translated() -> None:
    data = translated(NAME, book(), ReadOptions(target_lang="pt-BR"))
    written = opened(data)
    assert [written.title, written.get_metadata("DC", "language")[0][0]] == ["THE CAT", "pt-BR"]
    assert written.get_metadata("DC", "description")[0][0] == "A STORY"
    assert written.get_metadata("DC", "creator")[0][0] == "Some Body"
    pages = {one.file_name: one.content.decode() for one in written.get_items_of_type(ITEM_DOCUMENT)}
    page = pages["one.xhtml"]
    for part in (
        '<h1 id="top">THE HOUSE</h1>',
        "<p>THE <b>BLACK CAT</b> SLEEPS<a",
        'title="A NOTE"><sup>1</sup></a>.<br/>IT IS OLD.</p>',
        "<li>MILK<ul><li>BREAD</li></ul></li>",
        "<pre>Stays</pre>",
        "<p>PRESS <code>Enter</code> NOW</p>",
        '<p translate="no">Stays</p>',
        '<span class="notranslate">Stays</span>',
        'alt="A CAT"',
    ):
        assert part in page
    assert [link.title for link in written.toc] == ["ONE"]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        first = parts.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert b"<text>ONE</text>" in parts.read("EPUB/toc.ncx")


def test_letters_by_name_are_read() -> None:
    data = xml_edited(book(), "EPUB/one.xhtml", ("The house", "The&nbsp;house &amp; caf&eacute;"))
    assert "The\xa0house & café" in texts_of(NAME, data)


def test_an_element_that_comes_apart_keeps_its_name_once() -> None:
    data = xml_edited(book(), "EPUB/one.xhtml", ("<b>black", '<b id="b">black'))
    read = read_document(NAME, data, ReadOptions())
    apart = '<g id="1">O</g> gato <g id="1">preto</g>'
    written = read.write([apart if "black" in one.text else one.text for one in read.segments])
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        assert b'<p><b id="b">O</b> gato <b>preto</b>' in parts.read("EPUB/one.xhtml")


def test_a_book_from_the_other_side_is_turned() -> None:
    data = translated(NAME, book(), ReadOptions(source_lang="en", target_lang="ar"))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b'page-progression-direction="rtl"' in parts.read("EPUB/content.opf")
        assert b'dir="rtl"' in parts.read("EPUB/one.xhtml")


@pytest.mark.parametrize("algorithm", ["http://www.idpf.org/2008/embedding", "another"])
def test_a_book_that_is_protected_is_refused(algorithm: str) -> None:
    output = io.BytesIO(book())
    with zipfile.ZipFile(output, "a") as parts:
        method = f'<EncryptionMethod xmlns="http://www.w3.org/2001/04/xmlenc#" Algorithm="{algorithm}"/>'
        parts.writestr("META-INF/encryption.xml", f"<encryption>{method}</encryption>")
    if algorithm != "another":  # of typefaces only
        assert texts_of(NAME, output.getvalue())
    else:
        with pytest.raises(ServiceError, match="protected against being copied"):
            texts_of(NAME, output.getvalue())


def test_an_archive_that_is_no_book_is_refused() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as parts:
        parts.writestr("mimetype", "application/zip")
    with pytest.raises(ServiceError, match="no book"):
        texts_of(NAME, output.getvalue())
