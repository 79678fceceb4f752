"""Slides, made and read by python-pptx."""

from __future__ import annotations

import io
import zipfile

import pptx
from lxml import etree
from openpyxl import load_workbook
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.presentation import Presentation
from pptx.util import Inches

from tests.service.documents.stand_in import texts_of, translated

NAME = "talk.pptx"


def saved(presentation: Presentation) -> bytes:
    output = io.BytesIO()
    presentation.save(output)
    return output.getvalue()


def opened(data: bytes) -> Presentation:
    return pptx.Presentation(io.BytesIO(data))


def test_slides_tables_notes_and_looks() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "A title"
    box = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame
    paragraph = box.paragraphs[0]
    paragraph.add_run().text = "Some "
    bold = paragraph.add_run()
    bold.text, bold.font.bold = "bold", True
    paragraph.add_run().text = " words"
    paragraph.add_line_break()
    paragraph.add_run().text = "On two lines"
    slide.shapes.add_table(1, 1, 0, 0, Inches(1), Inches(1)).table.cell(0, 0).text = "A cell"
    slide.notes_slide.notes_text_frame.text = "A note"
    data = saved(presentation)
    assert texts_of(NAME, data) == [
        "A title", 'Some <g id="1">bold</g> words', "On two lines", "A cell", "A note",
    ]  # fmt: skip
    written = opened(translated(NAME, data)).slides[0]
    assert written.shapes.title.text == "A TITLE"
    runs = written.shapes[1].text_frame.paragraphs[0].runs
    assert [(run.text, run.font.bold) for run in runs] == [
        ("SOME ", None), ("BOLD", True), (" WORDS", None), ("ON TWO LINES", None),
    ]  # fmt: skip
    assert written.shapes[2].table.cell(0, 0).text == "A CELL"
    assert written.notes_slide.notes_text_frame.text == "A NOTE"


def test_a_chart_and_the_table_behind_it_say_the_same() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    numbers = CategoryChartData()
    numbers.categories = ["East", "West"]
    numbers.add_series("Sales", (1, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(3), Inches(3), numbers)
    chart = opened(translated(NAME, saved(presentation))).slides[0].shapes[0].chart
    assert list(chart.plots[0].categories) == ["EAST", "WEST"]
    assert chart.plots[0].series[0].name == "SALES"
    sheet = load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob)).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [None, "SALES"], ["EAST", 1], ["WEST", 2],
    ]  # fmt: skip


def test_what_masters_show_only_to_authors_stays() -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[6])
    assert texts_of(NAME, saved(presentation)) == []


def test_categories_of_several_levels_are_translated() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    numbers = CategoryChartData()
    year = numbers.add_category("Next year")
    year.add_sub_category("Spring")
    year.add_sub_category("Autumn")
    numbers.add_series("Sales", (1, 2))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, Inches(3), Inches(3), numbers)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "A title"
    chart = opened(translated(NAME, saved(presentation))).slides[0].shapes[0].chart
    assert chart.plots[0].categories.flattened_labels == (("NEXT YEAR", "SPRING"), ("NEXT YEAR", "AUTUMN"))
    assert chart.chart_title.text_frame.text == "A TITLE"


def test_words_drawn_into_a_chart_are_translated() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    numbers = CategoryChartData()
    numbers.categories = ["East"]
    numbers.add_series("Sales", (1,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(3), Inches(3), numbers).chart
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    shapes = (
        f'<c:userShapes xmlns:c="{drawing}/chart" xmlns:a="{drawing}/main">'
        "<a:p><a:r><a:t>Look here</a:t></a:r></a:p></c:userShapes>"
    )
    kind = "application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml"
    name = PackURI("/ppt/drawings/drawing1.xml")
    chart.part.relate_to(Part(name, kind, chart.part.package, shapes.encode()), "urn:x")
    parts = opened(translated(NAME, saved(presentation))).part.package.iter_parts()
    (written,) = (part.blob for part in parts if part.partname == name)
    assert b"<a:t>LOOK HERE</a:t>" in written


def test_tabulators_part_texts() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    frame = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame
    bold = frame.paragraphs[0].add_run()
    bold.text, bold.font.bold = "Name:\t", True
    frame.paragraphs[0].add_run().text = "Ann\tStreet"
    data = saved(presentation)
    assert texts_of(NAME, data) == ["Name:", "Ann", "Street"]
    written = opened(translated(NAME, data)).slides[0].shapes[0].text_frame.paragraphs[0]
    assert written.text == "NAME:\tANN\tSTREET"
    assert [run.font.bold for run in written.runs if run.text.isalpha()] == [None, None]


def test_headers_of_printed_notes_are_translated() -> None:
    presentation = pptx.Presentation()
    for shape in presentation.notes_master.shapes:
        if shape.placeholder_format.type in (PP_PLACEHOLDER.HEADER, PP_PLACEHOLDER.BODY):
            shape.text_frame.text = "Some words"
    written = opened(translated(NAME, saved(presentation))).notes_master.shapes
    said = {shape.placeholder_format.type: shape.text_frame.text for shape in written if shape.has_text_frame}
    assert said[PP_PLACEHOLDER.HEADER] == "SOME WORDS"
    assert said[PP_PLACEHOLDER.BODY] == "Some words"


def test_a_diagram_says_the_same_in_its_data_and_as_it_was_last_drawn() -> None:
    """Of what PowerPoint calls SmartArt: python-pptx makes none, and keeps the parts of one."""
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    kinds = {
        "data1": "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml",
        "drawing1": "application/vnd.ms-office.drawingml.diagramDrawing+xml",
    }
    text = "<a:p><a:r><a:t>Plan</a:t></a:r></a:p><a:p><a:r><a:t>12</a:t></a:r></a:p>"
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    for name, kind in kinds.items():
        xml = f'<d:root xmlns:d="{kind}" xmlns:a="{a}"><d:t><a:bodyPr/>{text}</d:t></d:root>'
        part = Part(PackURI(f"/ppt/diagrams/{name}.xml"), kind, presentation.part.package, xml.encode())
        slide.part.relate_to(part, f"{a}/{name}")
    data = saved(presentation)
    assert texts_of(NAME, data) == ["Plan", "Plan"]
    with zipfile.ZipFile(io.BytesIO(translated(NAME, data))) as package:
        for name in kinds:
            written = etree.fromstring(package.read(f"ppt/diagrams/{name}.xml"))
            assert [one.text for one in written.iter(f"{{{a}}}t")] == ["PLAN", "12"]


def test_names_of_sections_are_translated() -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = "A title"
    sections = etree.fromstring(
        '<p:extLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">'
        '<p:ext uri="{521415D9-36F7-43E2-AB2F-B90AF26B5E84}">'
        '<p14:sectionLst xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main">'
        '<p14:section name="First part" id="{A4E3B809-A84F-4CF0-95E9-03EB0C239E90}"/></p14:sectionLst>'
        "</p:ext></p:extLst>"
    )
    presentation.part._element.append(sections)
    written = opened(translated(NAME, saved(presentation))).part._element
    assert [one.get("name") for one in written.iter("{*}section")] == ["FIRST PART"]
