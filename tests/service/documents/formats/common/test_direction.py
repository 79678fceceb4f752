"""Translations into Hebrew, and from it, in the hands of the formats' own libraries."""

from __future__ import annotations

import io
from typing import Any

import docx
import lxml.html
import pptx
import pytest
from docx.oxml.ns import qn
from odf.opendocument import OpenDocumentText, load
from odf.style import DefaultStyle, ParagraphProperties, Style
from odf.text import P
from openpyxl import Workbook, load_workbook

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document

TO, FROM = ReadOptions(source_lang="en", target_lang="he"), ReadOptions(source_lang="he", target_lang="en")
WORDS = {"Some words.": "כמה מילים.", "bold": "מודגש", "code()": "code()"}
BACK = {hebrew: english for english, hebrew in WORDS.items()}


def translated(name: str, data: bytes, options: ReadOptions = TO) -> bytes:
    read = read_document(name, data, options)
    words = WORDS if options is TO else BACK
    return read.write([words.get(one.text, one.text) for one in read.segments])


def saved(document: Any) -> bytes:
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def test_words_paragraphs_and_tables_run_from_the_right_and_back() -> None:
    document = docx.Document()
    document.add_paragraph("Some words.").paragraph_format.space_after = 0
    document.add_paragraph("code()")
    document.add_table(1, 1, style="Table Grid").cell(0, 0).paragraphs[0].add_run("bold").bold = True
    data = translated("a.docx", saved(document))
    written = docx.Document(io.BytesIO(data))
    first, code = written.paragraphs
    assert [one.tag for one in first._p.find(qn("w:pPr"))] == [qn("w:bidi"), qn("w:spacing")]
    assert first.runs[0].font.rtl
    assert code._p.find(f".//{qn('w:bidi')}") is None
    bold = written.tables[0].cell(0, 0).paragraphs[0].runs[0].font
    assert (bold.rtl, bold.bold, bold.cs_bold) == (True, True, True)
    properties = written.tables[0]._tbl.tblPr
    assert [one.tag for one in properties][:2] == [qn("w:tblStyle"), qn("w:bidiVisual")]
    again = docx.Document(io.BytesIO(translated("a.docx", data, FROM)))
    names = ("w:bidi", "w:rtl", "w:bidiVisual")
    assert next(again.element.body.iter(*map(qn, names)), None) is None


def test_slides_run_from_the_right_on_the_other_side() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.placeholders[1].text = "Some words."
    data = translated("a.pptx", saved(presentation))
    written = pptx.Presentation(io.BytesIO(data))
    (paragraph,) = written.slides[0].placeholders[1].text_frame.paragraphs
    assert paragraph._p.pPr.get("rtl") == "1"
    levels = next(written.slide_master.element.iter("{*}bodyStyle"))
    assert {(one.get("algn"), one.get("rtl")) for one in levels} == {("r", "1")}
    titles = next(written.slide_master.element.iter("{*}titleStyle"))
    assert titles[0].get("algn") == "ctr"


def test_sheets_begin_at_the_right() -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "Some words."
    book.create_sheet("Sheet2")["A1"] = "=LEN(Sheet!A1)"
    written = load_workbook(io.BytesIO(translated("a.xlsx", saved(book))))
    assert [sheet.sheet_view.rightToLeft for sheet in written.worksheets] == [True, True]
    assert written["Sheet"]["A1"].value == WORDS["Some words."]


def test_open_documents_run_from_the_right() -> None:
    document = OpenDocumentText()
    document.styles.addElement(DefaultStyle(family="paragraph"))
    style = Style(name="Left", family="paragraph")
    style.addElement(ParagraphProperties(textalign="left"))
    document.styles.addElement(style)
    document.text.addElement(P(text="Some words."))
    written = load(io.BytesIO(translated("a.odt", saved(document))))
    default, left = written.styles.getElementsByType(ParagraphProperties)
    assert default.getAttribute("writingmode") == "rl-tb"
    assert left.getAttribute("textalign") == "start"


@pytest.mark.parametrize("root", ['<html lang="en">', '<html dir="ltr" lang=en>'])
def test_a_page_says_from_which_side_it_is_read(root: str) -> None:
    page = translated("a.html", f"<!DOCTYPE html>{root}<p>Some words.</p></html>".encode())
    assert dict(lxml.html.fromstring(page).attrib) == {"lang": "he", "dir": "rtl"}


def test_what_runs_as_before_is_not_turned() -> None:
    document = docx.Document()
    document.add_paragraph("Some words.")
    read = read_document("a.docx", saved(document), ReadOptions(source_lang="en", target_lang="pt"))
    assert b"bidi" not in docx.Document(io.BytesIO(read.write(["Palavras."]))).element.xml.encode()
