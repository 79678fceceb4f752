"""Word documents, made and read by python-docx."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
import pytest
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "letter.docx"


def saved(document: Document) -> bytes:
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def opened(data: bytes) -> Document:
    return docx.Document(io.BytesIO(data))


def runs(paragraph: Paragraph) -> Iterator[tuple[str, bool | None]]:
    for run in paragraph.runs:
        yield run.text, run.bold


def add_link(paragraph: Paragraph, address: str, text: str) -> None:
    relation = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    paragraph._p.append(
        parse_xml(
            f'<w:hyperlink {nsdecls("w", "r")} r:id="{relation}"><w:r><w:t>{text}</w:t></w:r></w:hyperlink>'
        )
    )


def field(code: str, result: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'<w:r><w:t xml:space="preserve">{result}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def paragraph_of(inner: str) -> bytes:
    document = docx.Document()
    paragraph = parse_xml(
        f'<w:p {nsdecls("w", "r", "wp", "a")} xmlns:v="urn:schemas-microsoft-com:vml">{inner}</w:p>'
    )
    document.element.body.insert(0, paragraph)
    return saved(document)


def test_runs_of_one_look_are_one_text_and_others_are_tagged() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph()
    paragraph.add_run("The ")
    paragraph.add_run("quick ")
    paragraph.add_run("brown").bold = True
    paragraph.add_run(" fox jumps.")
    data = saved(document)
    assert texts_of(NAME, data) == ['The quick <g id="1">brown</g> fox jumps.']
    written = opened(translated(NAME, data)).paragraphs[0]
    assert list(runs(written)) == [("THE QUICK ", None), ("BROWN", True), (" FOX JUMPS.", None)]


def test_words_keep_their_look_where_the_translation_has_another_order() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The ")
    paragraph.add_run("black").font.color.rgb = RGBColor(255, 0, 0)
    paragraph.add_run(" cat sleeps.")
    read = read_document(NAME, saved(document), ReadOptions())
    written = opened(read.write(['O gato <g id="1">preto</g> dorme.'])).paragraphs[0]
    assert [(run.text, run.font.color.rgb) for run in written.runs] == [
        ("O gato ", None),
        ("preto", RGBColor(255, 0, 0)),
        (" dorme.", None),
    ]


def test_everything_that_has_text_is_translated() -> None:
    document = docx.Document()
    document.add_heading("A heading", 1)
    document.add_paragraph("An item", style="List Bullet")
    document.add_table(1, 1).cell(0, 0).text = "A cell"
    section = document.sections[0]
    section.header.paragraphs[0].text = "A header"
    section.footer.paragraphs[0].text = "A footer"
    document.add_comment(document.paragraphs[0].runs, "A comment", "Ann")
    written = opened(translated(NAME, saved(document)))
    assert [paragraph.text for paragraph in written.paragraphs] == ["A HEADING", "AN ITEM"]
    assert [paragraph.style.name for paragraph in written.paragraphs if paragraph.style] == [
        "Heading 1",
        "List Bullet",
    ]
    assert written.tables[0].cell(0, 0).text == "A CELL"
    assert written.sections[0].header.paragraphs[0].text == "A HEADER"
    assert written.sections[0].footer.paragraphs[0].text == "A FOOTER"
    assert [comment.text for comment in written.comments] == ["A COMMENT"]


def test_links_keep_their_addresses() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    add_link(paragraph, "https://example.org/", "our page")
    paragraph.add_run(" for more.")
    data = saved(document)
    assert texts_of(NAME, data) == ['See <g id="1">our page</g> for more.']
    (link,) = opened(translated(NAME, data)).paragraphs[0].hyperlinks
    assert (link.text, link.address) == ("OUR PAGE", "https://example.org/")


def test_line_breaks_and_tabs_divide_what_is_translated() -> None:
    document = docx.Document()
    document.add_paragraph("Name:\tAnn\nStreet: Main")
    data = saved(document)
    assert texts_of(NAME, data) == ["Name:", "Ann", "Street: Main"]
    assert opened(translated(NAME, data)).paragraphs[0].text == "NAME:\tANN\nSTREET: MAIN"


def test_what_a_program_computes_stays_and_what_a_field_links_is_translated() -> None:
    data = paragraph_of(
        '<w:r><w:t xml:space="preserve">See page </w:t></w:r>'
        + field("PAGE", "12")
        + '<w:r><w:t xml:space="preserve"> or </w:t></w:r>'
        + field('HYPERLINK "https://example.org/"', "our page")
        + "<w:r><w:t>.</w:t></w:r>"
    )
    assert texts_of(NAME, data) == ['See page <x id="1" translate="no"/> or <g id="2">our page</g>.']
    written = opened(translated(NAME, data)).paragraphs[0]._p
    kinds = [char.get(qn("w:fldCharType")) for char in written.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"] * 2
    words = [text.text for text in written.iter(qn("w:t"), qn("w:instrText"))]
    assert words == [
        "SEE PAGE ",
        " PAGE ",
        "12",
        " OR ",
        ' HYPERLINK "https://example.org/" ',
        "OUR PAGE",
        ".",
    ]


def test_bookmarks_deletions_and_pictures_stay() -> None:
    data = paragraph_of(
        '<w:bookmarkStart w:id="7" w:name="here"/><w:r><w:t xml:space="preserve">One </w:t></w:r>'
        "<w:del w:id='3' w:author='A'><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:ins w:id='4' w:author='A'><w:r><w:t>new</w:t></w:r></w:ins>"
        '<w:r><w:t xml:space="preserve"> text</w:t><w:pict><v:rect id="box"/></w:pict></w:r>'
        '<w:bookmarkEnd w:id="7"/>'
    )
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [child.tag.rpartition("}")[2] for child in written] == [
        "bookmarkStart", "r", "del", "ins", "r", "r", "bookmarkEnd",
    ]  # fmt: skip
    assert "".join(text.text or "" for text in written.iter(qn("w:t"))) == "ONE NEW TEXT"
    assert [text.text for text in written.iter(qn("w:delText"))] == ["old"]
    assert len(list(written.iter("{urn:schemas-microsoft-com:vml}rect"))) == 1


def test_text_boxes_inside_a_paragraph_are_translated_once_each() -> None:
    data = paragraph_of(
        "<w:r><w:t>Around</w:t></w:r><w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
        "<w:p><w:r><w:t>Inside</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )
    assert texts_of(NAME, data) == ["Around", "Inside"]
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [text.text for text in written.iter(qn("w:t"))] == ["AROUND", "INSIDE"]


def test_a_mark_that_a_translation_lost_is_put_at_its_end() -> None:
    data = paragraph_of(
        '<w:r><w:t xml:space="preserve">A note</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        "<w:r><w:t> here.</w:t></w:r>"
    )
    written = opened(read_document(NAME, data, ReadOptions()).write(["Uma nota aqui."])).paragraphs[0]._p
    assert len(list(written.iter(qn("w:footnoteReference")))) == 1


def test_a_pair_given_twice_is_two_links_and_one_field() -> None:
    data = paragraph_of(
        '<w:hyperlink w:anchor="a"><w:r><w:t>one two</w:t></w:r></w:hyperlink>'
        '<w:r><w:t xml:space="preserve"> three four five six</w:t></w:r>'
    )
    written = opened(
        read_document(NAME, data, ReadOptions()).write(['<g id="1">um</g> três <g id="1">dois</g>'])
    ).paragraphs[0]
    assert [link.text for link in written.hyperlinks] == ["um", "dois"]
    assert written.text == "um três dois"


def test_files_with_macros_are_refused() -> None:
    data = saved(docx.Document())
    with pytest.raises(ServiceError, match="macros"):
        read_document("letter.docm", data, ReadOptions())


def test_what_has_no_words_stays_byte_for_byte() -> None:
    document = docx.Document()
    document.add_paragraph("1 + 1 = 2")
    assert opened(translated(NAME, saved(document))).paragraphs[0].text == "1 + 1 = 2"
