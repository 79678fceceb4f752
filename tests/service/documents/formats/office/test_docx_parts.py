"""What Word documents have besides their paragraphs: numbers, fields, forms, equations, other files."""

from __future__ import annotations

import base64
import io

import docx
import pytest
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.formats.office.test_docx import NAME, field, opened, paragraph_of, saved
from tests.service.documents.stand_in import texts_of, translated

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_words_around_numbers_are_translated_and_bullets_are_not() -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    kinds = [("decimal", "Chapter %1, part %2:"), ("bullet", "o"), ("decimal", "%3.")]
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (kind, text) in enumerate(kinds)
    )
    numbers = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="99">{levels}</w:abstractNum>'
    numbering.insert(0, parse_xml(numbers))
    data = saved(document)
    assert texts_of(NAME, data) == ["Chapter ", ", part "]
    written = opened(translated(NAME, data)).part.numbering_part.element
    texts = [text.get(qn("w:val")) for text in written[0].iter(qn("w:lvlText"))]
    assert texts == ["CHAPTER %1, PART %2:", "o", "%3."]


@pytest.mark.parametrize("code", ["REF _Ref1 \\h", "INDEX \\c 2", 'STYLEREF "Heading 1"', "FORMTEXT"])
def test_results_that_are_words_of_the_document_are_translated(code: str) -> None:
    data = paragraph_of('<w:r><w:t xml:space="preserve">See </w:t></w:r>' + field(code, "Introduction"))
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [text.text for text in written.iter(qn("w:t"))] == ["SEE ", "INTRODUCTION"]
    assert [text.text for text in written.iter(qn("w:instrText"))] == [f" {code} "]


@pytest.mark.parametrize("code", ["MERGEFIELD Name", "AUTHOR", "DATE", "SEQ Figure", "DOCPROPERTY Client"])
def test_results_that_come_from_elsewhere_stay(code: str) -> None:
    data = paragraph_of('<w:r><w:t xml:space="preserve">See </w:t></w:r>' + field(code, "Name"))
    assert texts_of(NAME, data) == ['See <x id="1" translate="no"/>']  # a word to who reads it
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [text.text for text in written.iter(qn("w:t"))] == ["SEE ", "Name"]


def test_what_is_said_instead_of_pictures_is_translated_and_file_names_are_not() -> None:
    document = docx.Document()
    for said in ("A dog", "dog.png"):
        shape = document.add_picture(io.BytesIO(PICTURE))
        shape._inline.docPr.set("descr", said)
    written = opened(translated(NAME, saved(document)))
    assert [shape._inline.docPr.get("descr") for shape in written.inline_shapes] == ["A DOG", "dog.png"]
    assert [shape._inline.docPr.get("name") for shape in written.inline_shapes] == ["Picture 1", "Picture 2"]


def test_choices_are_translated_and_what_a_program_knows_them_by_is_not() -> None:
    item = '<w:listItem w:displayText="Approved" w:value="a"/>'
    data = paragraph_of(
        f"<w:sdt><w:sdtPr><w:dropDownList>{item}</w:dropDownList></w:sdtPr>"
        "<w:sdtContent><w:r><w:t>Approved</w:t></w:r></w:sdtContent></w:sdt>"
    )
    written = opened(translated(NAME, data)).paragraphs[0]._p
    (choice,) = written.iter(qn("w:listItem"))
    assert (choice.get(qn("w:displayText")), choice.get(qn("w:value"))) == ("APPROVED", "a")
    assert [text.text for text in written.iter(qn("w:t"))] == ["APPROVED"]


@pytest.mark.parametrize(
    ("letter", "rest", "new", "written"),
    [
        ("O", "nce upon a time", "Era uma vez", ["E", "ra uma vez"]),
        ("A", " dog sleeps", "\u201cUm c\u00e3o\u201d", ["\u201cU", "m c\u00e3o\u201d"]),
        ("I", " am", "\u00c9 assim", ["\u00c9", " assim"]),
    ],
)
def test_a_drop_cap_is_read_with_its_paragraph(letter: str, rest: str, new: str, written: list[str]) -> None:
    document = docx.Document()
    framed = document.add_paragraph(letter)
    document.add_paragraph(rest)
    frame = f'<w:framePr {nsdecls("w")} w:dropCap="drop" w:lines="3" w:wrap="around"/>'
    framed._p.get_or_add_pPr().append(parse_xml(frame))
    framed.runs[0].font.size = Pt(60)
    data = saved(document)
    assert texts_of(NAME, data) == [letter + rest]
    paragraphs = opened(read_document(NAME, data, ReadOptions()).write([new])).paragraphs
    assert [one.text for one in paragraphs] == written
    assert paragraphs[0].runs[0].font.size == Pt(60)


