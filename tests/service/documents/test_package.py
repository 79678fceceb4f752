"""Archives that are no documents: damaged, encrypted, made to fill memory."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.documents import package
from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.office import embedded
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.documents.package import Package
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import translated

TYPES = "[Content_Types].xml"
BODY = "word/document.xml"


def document() -> bytes:
    output = io.BytesIO()
    made = docx.Document()
    made.add_paragraph("Some words")
    made.save(output)
    return output.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    if not data:
        return {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(data: bytes, parts: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts_of(data).items():
            if name not in parts:
                new.writestr(name, content)
        for name, content in parts.items():
            new.writestr(name, content)
    return output.getvalue()


def refusal(data: bytes) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        read_document("a.docx", data, ReadOptions())
    return raised.value


def test_a_part_that_unpacks_to_far_too_much_is_refused() -> None:
    error = refusal(changed(document(), {"word/media/a.bin": bytes(20_000_000)}))
    assert error.code == "document_unsafe"
    assert "zip bomb" in error.detail


def test_parts_that_are_too_much_together_are_refused_before_one_is_unpacked() -> None:
    # The directory says how large a part is; `zipfile` reads no more than that.
    data = bytearray(changed(document(), {"word/media/a.bin": b"abc"}))
    entry = data.rindex(b"word/media/a.bin") - 46
    struct.pack_into("<I", data, entry + 24, 0xF0000000)
    assert refusal(bytes(data)).status in {413, 422}


def test_too_many_parts_are_refused() -> None:
    many = {f"word/media/{i}": b"" for i in range(10_001)}
    assert refusal(changed(document(), many)).code == "document_unsafe"


def test_macros_are_refused_whatever_the_file_is_called() -> None:
    assert "macros" in refusal(changed(document(), {"word/vbaProject.bin": b"x"})).detail


def test_entities_are_refused() -> None:
    body = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    assert refusal(changed(document(), {BODY: body})).code == "document_unsafe"


def test_entities_that_multiply_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    body = f'<!DOCTYPE x [<!ENTITY e0 "word">{entities}]><x>&e9;</x>'.encode()
    assert refusal(changed(document(), {BODY: body})).status == 422


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 but not really", "a damaged zip archive"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "password"),
    ],
)
def test_what_is_no_archive_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data).detail


def test_a_damaged_part_is_named() -> None:
    assert BODY in refusal(changed(document(), {BODY: b"<w:document"})).detail


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@settings(max_examples=100)
@given(data=st.data())
def test_wherever_bytes_are_wrong_nothing_but_a_refusal_comes_of_it(method: int, data: st.DataObject) -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for name in ("a.xml", "b.xml"):
            archive.writestr(name, b"<a>some words</a>" * 9)
    content = bytearray(output.getvalue())
    places = st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ServiceError):
        read = Package(bytes(content), "Word")
        for name in read.names:
            read.read(name)
        read.written({})


def test_another_program_s_file_is_refused() -> None:
    assert refusal(changed(document(), {TYPES: b"<Types/>"})).status == 422


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "word/../../x.xml"])
def test_names_that_lead_out_of_the_archive_are_refused(name: str) -> None:
    assert refusal(changed(document(), {name: b"x"})).code == "document_unsafe"


def test_a_part_that_is_encrypted_is_refused() -> None:
    data = bytearray(document())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert "password" in refusal(bytes(data)).detail


@pytest.mark.parametrize(("depth", "words"), [(200, None), (300, "no valid XML")])
def test_elements_in_elements_are_read_to_a_depth(depth: int, words: str | None) -> None:
    wraps = "<w:ins w:id='1' w:author='A'>" * depth + "<w:r><w:t>word</w:t></w:r>" + "</w:ins>" * depth
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{namespace}"><w:body><w:p>{wraps}</w:p></w:body></w:document>'
    data = changed(document(), {BODY: body.encode()})
    if words is None:
        assert docx.Document(io.BytesIO(translated("a.docx", data))).element.xpath("string()") == "WORD"
    else:
        assert words in refusal(data).detail


def test_more_xml_than_memory_has_room_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_MAX_XML_BYTES", 1000)
    error = refusal(document())
    assert (error.status, error.code) == (413, "document_too_large")
    assert "divide the file" in error.detail


def test_tables_that_are_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MAX_UNPACKED_BYTES", 2_300_000)
    table = changed(b"", {"xl/media/a.bin": bytes(1_000_000)})
    one, two = ({f"word/embeddings/{i}.xlsx": table for i in range(number)} for number in (1, 2))
    assert read_document("a.docx", changed(document(), one), ReadOptions()).segments
    assert refusal(changed(document(), two)).code == "document_too_large"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pptx", None, "it is a .docx file"),
        ("a.xlsx", None, "it is a .docx file"),
        ("a.odt", None, "no OpenDocument file"),
        ("a.docx", b"%PDF-1.7 words", "a PDF file"),
        ("a.xlsx", b"\r\n<html><table></table></html>", "a page (.html)"),
        ("a.docx", b"{\\rtf1 words}", "rich text (.rtf)"),
        ("a.docx", b"words", "no zip archive"),
        ("a.po", b"{\\rtf1 words}", "see line 1."),
        ("a.txt", None, "no text"),
        ("a.json", b"%PDF-1.7 words", "no .json file"),
        ("a.xlf", None, "no valid XML"),
    ],
)
def test_a_file_of_another_kind_than_its_name_says_is_refused(
    name: str, data: bytes | None, words: str
) -> None:
    with pytest.raises(ServiceError) as raised:
        read_document(name, document() if data is None else data, ReadOptions())
    assert (raised.value.status, raised.value.code) == (422, "document_unreadable")
    assert words in raised.value.detail


def test_what_a_file_fetches_from_elsewhere_is_told_and_its_links_are_not() -> None:
    made = docx.Document()
    made.add_paragraph("Some words")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    for kind, target in [
        ("hyperlink", "https://example.org/"),
        ("subDocument", "https://example.org/part.docx"),
        ("attachedTemplate", "https://example.org/template.dotm"),
        ("attachedTemplate", "file:///C:/Templates/Letter.dotx"),
    ]:
        made.part.relate_to(target, f"{relation}/{kind}", is_external=True)
    output = io.BytesIO()
    made.save(output)
    (notice,) = read_document("a.docx", output.getvalue(), ReadOptions()).notices
    assert "fetches from elsewhere" in notice
    assert "(2)" in notice


def test_what_is_not_translated_stays_byte_for_byte() -> None:
    data = changed(document(), {"word/media/picture.bin": bytes(range(256))})
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(io.BytesIO(translated("a.docx", data))) as new,
    ):
        assert new.namelist() == old.namelist()
        assert [name for name in old.namelist() if old.read(name) != new.read(name)] == [
            BODY,
            "word/styles.xml",  # which say what language it is in
        ]
