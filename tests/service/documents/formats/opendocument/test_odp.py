from __future__ import annotations

import io

import pytest
from odf.draw import Frame, Page, TextBox
from odf.opendocument import OpenDocumentPresentation, OpenDocumentText, load
from odf.presentation import FooterDecl, Notes
from odf.style import MasterPage, PageLayout
from odf.text import P, Span

from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated


def saved(document: OpenDocumentPresentation) -> bytes:
    output = io.BytesIO()
    document.write(output)
    return output.getvalue()


def box(*content: object) -> Frame:
    frame, inner, paragraph = Frame(width="10cm", height="2cm"), TextBox(), P()
    for one in content:
        paragraph.addText(one) if isinstance(one, str) else paragraph.addElement(one)
    inner.addElement(paragraph)
    frame.addElement(inner)
    return frame


def slides() -> bytes:
    document = OpenDocumentPresentation()
    layout = PageLayout(name="layout")
    document.automaticstyles.addElement(layout)
    document.masterstyles.addElement(MasterPage(name="master", pagelayoutname=layout))
    document.presentation.addElement(FooterDecl(name="foot", text="The footer"))
    page, notes = Page(masterpagename="master", name="Stays"), Notes()
    page.addElement(box("Some ", Span(text="bold"), " words"))
    notes.addElement(box("Say hello"))
    page.addElement(notes)
    document.presentation.addElement(page)
    return saved(document)


def test_slides_notes_and_footers_are_translated() -> None:
    data = slides()
    assert texts_of("a.odp", data) == ['Some <g id="1">bold</g> words', "Say hello", "The footer"]
    written = load(io.BytesIO(translated("a.odp", data)))
    assert [str(one) for one in written.getElementsByType(P)] == ["SOME BOLD WORDS", "SAY HELLO"]
    assert [str(one) for one in written.getElementsByType(FooterDecl)] == ["THE FOOTER"]
    assert written.getElementsByType(Page)[0].getAttribute("name") == "Stays"


def test_a_text_is_no_slides() -> None:
    with pytest.raises(ServiceError, match=r"it is a \.odt file"):
        texts_of("a.odp", saved(OpenDocumentText()))
