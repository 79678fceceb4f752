"""Files that are made oddly, or wrongly: what a program may write comes out whole, all else is refused."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import tracemalloc
import zipfile
from copy import deepcopy

import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.pivot.cache import CacheSource, WorksheetSource

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents import test_office
from tests.service.documents.formats.office.test_docx import field, opened, paragraph_of
from tests.service.documents.formats.opendocument import test_odt
from tests.service.documents.formats.spreadsheets import test_pivots, test_xlsx
from tests.service.documents.formats.web import test_epub
from tests.service.documents.stand_in import texts_of, translated
from tests.service.documents.test_growth import excel
from tests.service.documents.test_package import changed, document, parts_of

MIB = 1024 * 1024
LYING = "word/media/a.bin"
RUN = "<w:r><w:t>some words</w:t></w:r>"
START, END = '<w:bookmarkStart w:id="{0}" w:name="n{0}"/>', '<w:bookmarkEnd w:id="{0}"/>'


def with_part_that_lies(method: int) -> bytes:
    """A file with a part that unpacks to 64 MiB, and says that it is three bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in parts_of(document()).items():
            archive.writestr(name, content)
        archive.writestr(LYING, bytes(64 * MIB), compress_type=method)
    data = bytearray(output.getvalue())
    struct.pack_into("<I", data, data.rindex(LYING.encode()) - 46 + 24, 3)
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_part_that_lies_about_its_size_takes_no_memory(method: int) -> None:
    data = with_part_that_lies(method)
    tracemalloc.start()
    try:
        with pytest.raises(ServiceError) as raised:
            translated("a.docx", data)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()
    assert (raised.value.status, raised.value.code) == (422, "document_unreadable")


@pytest.mark.parametrize("number", [3, 100, 3000])
def test_any_number_of_bookmarks_may_stand_around_words(number: int) -> None:
    places = range(number)
    data = paragraph_of("".join(map(START.format, places)) + RUN + "".join(map(END.format, reversed(places))))
    (paragraph,) = opened(translated("a.docx", data)).paragraphs
    assert paragraph.text == "SOME WORDS"
    names = [one.tag for one in paragraph._p if one.tag != qn("w:r")]
    assert names == [qn("w:bookmarkStart")] * number + [qn("w:bookmarkEnd")] * number


def test_any_number_of_tags_may_stand_around_a_subtitle() -> None:
    text = f"1\n00:00:01,000 --> 00:00:02,000\n{'<i>' * 2000}word{'</i>' * 2000}\n"
    assert translated("a.srt", text.encode()).decode() == text.replace("word", "WORD")


def test_a_field_whose_result_has_a_line_break_is_one_field_still() -> None:
    data = paragraph_of(field("REF a", "one</w:t><w:tab/><w:t>two") + "<w:r><w:t>three</w:t></w:r>")
    (paragraph,) = opened(translated("a.docx", data)).paragraphs
    seen = [one for one in paragraph._p.iter() if one.tag in {qn(f"w:{t}") for t in ("fldChar", "t", "tab")}]
    assert [one.text or one.get(qn("w:fldCharType")) for one in seen] == [
        *("begin", "separate", "ONE", None, "TWO", "end", "THREE")
    ]


@pytest.mark.parametrize("end", ["<w:br/>", "<w:tab/>"])
def test_ends_beside_a_break_stay(end: str) -> None:
    data = paragraph_of(f"{START.format(1)}<w:r>{end}</w:r>{RUN}<w:r>{end}</w:r>{END.format(1)}")
    (paragraph,) = opened(translated("a.docx", data)).paragraphs
    assert [qn("w:bookmarkStart"), qn("w:bookmarkEnd")] == [paragraph._p[0].tag, paragraph._p[-1].tag]


def test_ends_that_a_translation_lost_are_put_at_its_end() -> None:
    data = paragraph_of(f"{START.format(1)}{RUN}{END.format(1)}<w:r><w:t>more</w:t></w:r>")
    written = read_document("a.docx", data, ReadOptions()).write(["Mais palavras"])
    (paragraph,) = opened(written).paragraphs
    assert [one.tag for one in paragraph._p] == [qn(f"w:{t}") for t in ("r", "bookmarkStart", "bookmarkEnd")]


def test_a_place_that_links_lead_to_stays_where_it_is() -> None:
    data = test_epub.book()
    name = next(name for name in parts_of(data) if name.endswith("one.xhtml"))
    page = parts_of(data)[name].replace(b"sleeps", b'sle<a id="page5"/>eps')
    written = parts_of(translated("a.epub", changed(data, {name: page})))[name]
    assert b'SLE<a id="page5"/>EPS' in written


def test_controls_and_links_without_words_stay() -> None:
    empty = '<w:hyperlink w:anchor="a"/><w:sdt><w:sdtPr><w:alias w:val="b"/></w:sdtPr><w:sdtContent/></w:sdt>'
    (paragraph,) = opened(translated("a.docx", paragraph_of(RUN + empty + RUN))).paragraphs
    tags = [qn(f"w:{one}") for one in ("r", "hyperlink", "sdt", "r")]
    assert [one.tag for one in paragraph._p] == tags


def test_comments_of_xml_part_no_text() -> None:
    data = paragraph_of("<w:r><w:t>some<!-- a note --> words<?a note?>.</w:t></w:r>")
    assert texts_of("a.docx", data) == ["some words."]


