"""Translated documents in the hands of LibreOffice."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import docx
import pptx
import pytest
import xlsxwriter
from odf.opendocument import OpenDocumentText
from odf.text import P
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from tests.service.documents.stand_in import translated

PAGES = 100
PROGRAMS = {".docx": "lowriter", ".odt": "lowriter", ".xlsx": "localc", ".pptx": "loimpress"}
PAGE = re.compile(rb"/Type ?/Page[/\n ]")
pytestmark = pytest.mark.slow


def report() -> bytes:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "The annual report"
    for number in range(PAGES):
        document.add_heading(f"Chapter {number}", 1)
        paragraph = document.add_paragraph("Some words, ")
        paragraph.add_run("some of them bold").bold = True
        paragraph.add_run(", and others.")
        document.add_table(1, 2, style="Table Grid").cell(0, 0).text = "A cell"
        if number < PAGES - 1:
            document.add_page_break()
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def letter() -> bytes:
    document, output = OpenDocumentText(), io.BytesIO()
    document.text.addElement(P(text="Some words"))
    document.write(output)
    return output.getvalue()


def talk() -> bytes:
    presentation, output = pptx.Presentation(), io.BytesIO()
    for layout in (0, 5):
        presentation.slides.add_slide(presentation.slide_layouts[layout]).shapes.title.text = "A title"
    numbers = CategoryChartData()
    numbers.categories = ["East", "West"]
    numbers.add_series("Sales", (1, 2))
    shapes = presentation.slides[1].shapes
    shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(3), Inches(3), numbers)
    presentation.save(output)
    return output.getvalue()


def figures() -> bytes:
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output)
    sheet = book.add_worksheet()
    sheet.add_table("A1:B3", {"columns": [{"header": "Item"}, {"header": "Cost"}]})
    sheet.data_validation("C1", {"validate": "list", "source": ["Open", "Closed"], "input_message": "Choose"})
    book.close()
    return output.getvalue()


MADE = {".docx": report, ".odt": letter, ".pptx": talk, ".xlsx": figures}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the translated files as PDF, those that LibreOffice has a program for."""
    folder = tmp_path_factory.mktemp("office")
    files = []
    for suffix, make in MADE.items():
        if shutil.which(PROGRAMS[suffix]):
            files.append(folder / f"{suffix[1:]}{suffix}")
            files[-1].write_bytes(translated(files[-1].name, make()))
    if files:
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
        command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, files)]
        subprocess.run(command, check=True, capture_output=True, timeout=240)
    return folder


@pytest.mark.parametrize(("suffix", "pages"), [(".docx", PAGES), (".odt", 1), (".pptx", 2), (".xlsx", 1)])
def test_a_translation_opens_and_has_as_many_pages(printed: Path, suffix: str, pages: int) -> None:
    program = PROGRAMS[suffix].replace("lo", "libreoffice-", 1)
    if not shutil.which(PROGRAMS[suffix]):
        pytest.skip(f"needs: apt-get install -y --no-install-recommends {program}")
    assert len(PAGE.findall((printed / f"{suffix[1:]}.pdf").read_bytes())) == pages


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs: apt-get install -y poppler-utils")
def test_nothing_that_is_printed_is_left_as_it_was(printed: Path) -> None:
    for file in printed.glob("*.pdf"):
        read = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True, text=True)
        assert read.stdout.strip()
        assert [line for line in read.stdout.splitlines() if line.upper() != line] == []


def test_a_hundred_pages_keep_their_looks() -> None:
    before, after = (docx.Document(io.BytesIO(data)) for data in (report(), translated("a.docx", report())))
    assert len(after.tables) == PAGES
    for old, new in zip(before.paragraphs, after.paragraphs, strict=True):
        assert new.style is not None
        assert old.style is not None
        assert new.style.name == old.style.name
        assert [(run.text, run.bold) for run in new.runs] == [
            (run.text.upper(), run.bold) for run in old.runs
        ]
