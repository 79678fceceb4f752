"""Workbooks, made and read by openpyxl."""

from __future__ import annotations

import datetime
import io
import zipfile

import xlsxwriter
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
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
        "D7": '=COUNTIF(A2:A3,"<>Open")',
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
    words["Still to do"] = "Por fazer"
    again = opened(read.write([words.get(one.text, one.text) for one in read.segments]))
    written = again.active
    assert [again.sheetnames, written["A2"].value, written["B3"].value] == [["Open"], "Aberto", "dia"]
    assert {cell: written[cell].value for cell in formulas} == {
        "D1": '=COUNTIF(A2:A3,"Aberto")',
        "D2": '=IF(A2="Aberto","Por fazer",TEXT(B2,"d"))',
        "D3": "=COUNTA('Open'!A2:A3)",
        "D4": '=INDIRECT("Open")',
        "D5": '=B2="um ""b"""',
        "D6": '=A2="Espera"',
        "D7": '=COUNTIF(A2:A3,"<>Aberto")',
    }
    assert written.data_validations.dataValidation[0].formula1 == '"Aberto,Fechado,Espera"'
    (rules,) = written.conditional_formatting
    assert rules.rules[0].formula == ['"Fechado"']
    assert written.auto_filter.filterColumn[0].filters.filter == ["Aberto"]


def test_cells_that_name_what_formulas_look_in_stay() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Costs"
    sheet["A1"], sheet["A2"], sheet["B1"] = "Costs", "Other", '=INDIRECT(A1&"!A2")'
    assert texts_of(NAME, saved(book)) == ["Other"]


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


def test_a_list_that_stays_is_told() -> None:
    book = Workbook()
    rule = DataValidation(type="list", formula1='"Red,Blue"')
    assert book.active is not None
    book.active.add_data_validation(rule)
    rule.add("A1")
    read = read_document(NAME, saved(book), ReadOptions())
    assert list(read.notices) == []
    read.write(["x" * 300, "azul"])
    (notice,) = read.notices
    assert "list of choices" in notice


def test_what_is_said_beside_cells_is_translated_if_excel_takes_it() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rule = DataValidation(type="whole", promptTitle="How many", prompt="At most ten", error="Too many")
    rule.add("A1")
    sheet.add_data_validation(rule)
    sheet["A2"] = "A page"
    sheet["A2"].hyperlink = Hyperlink("A2", location="Sheet!A1", tooltip="Go there")
    read = read_document(NAME, saved(book), ReadOptions())
    long = "x" * 33
    written = opened(
        read.write([{"How many": long}.get(s.text, s.text.upper()) for s in read.segments])
    ).active
    (rule,) = written.data_validations.dataValidation
    assert (rule.promptTitle, rule.prompt, rule.error) == ("How many", "AT MOST TEN", "TOO MANY")
    assert written["A2"].hyperlink.tooltip == "GO THERE"
    assert "beside some cells" in read.notices[0]


def test_places_are_cells_of_sheets() -> None:
    book, output = shared_book()
    for name, cell in (("Costs", "B2"), ("All that", "C3")):
        book.add_worksheet(name).write(cell, f"Text in {cell}")
    book.get_worksheet_by_name("Costs").write("A9", "Text in C3")
    book.get_worksheet_by_name("Costs").write_formula("D4", '="Sum"&A1')
    book.close()
    read = read_document(NAME, output.getvalue(), ReadOptions())
    assert [one.place for one in read.segments] == ["Costs!B2", "Costs!A9", "Costs!D4"]
    sheet = Workbook()
    assert sheet.active is not None
    sheet.active["A2"] = "Words"
    assert [one.place for one in read_document(NAME, saved(sheet), ReadOptions()).segments] == ["Sheet!A2"]


