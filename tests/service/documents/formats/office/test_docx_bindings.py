"""Content controls and fields that show what is stored elsewhere in the file."""

from __future__ import annotations

import io

import docx
import pytest
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from tests.service.documents.formats.office.test_docx import NAME, field, opened, paragraph_of, saved
from tests.service.documents.stand_in import translated

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
CORE = "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"
OWN = "{00000000-AAAA-4444-8888-000000000001}"
CORE_MAPPINGS = (
    "xmlns:ns0='http://purl.org/dc/elements/1.1/' "
    "xmlns:ns1='http://schemas.openxmlformats.org/package/2006/metadata/core-properties' "
)


def control(path: str, store: str, text: str, *, mappings: str = "", kind: str = "<w:text/>") -> str:
    binding = f'<w:dataBinding w:prefixMappings="{mappings}" w:xpath="{path}" w:storeItemID="{store}"/>'
    return (
        f"<w:sdt><w:sdtPr>{binding}{kind}</w:sdtPr>"
        f"<w:sdtContent><w:r><w:t>{text}</w:t></w:r></w:sdtContent></w:sdt>"
    )


def document_with(*controls: str) -> Document:
    document = docx.Document()
    for number, one in enumerate(controls):
        document.element.body.insert(number, parse_xml(f"<w:p {nsdecls('w')}>{one}</w:p>"))
    return document


def store(document: Document, xml: str) -> None:
    """As Word has it: the data, and beside it the id that controls know it by."""
    package = document.part.package
    properties = f'<ds:datastoreItem ds:itemID="{OWN}" xmlns:ds="{OFFICE}/customXml"/>'
    kind = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
    item = Part(PackURI("/customXml/item7.xml"), "application/xml", xml.encode(), package)
    about = Part(PackURI("/customXml/itemProps7.xml"), kind, properties.encode(), package)
    item.relate_to(about, f"{OFFICE}/relationships/customXmlProps")
    document.part.relate_to(item, f"{OFFICE}/relationships/customXml")


def stored(data: bytes) -> list[str | None]:
    parts = {part.partname: part for part in opened(data).part.package.iter_parts()}
    return [one.text for one in etree.fromstring(parts[PackURI("/customXml/item7.xml")].blob)]


def test_what_a_control_shows_of_the_properties_is_stored_as_it_says_now() -> None:
    path = "/ns1:coreProperties[1]/ns0:title[1]"
    document = document_with(control(path, CORE, "The report", mappings=CORE_MAPPINGS))
    document.core_properties.title = "The report"
    document.core_properties.subject = "Not shown"
    written = opened(translated(NAME, saved(document)))
    assert [text.text for text in written.element.body.iter(qn("w:t"))] == ["THE REPORT"]
    assert (written.core_properties.title, written.core_properties.subject) == ("THE REPORT", "Not shown")


def test_what_a_control_shows_of_the_file_s_own_data_is_stored_as_it_says_now() -> None:
    mappings = "xmlns:d='urn:data'"
    document = document_with(
        control("/d:data[1]/d:client[1]", OWN, "The town", mappings=mappings),
        control("/d:data[1]/d:day[1]", OWN, "May 1", mappings=mappings, kind="<w:date/>"),
        control("/d:data[1]/d:state[1]", OWN, "Open", mappings=mappings, kind="<w:dropDownList/>"),
        control("//d:other", OWN, "Any", mappings=mappings),
        control("/d:data[1]/d:none[3]", OWN, "None", mappings=mappings),
    )
    store(
        document,
        "<data xmlns='urn:data'><client>The town</client><day>2026-05-01</day><state>1</state>"
        "<other>Any</other></data>",
    )
    data = translated(NAME, saved(document))
    assert stored(data) == ["THE TOWN", "2026-05-01", "1", "Any"]


@pytest.mark.parametrize("code", ["TITLE", "TITLE  \\* MERGEFORMAT"])
def test_a_property_that_a_field_shows_is_translated_with_it(code: str) -> None:
    document = docx.Document(io.BytesIO(paragraph_of(field(code, "The report"))))
    document.core_properties.title = "The report"
    written = opened(translated(NAME, saved(document)))
    assert [text.text for text in written.element.body.iter(qn("w:t"))] == ["THE REPORT"]
    assert written.core_properties.title == "THE REPORT"
