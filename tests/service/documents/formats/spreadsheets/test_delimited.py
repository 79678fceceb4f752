from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import translated

CSV = 'id;text;"more"\r\n1;"Say ""hi""; now";x\r\n2;Bye;\r\n'


def test_everything_but_the_cells_stays() -> None:
    assert translated("a.csv", CSV.encode()).decode() == (
        'ID;TEXT;"MORE"\r\n1;"SAY ""HI""; NOW";X\r\n2;BYE;\r\n'
    )


@pytest.mark.parametrize("columns", [("text",), ("2",)])
def test_columns_choose_and_the_row_of_names_stays(columns: tuple[str, ...]) -> None:
    written = translated("a.csv", CSV.encode(), ReadOptions(columns=columns)).decode()
    assert written == 'id;text;"more"\r\n1;"SAY ""HI""; NOW";x\r\n2;BYE;\r\n'


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ServiceError, match="no column 'words'; its first line has 'id', 'text'"):
        read_document("a.csv", CSV.encode(), ReadOptions(columns=("words",)))


@pytest.mark.parametrize(
    "rows", [',";",,"a,",";,"', '",;",,";""""1,",a', 'name;size\n"a, b";5" pipe', "a,b;c\n"]
)
def test_quotes_tell_which_sign_parts_cells(rows: str) -> None:
    assert translated("a.csv", rows.encode()).decode() == rows.upper()


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_rows_of_one_width_tell_which_sign_parts_cells(delimiter: str) -> None:
    rows = [["id", "price", "name"], ["1", "1,50", 'A "sweet" apple; or | two'], ["2", "2,00", "Bread"]]
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    written = translated("a.csv", output.getvalue().encode()).decode()
    read = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    assert list(read) == [[cell.upper() for cell in row] for row in rows]


@example([["", "a\n"], ["", '";1']], csv.QUOTE_MINIMAL)
@given(
    st.lists(st.lists(st.text("ab ,;\"'\n\t1", max_size=6), min_size=2, max_size=3), min_size=1, max_size=4),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_any_file_keeps_its_rows(rows: list[list[str]], quoting: int) -> None:
    output = io.StringIO()
    csv.writer(output, quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # a plain int does
    written = translated("a.csv", output.getvalue().encode()).decode()
    read = list(csv.reader(io.StringIO(output.getvalue(), newline="")))
    assert "".join(written.split()).casefold() == "".join(output.getvalue().split()).casefold()
    if read == rows:
        again = list(csv.reader(io.StringIO(written, newline="")))
        assert len(again) == len(rows)


def test_the_line_that_names_the_delimiter_stays() -> None:
    assert translated("a.csv", b"sep=|\r\na,b;c|d\r\n") == b"sep=|\r\nA,B;C|D\r\n"


def test_a_table_in_an_old_encoding_has_the_mark_that_excel_goes_by() -> None:
    data = "prix;à l’unité\r\n".encode("cp1252")
    written = translated("a.csv", data, ReadOptions(source_lang="fr"))
    assert written == "PRIX;À L’UNITÉ\r\n".encode("utf-8-sig")


def test_figures_take_no_memory_each() -> None:
    read = read_document("a.csv", b"1,2,3,4\n" * 50_000 + b"word,2,3,4\n", ReadOptions())
    assert [segment.place for segment in read.segments] == ["row 50001, column 1"]
