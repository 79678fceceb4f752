"""Workbooks, made and read by openpyxl."""

from __future__ import annotations

import datetime
import io

from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from tests.service.documents.stand_in import texts_of, translated

NAME = "figures.xlsx"


def saved(book: Workbook) -> bytes:
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def opened(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data), rich_text=True)


def test_cells_are_translated_and_numbers_dates_and_formulas_stay() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", 3.5, datetime.date(2026, 11, 27), "=LEN(A1)", "Name"])
    sheet["A1"].font = Font(bold=True)
    data = saved(book)
    assert set(texts_of(NAME, data)) == {"Name"}
    row = next(iter(opened(translated(NAME, data)).active.iter_rows()))
    assert [cell.value for cell in row] == [
        "NAME", 3.5, datetime.datetime(2026, 11, 27), "=LEN(A1)", "NAME",
    ]  # fmt: skip
    assert row[0].font.bold


def test_rich_text_comments_headers_and_footers() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = CellRichText("Some ", TextBlock(InlineFont(b=True), "bold"), " words")
    sheet["A2"] = "Plain"
    sheet["A2"].comment = Comment("A remark", "Ann")
    sheet.oddHeader.center.text = "The report of &D"
    sheet.oddFooter.left.text = "Page &P of &N"
    written = opened(translated(NAME, saved(book))).active
    assert str(written["A1"].value) == "SOME BOLD WORDS"
    assert [part.font.b for part in written["A1"].value if isinstance(part, TextBlock)][:3].count(True) == 1
    assert written["A2"].comment.text == "A REMARK"
    assert written.oddHeader.center.text == "THE REPORT OF &D"
    assert written.oddFooter.left.text == "PAGE &P OF &N"


def test_names_of_a_table_s_columns_follow_their_cells() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Item", "Cost"], ["Apple", 2], ["Pear", 3]):
        sheet.append(row)
    sheet.add_table(Table(displayName="Costs", ref="A1:B3"))
    sheet["D1"] = "=SUM(Costs[Cost])"
    written = opened(translated(NAME, saved(book))).active
    assert [column.name for column in written.tables["Costs"].tableColumns] == ["ITEM", "COST"]
    assert [cell.value for cell in written[1]] == ["ITEM", "COST", None, "=SUM(Costs[COST])"]


def test_two_columns_whose_names_become_one_are_told_apart() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["cost", "Cost"], [1, 2]):
        sheet.append(row)
    sheet.add_table(Table(displayName="Costs", ref="A1:B2"))
    written = opened(translated(NAME, saved(book))).active
    names = [column.name for column in written.tables["Costs"].tableColumns]
    assert [cell.value for cell in written[1]] == names
    assert len({name.casefold() for name in names}) == 2
