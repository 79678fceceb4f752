from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.pivot.cache import CacheDefinition, CacheField, CacheSource, SharedItems, WorksheetSource
from openpyxl.pivot.fields import Index, Text
from openpyxl.pivot.record import Record, RecordList
from openpyxl.pivot.table import DataField, Location, PivotField, TableDefinition

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document

NAME = "a.xlsx"
WORDS = {"Region": "Região", "North": "Norte", "Northern": "Norte", 'A "note" & more': 'Uma "nota" & mais'}
WORDS |= {"Unit price": "Preço por peça", "Sum of Unit price": "Soma", "Values": "Valores", "Note": "Nota"}


def with_pivot(source: CacheSource) -> bytes:
    """A table of three columns; the entries of the first are shared, those of the last stand in the rows."""
    book, output = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (["Region", "Unit price", "Note"], ["North", 2, 'A "note" & more'], ["Northern", 3, None]):
        sheet.append(row)
    regions = SharedItems(_fields=[Text(v="North"), Text(v="Northern")])
    fields = [CacheField(name="Region", sharedItems=regions), CacheField(name="Unit price")]
    fields += [
        CacheField(name="Note"),
        CacheField(name="Double", formula="'Unit price'*2", databaseField=False),
    ]
    cache = CacheDefinition(cacheSource=source, cacheFields=fields, id="rId1")
    cache.records = RecordList(r=[Record(_fields=[Index(v=0), Text(v='A "note" & more')])])
    pivot = TableDefinition(
        name="Pivot",
        cacheId=1,
        dataCaption="Values",
        location=Location(ref="E1:F3", firstHeaderRow=1, firstDataRow=1, firstDataCol=1),
        pivotFields=[PivotField(axis="axisRow"), PivotField(dataField=True), PivotField(), PivotField()],
        dataFields=[DataField(name="Sum of Unit price", fld=1)],
    )
    pivot.cache = cache
    sheet.add_pivot(pivot)
    book.save(output)
    return output.getvalue()


def translated_pivot(data: bytes) -> tuple[Any, list[str]]:
    read = read_document(NAME, data, ReadOptions())
    written = read.write([WORDS.get(one.text, one.text) for one in read.segments])
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        assert parts.testzip() is None
    (pivot,) = load_workbook(io.BytesIO(written)).active._pivots
    return pivot, list(read.notices)


def test_a_pivot_table_says_what_its_cells_say() -> None:
    source = CacheSource(type="worksheet", worksheetSource=WorksheetSource(ref="A1:C3", sheet="Sheet"))
    pivot, notices = translated_pivot(with_pivot(source))
    assert notices == []
    cache = pivot.cache
    assert [one.name for one in cache.cacheFields] == ["Região", "Preço por peça", "Nota", "Double"]
    # Two entries of one name are what Excel calls damaged.
    assert [one.v for one in cache.cacheFields[0].sharedItems._fields] == ["Norte", "Norte2"]
    assert cache.cacheFields[3].formula == "'Preço por peça'*2"
    assert cache.records.r[0]._fields[1].v == 'Uma "nota" & mais'
    assert (cache.refreshOnLoad, pivot.dataCaption, pivot.dataFields[0].name) == (True, "Valores", "Soma")


def test_a_pivot_table_of_data_from_elsewhere_is_told() -> None:
    pivot, notices = translated_pivot(with_pivot(CacheSource(type="external", connectionId=1)))
    assert "from elsewhere" in notices[0]
    assert [pivot.cache.cacheFields[0].name, pivot.cache.refreshOnLoad] == ["Region", None]
