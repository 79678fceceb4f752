"""Workbooks, made and read by openpyxl."""

from __future__ import annotations

import datetime
import io

from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
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


def test_what_compares_cells_with_a_text_goes_with_the_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Open"
    for row in [["State", "Note"], ["Open", 'a "b"'], ["Closed", "d"]]:
        sheet.append(row)
    formulas = {
        "D1": '=COUNTIF(A2:A3,"open")',
        "D2": '=IF(A2="Open","Still to do",TEXT(B2,"d"))',
        "D3": "=COUNTA('Open'!A2:A3)",
        "D4": '=INDIRECT("Open")',
        "D5": '=B2="a ""b"""',
        "D6": '=A2="Waiting"',
    }
    for cell, formula in formulas.items():
        sheet[cell] = formula
    rule = DataValidation(type="list", formula1='"Open,Closed, Waiting"')
    rule.add("A2:A9")
    sheet.add_data_validation(rule)
    sheet.conditional_formatting.add("A2:A9", CellIsRule(operator="equal", formula=['"Closed"']))
    sheet.auto_filter.ref = "A1:B3"
    sheet.auto_filter.add_filter_column(0, ["Open"])
    data = saved(book)
    read = read_document(NAME, data, ReadOptions())
    words = {"Open": "Aberto", "Closed": "Fechado", "Waiting": "Espera", 'a "b"': 'um "b"', "d": "dia"}
    again = opened(read.write([words.get(one.text, one.text) for one in read.segments]))
    written = again.active
    assert [again.sheetnames, written["A2"].value, written["B3"].value] == [["Open"], "Aberto", "dia"]
    assert {cell: written[cell].value for cell in formulas} == {
        "D1": '=COUNTIF(A2:A3,"Aberto")',
        "D2": '=IF(A2="Aberto","Still to do",TEXT(B2,"d"))',
        "D3": "=COUNTA('Open'!A2:A3)",
        "D4": '=INDIRECT("Open")',
        "D5": '=B2="um ""b"""',
        "D6": '=A2="Espera"',
    }
    assert written.data_validations.dataValidation[0].formula1 == '"Aberto,Fechado,Espera"'
    (rules,) = written.conditional_formatting
    assert rules.rules[0].formula == ['"Fechado"']
    assert written.auto_filter.filterColumn[0].filters.filter == ["Aberto"]


def test_a_list_of_choices_that_would_be_too_long_or_come_apart_stays() -> None:
    for text, new in (("Red", "x" * 300), ("Red", "vermelho, claro")):
        book = Workbook()
        rule = DataValidation(type="list", formula1=f'"{text},Blue"')
        assert book.active is not None
        book.active.add_data_validation(rule)
        rule.add("A1")
        read = read_document(NAME, saved(book), ReadOptions())
        written = opened(read.write([new if one.text == text else "AZUL" for one in read.segments])).active
        kept = "Red,Blue" if "," not in new else "Red,AZUL"
        assert written.data_validations.dataValidation[0].formula1 == f'"{kept}"'
