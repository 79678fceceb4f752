"""Buttons and boxes to tick on sheets, as xlsxwriter and Excel write them; what is read out of tables."""

from __future__ import annotations

import io

import xlsxwriter
from openpyxl import Workbook
from openpyxl.worksheet.table import Table

from crosslate.service.documents.formats.spreadsheets.forms import FormLabels
from tests.service.documents.formats.spreadsheets.test_xlsx import saved, xml_edited
from tests.service.documents.stand_in import texts_of, translated
from tests.service.documents.test_package import parts_of

UNCLOSED = (
    "<v:textbox style='a' o:singleclick=\"f\">\n<div style='b'><font size=\"220\"\n>"
    "<b>Send<br>\n   it &amp; wait</b></font></div></v:textbox><x:Anchor>words</x:Anchor>"
)


def test_a_button_says_what_it_does_in_the_translation() -> None:
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output)
    book.add_worksheet().insert_button("B2", {"caption": "Send the order"})
    book.close()
    data = output.getvalue()
    assert "Send the order" in texts_of("a.xlsx", data)
    (drawing,) = [name for name in parts_of(data) if name.endswith(".vml")]
    written = parts_of(translated("a.xlsx", data))[drawing]
    assert written == parts_of(data)[drawing].replace(b"Send the order", b"SEND THE ORDER")


def test_tags_that_nothing_closes_stay() -> None:
    kept: list[str] = []
    labels = FormLabels(UNCLOSED, "a", kept.append)
    assert [one.text for one in labels.segments] == ["Send", "it & wait"]
    labels.put(["ENVIE", "E <ESPERE>"])
    assert kept == [UNCLOSED.replace("Send", "ENVIE").replace("it &amp; wait", "E &lt;ESPERE&gt;")]


def test_what_is_said_of_a_table_is_translated() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Item"])
    sheet.append([1])
    sheet.add_table(Table(displayName="Costs", ref="A1:A2"))
    said = (
        '<extLst><ext uri="{504A1905-F514-4f6f-8877-14C23A59335A}"><x14:table altText="Costs of the year" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"/></ext></extLst></table>'
    )
    data = xml_edited(saved(book), "xl/tables/table1.xml", ("</table>", said))
    assert texts_of("a.xlsx", data) == ["Item", "Costs of the year"]
