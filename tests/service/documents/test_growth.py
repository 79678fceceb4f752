"""Reading a file and writing it takes time in proportion to its size, however it is made."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.growth import assert_linear

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument."
MAIN, MAIN_TYPE = "word/document.xml", f"{TYPE}wordprocessingml.document.main+xml"
BODY = f'<w:document xmlns:w="{W}"><w:body><w:p>{{}}</w:p></w:body></w:document>'
RELATIONS = f'<Relationships xmlns="{PACKAGE}/relationships">{{}}</Relationships>'


def office(parts: dict[str, tuple[str, str]]) -> bytes:
    """A package of parts with their types and contents."""
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (kind, _) in parts.items()
    )
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types">{types}</Types>')
        for name, (_, content) in parts.items():
            archive.writestr(name, content)
    return output.getvalue()


def word(paragraph: str, properties: str = "") -> bytes:
    body = BODY.format(paragraph)
    core = f'<c xmlns:dc="http://purl.org/dc/elements/1.1/">{properties}</c>'
    return office(
        {
            MAIN: (MAIN_TYPE, body),
            "docProps/core.xml": ("application/vnd.openxmlformats-package.core-properties+xml", core),
        }
    )


def excel(cell: str, others: dict[str, tuple[str, str]] | None = None) -> bytes:
    book = f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="One" r:id="r1"/></sheets></workbook>'
    sheet = f'<worksheet xmlns="{S}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'
    strings = f'<sst xmlns="{S}"><si><t>word</t></si></sst>'
    return office(
        {
            "xl/workbook.xml": (f"{TYPE}spreadsheetml.sheet.main+xml", book),
            "xl/_rels/workbook.xml.rels": ("", RELATIONS.format('<Relationship Id="r1" Target="a.xml"/>')),
            "xl/a.xml": (f"{TYPE}spreadsheetml.worksheet+xml", sheet),
            "xl/strings.xml": (f"{TYPE}spreadsheetml.sharedStrings+xml", strings),
            **(others or {}),
        }
    )


def formula(text: str) -> bytes:
    return excel(f'<c r="A1"><f>{text}</f></c>')


def code(text: str) -> bytes:
    char = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    inner = f"<w:r><w:instrText>{text}</w:instrText></w:r>"
    return word(char.format("begin") + inner + char.format("end"))


def pivot(number: int) -> bytes:
    texts = "".join('<s v="word"/>' for _ in range(number))
    fields = f'<cacheField name="a"><sharedItems>{texts}</sharedItems></cacheField>'
    source = '<cacheSource type="worksheet"><worksheetSource ref="A1:A2"/></cacheSource>'
    inner = f"{source}<cacheFields>{fields}</cacheFields>"
    cache = f'<pivotCacheDefinition xmlns="{S}">{inner}</pivotCacheDefinition>'
    return excel("", {"xl/cache.xml": (f"{TYPE}spreadsheetml.pivotCacheDefinition+xml", cache)})


def xliff(number: int) -> bytes:
    data = "".join(f'<data id="{i}">x</data>' for i in range(number))
    segments = "<segment><source>word</source></segment>" * number
    unit = f'<unit id="u"><originalData>{data}</originalData>{segments}</unit>'
    return f'<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0"><file>{unit}</file></xliff>'.encode()


def controls(number: int) -> str:
    bound = "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}"
    one = '<w:sdt><w:sdtPr><w:dataBinding w:xpath="/c/a[{}]" w:storeItemID="{}"/></w:sdtPr></w:sdt>'
    return "".join(one.format(number, bound) for _ in range(number))


RUN = "<w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>b</w:t></w:r>"
START, END = '<w:bookmarkStart w:id="{}"/>', '<w:bookmarkEnd w:id="{}"/>'
CUE = "00:00:01,000 --> 00:00:02,000\nword\n"
FILES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "line ends": ("a.docx", lambda n: word("<w:r><w:t>some words</w:t><w:br/></w:r>" * (n // 4))),
    "marks without others": (
        "a.docx",
        lambda n: word("".join(map(START.format, range(n // 4))) + END.format("x") * (n // 4) + RUN),
    ),
    "marks in marks": (
        "a.docx",
        lambda n: word(
            "".join(map(START.format, range(n // 8)))
            + RUN
            + "".join(map(END.format, reversed(range(n // 8))))
        ),
    ),
    "a button": ("a.docx", lambda n: code(f"MACROBUTTON a b{' ' * n}c")),
    "quotes": ("a.docx", lambda n: code(f"XE {'“' * n}a")),
    "controls": ("a.docx", lambda n: word(controls(n // 8), "<a>word</a>" * (n // 8))),
    "fields and properties": (
        "a.docx",
        lambda n: word('<w:fldSimple w:instr="TITLE"/>' * (n // 8), "<dc:title>a word</dc:title>" * (n // 8)),
    ),
    "numbers in names": (
        "a.docx",
        lambda n: office({MAIN: (MAIN_TYPE, BODY), "1" * n: (f"{TYPE}wordprocessingml.header+xml", "<a/>")}),
    ),
    "a word in a formula": ("a.xlsx", lambda n: formula(f'"b"{"a" * n}')),
    "parentheses": ("a.xlsx", lambda n: formula("(" * (n // 2) + '"a",' * (n // 8))),
    "kinds of a cell": ("a.xlsx", lambda n: excel(f"""<c r='{' t="s"' * (n // 4)}'></c>""")),
    "entries of a pivot table": ("a.xlsx", lambda n: pivot(n // 4)),
    "segments and their data": ("a.xlf", lambda n: xliff(n // 16)),
    "resources in CDATA": (
        "a.xml",
        lambda n: f"<resources><string><![CDATA[word {'<a ' * (n // 4)}]]></string></resources>".encode(),
    ),
    "blanks in a resource": (
        "a.xml",
        lambda n: b"<resources><string>a%sb%sc</string></resources>" % (b" " * n, rb"\n" * n),
    ),
    "elements in a resource": (
        "a.xml",
        lambda n: f"<resources><string>a{'<b/>' * (n // 4)}</string></resources>".encode(),
    ),
    "strings of a catalogue": (
        "a.xcstrings",
        lambda n: json.dumps(
            {"sourceLanguage": "en", "strings": {f"word {i}": {} for i in range(n // 8)}}
        ).encode(),
    ),
    "messages of Qt": (
        "a.ts",
        lambda n: (
            b"<TS><context>%s</context></TS>"
            % (b"<message><source>word</source><translation/></message>" * (n // 16))
        ),
    ),
    "lines of a message": ("a.ftl", lambda n: b"a =" + b"\n  word { $a }" * (n // 8)),
    "messages of Rails": ("a.yml", lambda n: b"en:" + b"\n  a:\n    one: word\n    other: words" * (n // 16)),
    "blanks in YAML": ("a.yml", lambda n: b"en:\n  a: |\n    word\n" + b"\n" * n),
    "cues of TTML": (
        "a.ttml",
        lambda n: b"<tt><body>%s</body></tt>" % (b'<p begin="1s" end="2s">word<br/>word</p>' * (n // 16)),
    ),
    "breaks of TTML": ("a.ttml", lambda n: b"<tt><p>word%sword</p></tt>" % (b"<br/>" * (n // 4))),
    "headings in code": ("a.md", lambda n: b"```\n" + b"# a\n" * n),
    "words of a cue": ("a.srt", lambda n: (CUE + "word " * n).encode()),
    "heads": ("a.html", lambda n: f"é{'<head ' * n}".encode()),
    "cues one behind another": ("a.srt", lambda n: (CUE * (n // 16)).encode()),
}


@pytest.mark.parametrize("kind", FILES)
def test_time_is_in_proportion_to_size(kind: str) -> None:
    name, make = FILES[kind]

    def work(size: str) -> None:
        try:
            document = read_document(name, make(len(size)), ReadOptions(target_lang="pt"))
        except ServiceError:
            return
        document.write([segment.text for segment in document.segments])

    assert_linear(work, lambda length: " " * length)