def test_what_is_to_be_filled_in_and_what_is_said_of_it() -> None:
    data = paragraph_of(
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:helpText w:type="text" w:val="Choose one"/>'
        '<w:ddList><w:default w:val="1"/><w:listEntry w:val="Red"/><w:listEntry w:val="Blue"/></w:ddList>'
        "</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> is it</w:t></w:r>'
    )
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [one.get(qn("w:val")) for one in written.iter(qn("w:listEntry"))] == ["RED", "BLUE"]
    assert [one.get(qn("w:val")) for one in written.iter(qn("w:helpText"))] == ["CHOOSE ONE"]
    assert [one.get(qn("w:val")) for one in written.iter(qn("w:default"))] == ["1"]


def test_words_in_equations_are_translated_and_names_are_not() -> None:
    plain = "<m:r><m:rPr><m:nor/></m:rPr><m:t>otherwise</m:t></m:r>"
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    data = paragraph_of(
        f'<m:oMath xmlns:m="{math}"><m:r><m:t>ab</m:t></m:r>{plain}</m:oMath><w:r><w:t>so</w:t></w:r>'
    )
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [one.text for one in written.iter(f"{{{math}}}t")] == ["ab", "OTHERWISE"]


def test_words_with_their_reading_above_them_are_translated_without_it() -> None:
    data = paragraph_of(
        "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>reading</w:t></w:r></w:rt>"
        "<w:rubyBase><w:r><w:t>word</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>, one more</w:t></w:r>"
    )
    assert texts_of(NAME, data) == ["word, one more"]
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [text.text for text in written.iter(qn("w:t"))] == ["WORD, ONE MORE"]


def add_part(document: Document, name: str, kind: str, data: bytes) -> str:
    part = Part(PackURI(name), "application/octet-stream", data, document.part.package)
    return document.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/{kind}")


def test_inserted_files_are_read_or_told() -> None:
    document = docx.Document()
    chunks = [
        add_part(document, "/word/a.html", "relationships/aFChunk", b"<p>Some words</p>"),
        add_part(document, "/word/b.rtf", "relationships/aFChunk", b"{\\rtf1 Words}"),
    ]
    for number, one in enumerate(chunks):
        document.element.body.insert(number, parse_xml(f'<w:altChunk {nsdecls("w", "r")} r:id="{one}"/>'))
    read = read_document(NAME, saved(document), ReadOptions())
    assert [segment.text for segment in read.segments] == ["<p>Some words</p>"]
    written = opened(read.write(["<p>Umas palavras</p>"])).part
    assert written.rels[chunks[0]].target_part.blob == b"<p>Umas palavras</p>"
    assert "(1)" in read.notices[0]
    assert "Inserted files" in read.notices[0]


def test_objects_of_other_programs_are_told_and_cost_the_document_nothing() -> None:
    document = docx.Document()
    document.add_paragraph("Some words")
    for name, data in [("a.bin", b"x"), ("b.xlsx", b"PK\x03\x04 damaged"), ("c.docx", b"x")]:
        add_part(document, f"/word/embeddings/{name}", "relationships/package", data)
    read = read_document(NAME, saved(document), ReadOptions())
    assert [segment.text for segment in read.segments] == ["Some words"]
    (notice,) = read.notices
    assert "(3)" in notice


def test_deletions_are_told() -> None:
    data = paragraph_of(
        "<w:r><w:t>Kept</w:t></w:r><w:del w:id='3' w:author='A'><w:r><w:delText>old</w:delText></w:r></w:del>"
    )
    (notice,) = read_document(NAME, data, ReadOptions()).notices
    assert "deleted" in notice


def test_what_is_said_of_tables_and_stands_in_emptied_controls_is_translated() -> None:
    document = docx.Document()
    properties = document.add_table(1, 1)._tbl.tblPr
    for name, text in (("tblCaption", "Prices"), ("tblDescription", "Prices of all goods")):
        properties.append(parse_xml(f'<w:{name} {nsdecls("w")} w:val="{text}"/>'))
    body = "<w:docPart><w:docPartBody><w:p><w:r><w:t>Click here</w:t></w:r></w:p></w:docPartBody></w:docPart>"
    glossary = f"<w:glossaryDocument {nsdecls('w')}><w:docParts>{body}</w:docParts></w:glossaryDocument>"
    name = PackURI("/word/glossary/document.xml")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.glossary+xml"
    part = Part(name, kind, glossary.encode(), document.part.package)
    document.part.relate_to(
        part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/glossaryDocument"
    )
    written = opened(translated(NAME, saved(document)))
    (table,) = written.tables
    said = [one.get(qn("w:val")) for one in table._tbl.tblPr if one.tag.endswith(("Caption", "Description"))]
    assert said == ["PRICES", "PRICES OF ALL GOODS"]
    (inserted,) = [one for one in written.part.package.iter_parts() if one.partname == name]
    assert b">CLICK HERE<" in inserted.blob


def test_what_is_said_of_an_old_picture_is_translated() -> None:
    shape = '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" alt="A photo of the house"/>'
    data = paragraph_of(f"<w:r><w:t>Words</w:t></w:r><w:r><w:pict>{shape}</w:pict></w:r>")
    (paragraph,) = opened(translated(NAME, data)).paragraphs
    assert 'alt="A PHOTO OF THE HOUSE"' in paragraph._p.xml
