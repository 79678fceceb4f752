"""Archives that are no documents: damaged, encrypted, made to fill memory."""

from __future__ import annotations

import io
import struct
import zipfile

import docx
import pytest

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
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


def changed(data: bytes, parts: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
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
        (b"", "no zip archive"),
        (b"PK\x03\x04 but not really", "no zip archive"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "password"),
    ],
)
def test_what_is_no_archive_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data).detail


def test_a_damaged_part_is_named() -> None:
    assert BODY in refusal(changed(document(), {BODY: b"<w:document"})).detail


def test_another_program_s_file_is_refused() -> None:
    assert refusal(changed(document(), {TYPES: b"<Types/>"})).status == 422


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
