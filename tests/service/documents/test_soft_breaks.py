"""Lines that end within a sentence, in files of their own libraries."""

from __future__ import annotations

import io

import docx
import pptx
import pytest
from docx.enum.text import WD_BREAK
from odf import teletype
from odf.opendocument import OpenDocumentText, load
from odf.text import LineBreak, P
from pptx.util import Inches

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.formats.office.test_docx import opened, saved
from tests.service.documents.stand_in import texts_of

BROKEN = 'O segundo trimestre <x id="1"/>do ano'


def test_a_sentence_goes_on_in_the_next_line() -> None:
    document = docx.Document()
    document.add_paragraph("The second\nquarter of the year")
    read = read_document("a.docx", saved(document), ReadOptions())
    assert [segment.text for segment in read.segments] == ['The second <x id="1"/>quarter of the year']
    assert opened(read.write([BROKEN])).paragraphs[0].text == "O segundo trimestre\ndo ano"


@pytest.mark.parametrize(
    "text", ["Ann Smith\nThe Road 12", "apples\npears", "It is late.\nwe go", "1 2 3\nwords", "Name: \nx"]
)
def test_lines_of_their_own_are_texts_of_their_own(text: str) -> None:
    document = docx.Document()
    document.add_paragraph(text)
    words = [line.strip() for line in text.split("\n") if any(map(str.isalpha, line))]
    assert [one.strip() for one in texts_of("a.docx", saved(document))] == words


def test_pages_end_texts() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The second")
    paragraph.runs[0].add_break(WD_BREAK.PAGE)
    paragraph.add_run("quarter of the year")
    assert texts_of("a.docx", saved(document)) == ["The second", "quarter of the year"]


def test_a_broken_line_keeps_the_looks_on_both_its_sides() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The second")
    paragraph.add_run("\nquarter").bold = True
    paragraph.add_run(" of the year")
    read = read_document("a.docx", saved(document), ReadOptions())
    (segment,) = read.segments
    assert segment.text == 'The second <x id="1"/><g id="2">quarter</g> of the year'
    written = opened(read.write(['O segundo <x id="1"/><g id="2">trimestre</g> do ano'])).paragraphs[0]
    assert written.text == "O segundo\ntrimestre do ano"
    assert [run.bold for run in written.runs if run.text.strip()] == [None, True, None]


def test_slides_and_open_documents_alike() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = "The second\vquarter of the year"
    output = io.BytesIO()
    presentation.save(output)
    written = pptx.Presentation(
        io.BytesIO(read_document("a.pptx", output.getvalue(), ReadOptions()).write([BROKEN]))
    )
    assert written.slides[0].shapes[0].text_frame.text == "O segundo trimestre\vdo ano"
    document, paragraph = OpenDocumentText(), P(text="The second")
    paragraph.addElement(LineBreak())
    paragraph.addText("quarter of the year")
    document.text.addElement(paragraph)
    output = io.BytesIO()
    document.write(output)
    data = read_document("a.odt", output.getvalue(), ReadOptions()).write([BROKEN])
    (paragraph,) = load(io.BytesIO(data)).text.getElementsByType(P)
    assert teletype.extractText(paragraph) == "O segundo trimestre\ndo ano"
