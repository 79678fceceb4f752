from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.formula import Tokenizer

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.formulas.constants import Role, constants_of, replaced
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.stand_in import translated

NAME = "a.xlsx"
SHOWN = {
    '=IF(B2>0,"yes","no")': '=IF(B2>0,"YES","NO")',
    '="Total of "&COUNTA(A2:A4)&" parts"': '="TOTAL OF "&COUNTA(A2:A4)&" PARTS"',
    '=_xlfn.IFS(A2>9,"High",A2>5,TRIM("Middle"))': '=_xlfn.IFS(A2>9,"HIGH",A2>5,TRIM("MIDDLE"))',
    '=SWITCH(A2,"one","Apple","two","Pear","Other")': '=SWITCH(A2,"one","APPLE","two","PEAR","OTHER")',
    '=HYPERLINK("https://a.example/b","Open the site")': '=HYPERLINK("https://a.example/b","OPEN THE SITE")',
    '=IFERROR(VLOOKUP("key",A:B,2),"Not found")': '=IFERROR(VLOOKUP("key",A:B,2),"NOT FOUND")',
    '=CHOOSE(A2,"First","")&"file_1.txt"': '=CHOOSE(A2,"FIRST","")&"file_1.txt"',
}
STAY = [
    '=TEXT(A2,"dddd")&DATEDIF(A2,A3,"md")&CONVERT(1,"lbm","kg")',
    '=COUNTIF(A2:A4,"App*")+SUMIF(A2:A4,"wanted",B2:B4)',
    '=A2="waiting"&\'A "sheet"\'!A1',
    '=INDIRECT("Sheet!A"&2)',
]


def saved(*formulas: str) -> bytes:
    book, output = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row, formula in enumerate(formulas, start=1):
        sheet.cell(row, 1, formula)
    book.save(output)
    return output.getvalue()


def test_texts_that_formulas_show_are_translated() -> None:
    sheet = load_workbook(io.BytesIO(translated(NAME, saved(*SHOWN)))).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == list(SHOWN.values())


def test_texts_that_formulas_look_for_or_read_stay() -> None:
    data = saved(*STAY)
    read = read_document(NAME, data, ReadOptions())
    assert [list(read.segments), [one for one in read.notices if "(A2, A3)" in one] != []] == [[], True]
    sheet = load_workbook(io.BytesIO(read.write([]))).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == STAY


def test_what_looks_for_a_text_that_a_formula_shows_goes_with_it() -> None:
    data = translated(NAME, saved('=IF(B2>0,"Yes","No")', '=COUNTIF(A1:A1,"yes")', '=IF(A1="No",1,2)'))
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == [
        '=IF(B2>0,"YES","NO")',
        '=COUNTIF(A1:A1,"YES")',
        '=IF(A1="NO",1,2)',
    ]


def test_a_text_that_excel_would_not_take_stays_and_is_told() -> None:
    formula = '=IF(B2>0,"Yes","")'
    read = read_document(NAME, saved(formula), ReadOptions())
    sheet = load_workbook(io.BytesIO(read.write(["x" * 256]))).active
    assert sheet is not None
    assert [sheet["A1"].value, len(read.notices)] == [formula, 1]


TEXT = st.text("ab \"'(,;", max_size=5)


@given(st.lists(TEXT, max_size=3), st.sampled_from(["CONCAT", "IF", "TEXT", ""]))
def test_texts_are_found_where_openpyxl_finds_them(texts: list[str], name: str) -> None:
    quoted = [f'"{text.replace(chr(34), chr(34) * 2)}"' for text in texts]
    arguments = ",".join(["'it''s'!A1", *quoted])
    formula = f"={name}({arguments})"
    known = [one.value for one in Tokenizer(formula).items if one.subtype == "TEXT"]
    assert [formula[one.start : one.end] for one in constants_of(formula)] == known == quoted
    assert replaced(formula, lambda one: one.text) == formula


@pytest.mark.parametrize("formula", ['=IF(A1="x","a","b"', '=")"&A1)', '={"a","b";"c"'])
def test_formulas_that_are_broken_cost_nothing(formula: str) -> None:
    assert [one.role for one in constants_of(formula)].count(Role.CODE) == 0
