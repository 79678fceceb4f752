"""Catalogues of Qt (`.ts`), as lupdate writes them, and read again by translate-toolkit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from translate.storage.ts2 import tsfile

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "app_pt.ts"
CATALOGUE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="pt_BR" sourcelanguage="en">
<context>
    <name>Window</name>
    <message>
        <location filename="../a.cpp" line="12"/>
        <source>&amp;Open &quot;%1&quot;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A new word</source>
        <comment>A note</comment>
        <translation type="unfinished"/>
    </message>
    <message numerus="yes">
        <source>%n file(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>A draft</source>
        <translation type="unfinished">Um rascunho</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Pronto</translation>
    </message>
    <message>
        <source>Gone</source>
        <translation type="vanished"></translation>
    </message>
    <message>
        <source>Without<byte value="x1b"/> any</source>
    </message>
</context>
</TS>
"""
FORM = "\n            <numerusform>{}</numerusform>"


def test_only_what_is_empty_is_filled() -> None:
    assert texts_of(NAME, CATALOGUE.encode()) == [
        '&Open "%1"',
        "A new word",
        "%n file(s)",
        'Without<x id="1"/> any',
    ]
    expected = (
        CATALOGUE.replace(
            '&quot;</source>\n        <translation type="unfinished">',
            '&quot;</source>\n        <translation type="unfinished">&amp;OPEN "%1"',
        )
        .replace(
            '<translation type="unfinished"/>', '<translation type="unfinished">A NEW WORD</translation>'
        )
        .replace("<numerusform></", "<numerusform>%N FILE(S)</")
        .replace(
            " any</source>",
            " any</source>\n"
            '        <translation type="unfinished">WITHOUT<byte value="x1b"/> ANY</translation>',
        )
    )
    assert translated(NAME, CATALOGUE.encode()).decode() == expected


def test_another_language_has_its_own_number_of_plurals() -> None:
    written = translated(NAME, CATALOGUE.encode(), ReadOptions(target_lang="uk")).decode()
    assert 'language="uk" sourcelanguage="en">' in written
    assert FORM.format("%N FILE(S)") * 3 + "\n        </translation>" in written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_another_reader_reads_what_is_written(text: str) -> None:
    said = f"word {text} word"
    message = "<message><source>word</source><translation type='unfinished'/></message>"
    data = f"<!DOCTYPE TS><TS version='2.1'><context><name>a</name>{message}</context></TS>"
    written = read_document(NAME, data.encode(), ReadOptions()).write([said])
    (unit,) = tsfile.parsestring(written).units
    assert str(unit.target) == said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"export const a = 1;", "no valid XML"),
        (b"<resources/>", "its root is not TS"),
        (b"G@\x11\x10" * 100, "no valid XML"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(NAME, data)