def test_texts_in_formulas_and_names_of_sheets_that_stay_are_told() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "Open", '=COUNTIF(A1:A2,"Still to do")'
    sheet["C1"] = '=TEXT(B1,"yyyy")&COUNTIF(A1:A2,"Open")'
    assert [one for one in read_document(NAME, saved(book), ReadOptions()).notices if "(B1)" in one]
    sheet["B1"], sheet.title = None, "Costs"
    (notice,) = read_document(NAME, saved(book), ReadOptions()).notices
    assert "names of sheets" in notice


def test_signs_that_xml_has_no_place_for_are_read_as_they_are() -> None:
    book, output = shared_book()
    book.add_worksheet().write("A1", "One\r\ntwo_x0041_")
    book.close()
    data = output.getvalue()
    with zipfile.ZipFile(output) as parts:
        assert b"One_x000D_\ntwo_x005F_x0041_" in parts.read("xl/sharedStrings.xml")
    assert texts_of(NAME, data) == ["One\ntwo_x0041_"]
    assert opened(translated(NAME, data)).active["A1"].value == "ONE\nTWO_X0041_"
    read = read_document(NAME, data, ReadOptions())
    assert opened(read.write(["a_x0041_b"])).active["A1"].value == "a_x0041_b"


def test_texts_that_cells_share_and_what_formulas_came_to() -> None:
    book, output = shared_book()
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.write("A1", "Open")
    sheet.write("A2", "Open")
    sheet.write_rich_string("A3", "Some ", bold, "bold", " words")
    sheet.write_formula("B1", "=A1", None, "Open")
    sheet.write_formula("B2", '=A1&"!"', None, "Open!")
    sheet.write_formula("B3", '=TEXT(1,"mmmm")', None, "January")
    book.close()
    assert len(texts_of(NAME, output.getvalue())) == 2
    data = translated(NAME, output.getvalue())
    written = opened(data).active
    assert [str(written[cell].value) for cell in ("A1", "A2", "A3")] == ["OPEN", "OPEN", "SOME BOLD WORDS"]
    results = load_workbook(io.BytesIO(data), data_only=True).active
    # Programs show what is stored until they compute, LibreOffice for ever.
    assert [results[cell].value for cell in ("B1", "B2", "B3")] == ["OPEN", None, "January"]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b'fullCalcOnLoad="1"' in parts.read("xl/workbook.xml")


def shared_book() -> tuple[xlsxwriter.Workbook, io.BytesIO]:
    output = io.BytesIO()
    return xlsxwriter.Workbook(output), output


def test_a_text_that_a_cell_has_as_its_value_is_translated() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = 1, "=A1"
    data = xml_edited(
        saved(book),
        "xl/worksheets/sheet1.xml",
        ('<c r="A1" t="n"><v>1</v></c>', '<c r="A1" t="str"><v>Open</v></c>'),
        ('<c r="B1"><f>A1</f><v></v></c>', '<c r="B1" t="str"><f>A1</f><v>Open</v></c>'),
    )
    written = load_workbook(io.BytesIO(translated(NAME, data)), data_only=True).active
    assert [cell.value for cell in written[1]] == ["OPEN", "OPEN"]


def test_a_table_of_any_width_is_read_at_once() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Item", "Cost"])
    sheet.append([1, 2])
    sheet.add_table(Table(displayName="Costs", ref="A1:B2"))
    data = xml_edited(saved(book), "xl/tables/table1.xml", ('ref="A1:B2"', 'ref="A1:ZZZZZZZZZZ2"'))
    assert texts_of(NAME, data) == ["Item", "Cost"]


def xml_edited(data: bytes, name: str, *edits: tuple[str, str]) -> bytes:
    """What openpyxl does not write, but Excel and others do."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, "w") as new:
        for part in old.namelist():
            content = old.read(part).decode() if part == name else old.read(part)
            if isinstance(content, str):
                for before, after in edits:
                    assert before in content, content
                    content = content.replace(before, after)
            new.writestr(part, content)
    return output.getvalue()
