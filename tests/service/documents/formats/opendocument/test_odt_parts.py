"""What OpenDocument texts have besides their paragraphs: charts, fields, forms, indexes."""

from __future__ import annotations

import io
import zipfile

from lxml import etree
from odf import teletype
from odf.chart import Chart, PlotArea
from odf.chart import Title as ChartTitle
from odf.dc import Title as PropertyTitle
from odf.draw import Frame, Image, Object
from odf.form import Button, Form
from odf.namespaces import XMLNS
from odf.office import Forms
from odf.opendocument import OpenDocumentChart, OpenDocumentText
from odf.text import (
    AlphabeticalIndexMark,
    ChangedRegion,
    ConditionalText,
    Deletion,
    IndexTitleTemplate,
    P,
    PageNumber,
    ReferenceRef,
    Ruby,
    RubyBase,
    RubyText,
    S,
    Span,
    TableOfContent,
    TableOfContentSource,
    Title,
    TrackedChanges,
)

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.formats.opendocument.test_odt import NAME, opened, saved
from tests.service.documents.stand_in import texts_of, translated


def test_a_chart_is_translated_and_its_old_picture_is_not_shown_any_more() -> None:
    document, inner = OpenDocumentText(), OpenDocumentChart()
    chart = Chart(attributes={"class": "chart:bar"})
    title = ChartTitle()
    title.addElement(P(text="The costs"))
    chart.addElement(title)
    chart.addElement(PlotArea())
    inner.chart.addElement(chart)
    frame = Frame(width="4cm", height="3cm")
    frame.addElement(Object(href=document.addObject(inner)))
    frame.addElement(Image(href="./ObjectReplacements/Object 1"))
    paragraph = P()
    paragraph.addElement(frame)
    document.text.addElement(paragraph)
    document.text.addElement(P(text="Some words"))
    data = saved(document)
    assert texts_of(NAME, data) == ["Some words", "The costs"]
    written = translated(NAME, data)
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        words = etree.fromstring(parts.read("Object 1/content.xml")).itertext()
    assert "".join(words).strip() == "THE COSTS"
    text = opened(written).text
    assert (len(text.getElementsByType(Object)), len(text.getElementsByType(Image))) == (1, 0)


def test_what_fields_repeat_of_the_document_is_translated_where_it_comes_from_too() -> None:
    document, paragraph = OpenDocumentText(), P(text="In ")
    document.meta.addElement(PropertyTitle(text="The report"))
    paragraph.addElement(Title(text="The report"))
    paragraph.addText(" see ")
    paragraph.addElement(ReferenceRef(text="Our costs"))
    document.text.addElement(paragraph)
    written = opened(translated(NAME, saved(document)))
    assert teletype.extractText(written.text.getElementsByType(P)[0]) == "IN THE REPORT SEE OUR COSTS"
    assert teletype.extractText(written.meta.getElementsByType(PropertyTitle)[0]) == "THE REPORT"


def test_what_fields_show_that_is_no_text_of_the_document_is_a_word() -> None:
    document, paragraph = OpenDocumentText(), P(text="Page ")
    paragraph.addElement(PageNumber(text="3"))
    paragraph.addText(" of many")
    document.text.addElement(paragraph)
    data = saved(document)
    assert texts_of(NAME, data) == ['Page <x id="1" translate="no"/> of many']
    text = opened(translated(NAME, data)).text
    assert teletype.extractText(text.getElementsByType(P)[0]) == "PAGE 3 OF MANY"


def test_buttons_and_titles_of_indexes() -> None:
    document = OpenDocumentText()
    forms, form = Forms(), Form(name="f")
    form.addElement(Button(id="b", name="save", label="Save it"))
    forms.addElement(form)
    document.text.addElement(forms)
    contents, source = TableOfContent(name="c"), TableOfContentSource()
    source.addElement(IndexTitleTemplate(text="Contents"))
    contents.addElement(source)
    document.text.addElement(contents)
    text = opened(translated(NAME, saved(document))).text
    (button,) = text.getElementsByType(Button)
    assert (button.getAttribute("label"), button.getAttribute("name")) == ("SAVE IT", "save")
    assert teletype.extractText(text.getElementsByType(IndexTitleTemplate)[0]) == "CONTENTS"


def test_words_with_their_reading_above_them_are_translated_without_it() -> None:
    document, paragraph, ruby = OpenDocumentText(), P(text="One "), Ruby()
    ruby.addElement(RubyBase(text="word"))
    ruby.addElement(RubyText(text="reading"))
    paragraph.addElement(ruby)
    document.text.addElement(paragraph)
    (written,) = opened(translated(NAME, saved(document))).text.getElementsByType(P)
    assert teletype.extractText(written) == "ONE WORD"


def test_deletions_stay_and_are_told() -> None:
    document, changes, region, deleted = (
        OpenDocumentText(),
        TrackedChanges(),
        ChangedRegion(qattributes={(XMLNS, "id"): "c"}),
        Deletion(),
    )
    deleted.addElement(P(text="old"))
    region.addElement(deleted)
    changes.addElement(region)
    document.text.addElement(changes)
    document.text.addElement(P(text="new"))
    read = read_document(NAME, saved(document), ReadOptions())
    assert [segment.text for segment in read.segments] == ["new"]
    assert "deleted" in read.notices[0]


def test_spans_in_spans_to_any_depth() -> None:
    document, paragraph = OpenDocumentText(), P()
    inner = paragraph
    for _ in range(230):
        span = Span(stylename="S")
        inner.addElement(span)
        inner = span
    inner.addText("word")
    document.text.addElement(paragraph)
    (written,) = opened(translated(NAME, saved(document))).text.getElementsByType(P)
    assert teletype.extractText(written) == "WORD"


def test_blanks_are_blanks_however_they_are_written() -> None:
    document, paragraph = OpenDocumentText(), P()
    paragraph.addElement(S())
    paragraph.addText("One")
    paragraph.addElement(S(c=1))
    paragraph.addElement(Span(text="two"))
    paragraph.addElement(S(c=1))
    paragraph.addText("three\n  four")
    paragraph.addElement(S(c=8))
    paragraph.addText("five")
    document.text.addElement(paragraph)
    data = saved(document)
    assert texts_of(NAME, data) == [' One <g id="1">two</g> three four', "five"]
    read = read_document(NAME, data, ReadOptions())
    (written,) = opened(read.write([' um  <g id="1"> dois</g> três', "cinco"])).text.getElementsByType(P)
    assert teletype.extractText(written) == " um   dois três" + " " * 8 + "cinco"


def test_what_fields_are_made_from_is_translated() -> None:
    document, paragraph = OpenDocumentText(), P(text="Dear ")
    condition = ConditionalText(condition="ooow:1", stringvalueiftrue="Madam", stringvalueiffalse="Sir")
    condition.addText("Madam")
    paragraph.addElement(condition)
    paragraph.addElement(AlphabeticalIndexMark(stringvalue="Cat", key1="Animals"))
    document.text.addElement(paragraph)
    text = opened(translated(NAME, saved(document))).text
    (condition,) = text.getElementsByType(ConditionalText)
    shown = [condition.getAttribute(one) for one in ("stringvalueiftrue", "stringvalueiffalse")]
    assert [*shown, teletype.extractText(condition)] == ["MADAM", "SIR", "MADAM"]
    (mark,) = text.getElementsByType(AlphabeticalIndexMark)
    assert [mark.getAttribute("stringvalue"), mark.getAttribute("key1")] == ["CAT", "ANIMALS"]