@pytest.mark.parametrize("inner", ["<!-- External -->", "<?External x?>"])
def test_comments_among_relations_and_settings_are_nothing(inner: str) -> None:
    for name, data in (("a.docx", document()), ("a.xlsx", excel('<c r="A1"><f>1</f></c>'))):
        parts = {
            part: content.replace(b"</Relationships>", f"{inner}</Relationships>".encode()).replace(
                b"</workbook>", f"{inner}</workbook>".encode()
            )
            for part, content in parts_of(data).items()
        }
        assert translated(name, changed(b"", parts))


def test_numbers_of_any_length_are_no_fault() -> None:
    assert translated("a.json", b'{"a": "word", "b": %s}' % (b"1" * 5000)).startswith(b'{"a": "WORD"')
    data = test_odt.saved(test_odt.with_bold())
    blanks = f'<text:p>some<text:s text:c="{"1" * 5000}"/>words</text:p></office:text>'
    body = parts_of(data)["content.xml"].replace(b"<office:text/>", f"<office:text>{blanks}".encode())
    assert texts_of("a.odt", changed(data, {"content.xml": body})) == ["some words"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"é": "some words", "b": "half \\ud83d a character"}'),
        ("a.md", '---\ntitle: "half \\ud83d a character"\nsubtitle: some words\n---\né\n'),
    ],
)
def test_half_a_character_that_stays_is_written_as_it_was(name: str, text: str) -> None:
    document = read_document(name, text.encode(), ReadOptions())
    new = {"some words": "palavras"}
    written = document.write([new.get(one.text, one.text) for one in document.segments])
    assert written.decode() == text.replace("some words", "palavras")


def test_a_column_may_be_asked_for_by_no_number_of_any_length() -> None:
    with pytest.raises(ServiceError) as raised:
        read_document("a.csv", b"a,b\nc,d", ReadOptions(columns=("9" * 5000,)))
    assert raised.value.status == 422


def test_cues_without_a_blank_line_between_them() -> None:
    cues = "".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},500\nword {i}.\n" for i in range(1, 4))
    assert translated("a.srt", cues.encode()).decode() == cues.replace("word", "WORD")


def test_hours_that_no_film_has_are_no_time() -> None:
    with pytest.raises(ServiceError):
        read_document("a.srt", b"9" * 400 + b":00:01,000 --> 00:00:02,000\nword", ReadOptions())


def test_a_column_whose_name_no_text_is_there_for_has_none() -> None:
    book, output = test_xlsx.shared_book()
    sheet = book.add_worksheet()
    sheet.add_table("A1:B3", {"columns": [{"header": "Item"}, {"header": "Cost"}]})
    book.close()
    data = output.getvalue()
    for number in ("99", "x", "9" * 5000):
        name = next(part for part in parts_of(data) if b"tablePart " in parts_of(data)[part])
        cells = re.sub(rb"<v>\d+</v>", f"<v>{number}</v>".encode(), parts_of(data)[name], count=1)
        assert translated("a.xlsx", changed(data, {name: cells}))


MADE: dict[str, bytes] = {
    "a.docx": paragraph_of(RUN + field("REF a", "more") + field('XE "entry"', "") + START.format(1)),
    "a.xlsx": test_pivots.with_pivot(
        CacheSource(type="worksheet", worksheetSource=WorksheetSource(ref="A1:C3", sheet="Sheet"))
    ),
    "a.pptx": test_office.talk(),
    "a.epub": test_epub.book(),
    "a.odt": test_office.letter(),
}
ODD = ("", "x", "-1", "9" * 4400, "٣", "[", "'", '"', "A1:ZZZZ9", "%1", "../..", "words")
CHANGES = ("value", "no value", "text", "comment", "gone", "twice", "tag", "empty")
XML = (".xml", ".rels", ".opf", ".ncx", ".xhtml")


def change(root: etree._Element, data: st.DataObject) -> None:
    """One of the things that may be wrong in a part."""
    elements = [one for one in root.iter() if isinstance(one.tag, str)]
    one, other = (data.draw(st.sampled_from(elements)) for _ in range(2))
    match data.draw(
        st.sampled_from(["value", "no value", "text", "comment", "gone", "twice", "tag", "empty"])
    ):
        case "value" if one.attrib:
            one.set(data.draw(st.sampled_from(sorted(map(str, one.attrib)))), data.draw(st.sampled_from(ODD)))
        case "no value":
            one.attrib.clear()
        case "text":
            one.text = data.draw(st.sampled_from(ODD))
        case "comment":
            one.insert(0, etree.Comment("External"))
        case "gone" if (parent := one.getparent()) is not None:
            parent.remove(one)
        case "twice" if one.getparent() is not None:
            one.addnext(deepcopy(one))
        case "tag":
            one.tag = other.tag
        case "empty":
            one[:] = []


@settings(max_examples=60)
@given(name=st.sampled_from(sorted(MADE)), data=st.data())
def test_of_whatever_is_wrong_in_a_part_comes_at_most_a_refusal(name: str, data: st.DataObject) -> None:
    parts = parts_of(MADE[name])
    part = data.draw(st.sampled_from(sorted(one for one in parts if one.endswith(XML))))
    root = etree.fromstring(parts[part])
    for _ in range(data.draw(st.integers(1, 3))):
        change(root, data)
    parts[part] = etree.tostring(root)
    with contextlib.suppress(ServiceError):
        translated(
            name, changed(b"", parts), ReadOptions(target_lang=data.draw(st.sampled_from(["pt", "ar"])))
        )
