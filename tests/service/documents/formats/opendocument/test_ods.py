"""Sheets of OpenDocument, made and read by odfpy."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from odf import teletype
from odf.number import Number, NumberStyle, Text
from odf.office import Annotation
from odf.opendocument import OpenDocumentSpreadsheet, load
from odf.style import Map, Style
from odf.table import (
    ContentValidation,
    ContentValidations,
    DatabaseRange,
    DatabaseRanges,
    Filter,
    FilterCondition,
    HelpMessage,
    NamedExpression,
    NamedExpressions,
    Table,
    TableCell,
    TableRow,
)
from odf.text import P, Span

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "figures.ods"


def cell(text: str = "", **attributes: str) -> TableCell:
    made = TableCell(**{"valuetype": "string", **attributes})
    if text:
        made.addElement(P(text=text))
    return made


def saved(*rows: list[TableCell], name: str = "Sheet1", more: object = None) -> bytes:
    document, output = OpenDocumentSpreadsheet(), io.BytesIO()
    if more is not None:
        document.spreadsheet.addElement(more)
    table = Table(name=name)
    for cells in rows:
        row = TableRow()
        for one in cells:
            row.addElement(one)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.write(output)
    return output.getvalue()


def cells(data: bytes) -> list[TableCell]:
    found: list[TableCell] = load(io.BytesIO(data)).spreadsheet.getElementsByType(TableCell)
    return found


def texts(data: bytes) -> list[str]:
    return [teletype.extractText(one) for one in cells(data)]


def formulas(data: bytes) -> list[str]:
    return [one.getAttribute("formula") for one in cells(data) if one.getAttribute("formula")]


def test_cells_are_translated_and_values_are_not() -> None:
    bold = cell()
    bold.addElement(P(text="Some "))
    bold.firstChild.addElement(Span(text="bold", stylename="B"))
    noted = cell("Plain")
    note = Annotation()
    note.addElement(P(text="A remark"))
    noted.insertBefore(note, noted.firstChild)
    date = cell("12 January 2026", valuetype="date", datevalue="2026-01-12")
    figure = cell("3 pieces", valuetype="float", value="3")
    data = saved([bold, noted, date, figure, cell("Given", stringvalue="Given")])
    written = translated(NAME, data)
    assert texts(written) == ["SOME BOLD", "A REMARKPLAIN", "12 January 2026", "3 pieces", "GIVEN"]
    assert cells(written)[4].getAttribute("stringvalue") == "GIVEN"
    assert cells(written)[0].getElementsByType(Span)[0].getAttribute("stylename") == "B"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('of:=COUNTIF([.A1:.A9];"Open")', 'of:=COUNTIF([.A1:.A9];"OPEN")'),
        ('of:=IF([.A1]="Open";"in stock";"sold out")', 'of:=IF([.A1]="OPEN";"IN STOCK";"SOLD OUT")'),
        ('of:=COM.MICROSOFT.CONCAT("There are ";[.B1])', 'of:=COM.MICROSOFT.CONCAT("THERE ARE ";[.B1])'),
        ('of:=TEXT([.B1];"mmmm")', 'of:=TEXT([.B1];"mmmm")'),
        ('of:=SEARCH("open";[.A1])', 'of:=SEARCH("OPEN";[.A1])'),
        ('of:=FIND("nowhere";[.A1])', 'of:=FIND("nowhere";[.A1])'),
        ("of:=SUM(['Open'.A1])", "of:=SUM(['Open'.A1])"),
    ],
)
def test_formulas_go_with_the_cells(before: str, after: str) -> None:
    data = saved([cell("Open"), cell("1", valuetype="float", value="1"), cell("x", formula=before)])
    assert formulas(translated(NAME, data)) == [after]


def test_of_results_only_what_is_known_is_stored() -> None:
    same = cell("Open", formula="of:=[.A1]", stringvalue="Open")
    joined = cell("Open!", formula='of:=[.A1]&"!"', stringvalue="Open!")
    month = cell("January", formula='of:=TEXT(1;"mmmm")', stringvalue="January")
    written = cells(translated(NAME, saved([cell("Open"), same, joined, month])))
    assert [teletype.extractText(one) for one in written] == ["OPEN", "OPEN", "", "January"]
    assert [one.getAttribute("stringvalue") for one in written] == [None, "OPEN", None, "January"]


def test_choices_and_what_is_said_beside_cells_are_translated() -> None:
    rules = ContentValidations()
    rule = ContentValidation(name="v", condition='of:cell-content-is-in-list("Open";"On hold")')
    message = HelpMessage(title="State", display="true")
    message.addElement(P(text="Choose one"))
    rule.addElement(message)
    rules.addElement(rule)
    written = translated(NAME, saved([cell("Open")], more=rules))
    (rule,) = load(io.BytesIO(written)).spreadsheet.getElementsByType(ContentValidation)
    assert rule.getAttribute("condition") == 'of:cell-content-is-in-list("OPEN";"ON HOLD")'
    (message,) = rule.getElementsByType(HelpMessage)
    assert (message.getAttribute("title"), teletype.extractText(message)) == ("STATE", "CHOOSE ONE")


def test_filters_names_formats_and_conditions_follow() -> None:
    document, output = OpenDocumentSpreadsheet(), io.BytesIO()
    number = NumberStyle(name="N1")
    number.addElement(Number(minintegerdigits="1"))
    number.addElement(Text(text=" pieces"))
    document.automaticstyles.addElement(number)
    style = Style(name="S1", family="table-cell", datastylename="N1")
    style.addElement(Map(condition='cell-content()="Open"', applystylename="Default"))
    document.automaticstyles.addElement(style)
    table, row = Table(name="Orders"), TableRow()
    row.addElement(cell("Open", stylename="S1"))
    table.addElement(row)
    document.spreadsheet.addElement(table)
    named = NamedExpressions()
    named.addElement(NamedExpression(name="State", expression='"Open"'))
    document.spreadsheet.addElement(named)
    ranges, chosen, wanted = DatabaseRanges(), DatabaseRange(targetrangeaddress="Orders.A1:.A1"), Filter()
    wanted.addElement(FilterCondition(fieldnumber="0", operator="=", value="Open"))
    chosen.addElement(wanted)
    ranges.addElement(chosen)
    document.spreadsheet.addElement(ranges)
    document.write(output)
    written = load(io.BytesIO(translated(NAME, output.getvalue())))
    assert written.getElementsByType(FilterCondition)[0].getAttribute("value") == "OPEN"
    assert written.getElementsByType(NamedExpression)[0].getAttribute("expression") == '"OPEN"'
    assert written.getElementsByType(Map)[0].getAttribute("condition") == 'cell-content()="OPEN"'
    assert teletype.extractText(written.getElementsByType(NumberStyle)[0]) == " PIECES"


def test_what_stays_is_told_with_its_place() -> None:

    empty = TableCell(numbercolumnsrepeated="27")
    data = saved([cell("Open")], [empty, cell("1", formula='of:=FIND("nowhere";[.A1])')], name="Orders")
    notices = " ".join(read_document(NAME, data, ReadOptions()).notices)
    assert "The names of sheets are as they were" in notices
    assert "(Orders.AB2)" in notices


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("localc"), reason="needs: apt-get install -y libreoffice-calc")
def test_libreoffice_comes_to_the_same(tmp_path: Path) -> None:
    asked = ('of:=COUNTIF([.A1:.C1];"Open")', 'of:=IF([.A1]="Open";"yes";"no")', 'of:=[.A1]&" now"')
    made = [cell(formula=one) for one in asked]
    data = saved([cell("Open"), cell("Closed"), cell("Open")], made)
    (tmp_path / "a.ods").write_bytes(translated("a.ods", data))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    command += ["--convert-to", "csv", "--outdir", str(tmp_path), str(tmp_path / "a.ods")]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    rows = (tmp_path / "a.csv").read_text(encoding="utf-8").split()
    assert re.split(r"[, ]", " ".join(rows)) == ["OPEN", "CLOSED", "OPEN", "2", "YES", "OPEN", "NOW"]


def test_a_spreadsheet_is_no_text() -> None:
    with pytest.raises(ServiceError, match=r"it is a \.ods file"):
        texts_of("a.odt", saved([cell("Open")]))
