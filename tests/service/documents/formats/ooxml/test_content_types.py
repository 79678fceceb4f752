"""What the parts of a package are, as programs other than Office's say it; templates and shows of slides."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import docx
import pptx
import pytest
from openpyxl import Workbook, load_workbook

from crosslate.service.documents.formats.registry import may_be_called
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated
from tests.service.documents.test_package import TYPES, changed, document, parts_of


def workbook() -> bytes:
    book, output = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active["A1"] = "Some words"
    book.save(output)
    return output.getvalue()


def slides() -> bytes:
    presentation, output = pptx.Presentation(), io.BytesIO()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Some words"
    presentation.save(output)
    return output.getvalue()


def with_types(data: bytes, *changes: tuple[str, str]) -> bytes:
    types = parts_of(data)[TYPES].decode()
    for before, after in changes:
        types, number = re.subn(before, after, types)
        assert number
    return changed(data, {TYPES: types.encode()})


@pytest.mark.parametrize(
    ("name", "make", "main"),
    [
        ("a.docx", document, "word/document.xml"),
        ("a.xlsx", workbook, "xl/workbook.xml"),
        ("a.pptx", slides, "ppt/presentation.xml"),
    ],
)
def test_types_may_be_told_by_endings_and_in_any_capitals(
    name: str, make: Callable[[], bytes], main: str
) -> None:
    data = make()
    types = parts_of(data)[TYPES].decode()
    (override,) = re.findall(f'<Override PartName="/{main}" ContentType="[^"]*"/>', types)
    kind = override.split('"')[3]
    by_ending = with_types(
        data, (re.escape(override), ""), ('(Extension="xml" ContentType=)"[^"]*"', rf'\1"{kind}"')
    )
    in_capitals = with_types(data, (re.escape(main), main.upper()))
    for one in (by_ending, in_capitals):
        assert "Some words" in texts_of(name, one)


@pytest.mark.parametrize(
    ("name", "make", "before", "after"),
    [
        ("a.dotx", document, "wordprocessingml.document.main", "wordprocessingml.template.main"),
        ("a.xltx", workbook, "spreadsheetml.sheet.main", "spreadsheetml.template.main"),
        ("a.potx", slides, "presentationml.presentation.main", "presentationml.template.main"),
        ("a.ppsx", slides, "presentationml.presentation.main", "presentationml.slideshow.main"),
    ],
)
def test_templates_are_read_as_what_they_are_templates_of(
    name: str, make: Callable[[], bytes], before: str, after: str
) -> None:
    data = with_types(make(), (re.escape(before), after))
    assert "Some words" in texts_of(name, data)
    written = translated(name, data)
    assert after in parts_of(written)[TYPES].decode()
    assert parts_of(written).keys() == parts_of(data).keys()


def test_libraries_read_a_template_s_text() -> None:
    data = with_types(workbook(), ("sheet.main", "template.main"))
    assert load_workbook(io.BytesIO(translated("a.xltx", data))).active["A1"].value == "SOME WORDS"
    (paragraph,) = docx.Document(io.BytesIO(translated("a.docx", document()))).paragraphs
    assert paragraph.text == "SOME WORDS"


@pytest.mark.parametrize(
    ("output", "name", "may_be"),
    [
        ("b.dotx", "a.dotx", True),
        ("b.docx", "a.dotx", False),  # Word refuses a template by this name
        ("b.htm", "a.html", True),
        ("b.out", "a.dotx", True),
        ("b.xlsm", "a.xlsx", False),
    ],
)
def test_a_translation_is_not_called_what_it_is_not(output: str, name: str, may_be: bool) -> None:
    assert may_be_called(output, name) is may_be


def test_a_workbook_of_a_test_version_is_refused() -> None:
    data = workbook()
    book = parts_of(data)["xl/workbook.xml"].replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://schemas.microsoft.com/office/excel/2006/2",
    )
    with pytest.raises(ServiceError, match="not what the format's standard says"):
        texts_of("a.xlsx", changed(data, {"xl/workbook.xml": book}))
