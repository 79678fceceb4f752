"""Texts in the codes of fields, each in as many runs as Word likes."""

from __future__ import annotations

import re

import pytest
from docx.oxml.ns import qn

from tests.service.documents.formats.office.test_docx import NAME, opened, paragraph_of
from tests.service.documents.stand_in import texts_of, translated

CODES = {
    'XE "warranty:limits\\: all" \\t "See there"': 'XE "WARRANTY:LIMITS\\: ALL" \\t "SEE THERE"',
    'IF "a" = "b" "Dear Madam" "Dear Sir"': 'IF "a" = "b" "DEAR MADAM" "DEAR SIR"',
    'IF x <> “No” “say \\"hi\\"” “”': "IF x <> “No” “SAY 'HI'” “”",
    'TC "First part" \\f C \\l "1"': 'TC "FIRST PART" \\f C \\l "1"',
    'FILLIN "Your name?" \\d "Nobody"': 'FILLIN "YOUR NAME?" \\d "NOBODY"',
    'ASK Name "Your name?"': 'ASK Name "YOUR NAME?"',
    'HYPERLINK "https://a.example/" \\o "Open it"': 'HYPERLINK "https://a.example/" \\o "OPEN IT"',
    'MERGEFIELD name \\b "Dear " \\* MERGEFORMAT': 'MERGEFIELD name \\b "DEAR " \\* MERGEFORMAT',
    "MACROBUTTON NoMacro [Type here]": "MACROBUTTON NoMacro [TYPE HERE]",
    'DATE \\@ "d MMMM"': 'DATE \\@ "d MMMM"',
    'STYLEREF "Heading one"': 'STYLEREF "Heading one"',
    "": "",
}


def run(inner: str) -> str:
    return f"<w:r>{inner}</w:r>"


def char(kind: str) -> str:
    return run(f'<w:fldChar w:fldCharType="{kind}"/>')


def code_runs(*texts: str) -> str:
    escaped = (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts)
    return "".join(run(f'<w:instrText xml:space="preserve">{text}</w:instrText>') for text in escaped)


def code_of(data: bytes) -> str:
    return "".join(text.text or "" for text in opened(data).paragraphs[0]._p.iter(qn("w:instrText")))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("size", [3, 1000])
def test_texts_in_codes_are_translated(code: str, size: int) -> None:
    pieces = re.findall(f"(?s).{{1,{size}}}", f" {code} ")
    before = run('<w:t xml:space="preserve">Words </w:t>')
    data = paragraph_of(before + char("begin") + code_runs(*pieces) + char("end"))
    assert code_of(translated(NAME, data)) == f" {CODES[code]} "


def test_a_text_around_another_field_is_read_without_it() -> None:
    name = char("begin") + code_runs("MERGEFIELD name") + char("separate") + char("end")
    inner = code_runs(' IF 1 = 1 "Dear ') + name + code_runs(', hello" "Bye"')
    data = paragraph_of(char("begin") + inner + char("separate") + run("<w:t>Dear</w:t>") + char("end"))
    assert texts_of(NAME, data)[1:] == ["Dear ", ", hello", "Bye"]
    assert code_of(translated(NAME, data)) == ' IF 1 = 1 "DEAR MERGEFIELD name, HELLO" "BYE"'


def test_a_code_that_is_an_attribute_is_read_too() -> None:
    data = paragraph_of('<w:fldSimple w:instr=" XE &quot;cat&quot; "/>')
    written = opened(translated(NAME, data)).paragraphs[0]._p
    assert [one.get(qn("w:instr")) for one in written.iter(qn("w:fldSimple"))] == [' XE "CAT" ']
