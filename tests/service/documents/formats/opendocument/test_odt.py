"""OpenDocument texts, made and read by odfpy."""

from __future__ import annotations

import io

import pytest
from odf import teletype
from odf.draw import Frame
from odf.opendocument import OpenDocumentText, load
from odf.style import Footer, Header, MasterPage, PageLayout, Style, TextProperties
from odf.svg import Desc, Title
from odf.table import Table, TableCell, TableRow
from odf.text import (
    A,
    BookmarkEnd,
    BookmarkStart,
    H,
    LineBreak,
    ListLevelStyleNumber,
    ListStyle,
    Note,
    NoteBody,
    NoteCitation,
    P,
    Span,
    Tab,
)

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "letter.odt"


def saved(document: OpenDocumentText) -> bytes:
    output = io.BytesIO()
    document.write(output)
    return output.getvalue()


def opened(data: bytes) -> OpenDocumentText:
    return load(io.BytesIO(data))


def with_bold() -> OpenDocumentText:
    document = OpenDocumentText()
    bold = Style(name="B", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    return document


def test_headings_spans_links_and_notes() -> None:
    document = with_bold()
    document.text.addElement(H(outlinelevel=1, text="A heading"))
    paragraph = P(text="Some ")
    paragraph.addElement(Span(stylename="B", text="bo"))
    paragraph.addElement(Span(stylename="B", text="ld"))
    paragraph.addText(" words and ")
    paragraph.addElement(A(href="https://example.org/", text="a link"))
    note = Note(noteclass="footnote")
    note.addElement(NoteCitation(text="1"))
    body = NoteBody()
    body.addElement(P(text="A note"))
    note.addElement(body)
    paragraph.addElement(note)
    paragraph.addText(".")
    document.text.addElement(paragraph)
    data = saved(document)
    assert texts_of(NAME, data) == [
        "A heading",
        'Some <g id="1">bold</g> words and <g id="2">a link</g><x id="3"/>.',
        "A note",
    ]
    text = opened(translated(NAME, data)).text
    heading, written = text.childNodes[-2:]
    assert teletype.extractText(heading) == "A HEADING"
    assert teletype.extractText(written) == "SOME BOLD WORDS AND A LINK1A NOTE."
    (link,) = written.getElementsByType(A)
    assert link.getAttribute("href") == "https://example.org/"
    (span,) = written.getElementsByType(Span)
    assert (span.getAttribute("stylename"), teletype.extractText(span)) == ("B", "BOLD")


def test_tables_breaks_headers_and_footers() -> None:
    document = OpenDocumentText()
    paragraph = P(text="Name:")
    paragraph.addElement(Tab())
    paragraph.addText("Ann")
    paragraph.addElement(LineBreak())
    paragraph.addText("Street: Main")
    document.text.addElement(paragraph)
    table, row, cell = Table(), TableRow(), TableCell()
    cell.addElement(P(text="A cell"))
    row.addElement(cell)
    table.addElement(row)
    document.text.addElement(table)
    layout = PageLayout(name="L")
    document.automaticstyles.addElement(layout)
    page = MasterPage(name="Standard", pagelayoutname=layout)
    header, footer = Header(), Footer()
    header.addElement(P(text="A header"))
    footer.addElement(P(text="A footer"))
    page.addElement(header)
    page.addElement(footer)
    document.masterstyles.addElement(page)
    written = opened(translated(NAME, saved(document)))
    paragraphs = [teletype.extractText(one) for one in written.text.getElementsByType(P)]
    assert paragraphs == ["NAME:\tANN\nSTREET: MAIN", "A CELL"]
    assert [teletype.extractText(one) for one in written.masterstyles.getElementsByType(P)] == [
        "A HEADER",
        "A FOOTER",
    ]


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(ServiceError, match="no zip archive"):
        read_document(NAME, b"nothing", ReadOptions())


def test_a_bookmark_stays_around_its_words() -> None:
    document = OpenDocumentText()
    paragraph = P(text="A ")
    paragraph.addElement(BookmarkStart(name="here"))
    paragraph.addText("black")
    paragraph.addElement(BookmarkEnd(name="here"))
    paragraph.addText(" cat sleeps.")
    document.text.addElement(paragraph)
    data = saved(document)
    assert texts_of(NAME, data) == ['A <g id="1">black</g> cat sleeps.']
    text = read_document(NAME, data, ReadOptions()).write(['Um gato <g id="1">preto</g> dorme.'])
    (written,) = opened(text).text.getElementsByType(P)
    kinds = [node.qname[1] if hasattr(node, "qname") else str(node) for node in written.childNodes]
    assert kinds == ["Um gato ", "bookmark-start", "preto", "bookmark-end", " dorme."]


def test_words_around_numbers() -> None:
    document = OpenDocumentText()
    style = ListStyle(name="L1")
    style.addElement(ListLevelStyleNumber(level=1, numformat="1", numprefix="Chapter ", numsuffix=":"))
    document.styles.addElement(style)
    data = saved(document)
    assert texts_of(NAME, data) == ["Chapter "]
    (written,) = opened(translated(NAME, data)).styles.getElementsByType(ListLevelStyleNumber)
    assert [written.getAttribute(name) for name in ("numprefix", "numsuffix")] == ["CHAPTER ", ":"]


def test_what_is_said_instead_of_a_picture() -> None:
    document = OpenDocumentText()
    frame = Frame(width="1cm", height="1cm")
    frame.addElement(Title(text="A dog"))
    frame.addElement(Desc(text="It sleeps"))
    paragraph = P(text="See ")
    paragraph.addElement(frame)
    document.text.addElement(paragraph)
    written = opened(translated(NAME, saved(document))).text
    said = [teletype.extractText(written.getElementsByType(kind)[0]) for kind in (Title, Desc)]
    assert said == ["A DOG", "IT SLEEPS"]
