"""XLIFF 1.2 and 2.0."""

from __future__ import annotations

import pytest
from lxml import etree

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.stand_in import texts_of, translated

V1 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
  <file original="a" source-language="en" datatype="plaintext"><body>
    <trans-unit id="1">
      <source>Click <g id="b">here</g> to <bpt
        id="1">&lt;i&gt;</bpt>go<ept id="1">&lt;/i&gt;</ept> on<x id="x"/>.</source>
      <note>A note</note>
    </trans-unit>
    <trans-unit id="2"><source>Done</source><target state="final">Feito</target></trans-unit>
    <trans-unit id="3"><source>Open</source><target state="new">Open</target></trans-unit>
    <trans-unit id="4" translate="no"><source>Stay</source></trans-unit>
    <trans-unit id="5"><source>123</source></trans-unit>
  </body></file>
</xliff>"""
V2 = """<xliff version="2.0" srcLang="en" xmlns="urn:oasis:names:tc:xliff:document:2.0"><file id="f">
<unit id="u"><segment id="s"><source>Click <pc
   id="1">here</pc> or <sc id="2"/>there<ec startRef="2"/><ph id="3"/>.</source></segment>
<segment id="t" state="final"><source>Done</source><target>Feito</target></segment></unit>
</file></xliff>"""


def targets(data: bytes) -> list[str]:
    root = etree.fromstring(data)
    return ["".join(target.itertext()) for target in root.iter("{*}target")]


def test_version_1() -> None:
    data = V1.encode()
    assert texts_of("a.xlf", data) == [
        'Click <g id="1">here</g> to <g id="2">go</g> on<x id="3"/>.',
        "Open",
    ]
    written = translated("a.xlf", data)
    assert targets(written) == ["CLICK HERE TO <i>GO</i> ON.", "Feito", "OPEN", "123"]
    root = etree.fromstring(written)
    first = root.find(".//{*}trans-unit")
    assert [child.tag.rpartition("}")[2] for child in first] == ["source", "target", "note"]
    assert [child.tag.rpartition("}")[2] for child in first[1]] == ["g", "bpt", "ept", "x"]
    assert root.find("{*}file").get("target-language") == "pt"


def test_version_2() -> None:
    data = V2.encode()
    assert texts_of("a.xliff", data) == ['Click <g id="1">here</g> or <g id="2">there</g><x id="3"/>.']
    written = translated("a.xliff", data)
    assert targets(written) == ["CLICK HERE OR THERE.", "Feito"]
    root = etree.fromstring(written)
    assert root.get("trgLang") == "pt"
    assert [one.get("state") for one in root.iter("{*}segment")] == ["translated", "final"]
    assert root.find(".//{*}target/{*}pc").get("id") == "1"


def test_elements_follow_their_words() -> None:
    read = read_document("a.xlf", V1.encode(), ReadOptions())
    written = read.write(['Para <g id="2">ir</g>, clique <g id="1">aqui</g><x id="3"/>.', "Abrir"])
    target = etree.fromstring(written).find(".//{*}target")
    assert [child.tag.rpartition("}")[2] for child in target] == ["bpt", "ept", "g", "x"]


def test_what_is_marked_as_not_to_be_translated_stays_between_the_words() -> None:
    for kind, word in (("protected", "Acme"), ("term", "ACME")):
        data = V1.replace('<g id="b">here</g>', f'<mrk mtype="{kind}">Acme</mrk>').encode()
        assert targets(translated("a.xlf", data))[0] == f"CLICK {word} TO <i>GO</i> ON."
    for said, word in (("no", "Acme"), ("yes", "ACME")):
        data = V2.replace('<ph id="3"/>', f' <mrk id="m" translate="{said}">Acme</mrk>').encode()
        assert targets(translated("a.xliff", data))[0] == f"CLICK HERE OR THERE {word}."


@pytest.mark.parametrize(("name", "data"), [("a.xlf", V1), ("a.xliff", V2)])
def test_an_element_stands_in_a_target_once(name: str, data: str) -> None:
    read = read_document(name, data.encode(), ReadOptions())
    words = '<g id="1">um</g> dois <g id="1">três</g> <g id="2">x</g><x id="3"/>'
    (first, *others) = [segment.text for segment in read.segments]
    assert "<g" in first
    target = etree.fromstring(read.write([words, *others])).find(".//{*}target")
    assert "".join(target.itertext()).startswith("um dois três")
    elements = [(child.tag, child.get("id")) for child in target.iterdescendants()]
    assert len(elements) == len(set(elements)) >= 3


def test_a_target_is_in_its_language() -> None:
    data = V1.replace("<source>", '<source xml:lang="en">').encode()
    target = etree.fromstring(translated("a.xlf", data)).find(".//{*}target")
    assert target.get("{http://www.w3.org/XML/1998/namespace}lang") == "pt"


def unit(source: str, version: str = "1.2", more: str = "") -> bytes:
    ns = f'xmlns="urn:oasis:names:tc:xliff:document:{version}"'
    if version == "1.2":
        body = f'<file><body><trans-unit id="1"><source>{source}</source></trans-unit></body></file>'
    else:
        body = f'<file id="f"><unit id="u">{more}<segment><source>{source}</source></segment></unit></file>'
    return f'<xliff version="{version}" {ns}>{body}</xliff>'.encode()


VALUE = '<x id="1" translate="no"/>'


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('You have <x id="1"/> messages', [f"You have {VALUE} messages"]),
        ('Hello, <x id="1"/>!', [f"Hello, {VALUE}!"]),
        ('<x id="A" equiv-text="{{n}}"/> files', [f"{VALUE} files"]),
        ("Delete <ph id='1'>%s</ph>?", [f"Delete {VALUE}?"]),
        ('I am <x id="1"/>here<x id="2"/>', ['I am <x id="1"/>here']),
        ('Press <x id="1" ctype="image"/> now', ['Press <x id="1"/> now']),
        ('One<x id="1" ctype="lb"/>Two', ["One", "Two"]),
        ("One<x id='1' equiv-text='&lt;br/&gt;'/>Two", ["One", "Two"]),
        ("Go <x id='START_LINK'/>there<x id='CLOSE_LINK'/> now", ['Go <g id="1">there</g> now']),
        (
            "Go <x id='1' equiv-text='&lt;b class=&quot;x&quot;>'/>there<x id='2' equiv-text='&lt;/b>'/> now",
            ['Go <g id="1">there</g> now'],
        ),
        ('Use <mrk mtype="protected">Acme</mrk> here', [f"Use {VALUE} here"]),
    ],
)
def test_what_stands_for_a_value_is_a_word_and_what_stands_for_tags_and_line_ends_is_none(
    source: str, texts: list[str]
) -> None:
    data = unit(source)
    assert texts_of("a.xlf", data) == texts
    written = etree.fromstring(translated("a.xlf", data))
    sent, answered = written.find(".//{*}source"), written.find(".//{*}target")
    assert [dict(one.attrib) for one in answered] == [dict(one.attrib) for one in sent]


@pytest.mark.parametrize(
    ("element", "read"),
    [
        ('<ph id="1" equiv="INTERPOLATION" disp="{{ n }}"/>', VALUE),
        ('<ph id="1" dataRef="d"/>', VALUE),
        ('<ph id="1" dataRef="b"/>', '<x id="1"/>'),
        ('<ph id="1" type="other" subType="xlf:var"/>', VALUE),
        ('<ph id="1" type="image"/>', '<x id="1"/>'),
    ],
)
def test_values_of_version_2(element: str, read: str) -> None:
    more = '<originalData><data id="d">%d</data><data id="b">&lt;img/&gt;</data></originalData>'
    data = unit(f"You have {element} messages", "2.0", more)
    assert texts_of("a.xlf", data) == [f"You have {read} messages"]


def test_what_a_tool_has_divided_is_translated_part_by_part() -> None:
    data = unit("First part. Second <g id='1'>part</g>.").replace(
        b"</source>",
        b"</source><seg-source><mrk mtype='seg' mid='1'>First part.</mrk> "
        b"<mrk mtype='seg' mid='2'>Second <g id='1'>part</g>.</mrk></seg-source><target state='new'/>",
    )
    assert texts_of("a.xlf", data) == ["First part.", 'Second <g id="1">part</g>.']
    root = etree.fromstring(translated("a.xlf", data)).find(".//{*}trans-unit")
    assert [child.tag.rpartition("}")[2] for child in root] == ["source", "seg-source", "target"]
    assert [(one.get("mid"), "".join(one.itertext())) for one in root[2]] == [
        *(("1", "FIRST PART."), ("2", "SECOND PART."))
    ]
    assert "".join(root[2].itertext()) == "FIRST PART. SECOND PART."


def test_a_file_says_of_itself_what_it_said() -> None:
    assert b"standalone" not in translated("a.xlf", V1.encode())
    alone = V1.replace('UTF-8"', 'UTF-8" standalone="yes"')
    assert b"standalone='yes'" in translated("a.xlf", alone.encode())


def test_line_ends_stay_as_they_are() -> None:
    written = translated("a.xlf", V1.replace("\n", "\r\n").encode())
    assert written.count(b"\r\n") == written.count(b"\n") > 10
