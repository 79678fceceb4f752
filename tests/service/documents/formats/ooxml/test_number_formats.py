from __future__ import annotations

import io

import pptx
import pytest
from openpyxl import Workbook, load_workbook
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.stand_in import translated


def with_format(code: str) -> bytes:
    book, output = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = 3
    sheet["A1"].number_format = code
    book.save(output)
    return output.getvalue()


def format_of(data: bytes) -> str:
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return str(sheet["A1"].number_format)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ('0 "pieces"', '0 "PIECES"'),
        ('[=1]0" piece";\\"0" pieces"', '[=1]0" PIECE";\\"0" PIECES"'),
        ('"Total: "#,##0.00 "EUR"', '"TOTAL: "#,##0.00 "EUR"'),
        *((code, code) for code in ('d" de "mmmm', '0.0 "kg"', "dddd mmmm")),
    ],
)
def test_words_beside_numbers_are_translated(code: str, written: str) -> None:
    assert format_of(translated("a.xlsx", with_format(code))) == written


def test_what_would_end_a_text_or_is_too_long_does_not_break_the_format() -> None:
    data = with_format('0 "pieces"')
    for text, written in (('"a" piece', "0 \"'a' piece\""), ("x" * 255, '0 "pieces"')):
        assert format_of(read_document("a.xlsx", data, ReadOptions()).write([text])) == written


def test_charts_of_slides_have_them_too() -> None:
    presentation, output = pptx.Presentation(), io.BytesIO()
    numbers = CategoryChartData(number_format='0 "pieces"')
    numbers.categories = ["East"]
    numbers.add_series("Sales", (1,))
    shapes = presentation.slides.add_slide(presentation.slide_layouts[6]).shapes
    shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 100, 100, numbers)
    presentation.save(output)
    again = pptx.Presentation(io.BytesIO(translated("a.pptx", output.getvalue())))
    chart = next(shape for shape in again.slides[0].shapes if shape.has_chart).chart
    assert '0 "PIECES"' in chart.part.blob.decode()
    assert '0 "pieces"' not in chart.part.blob.decode()
