"""Glossaries as files: what is read, what is a header, and what is said of the rest."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.files import GlossaryFileError, Kind, read_file, read_glossary
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

BRIDGE = GlossaryEntry("bridge", "viaduto")
HEADERS = [("source", "target"), ("src", "tgt"), ("en", "pt")]
phrases = st.from_regex(r"[a-zé]([a-zé ,\";']{0,6}[a-zé])?", fullmatch=True)
rows = st.lists(st.tuples(phrases, phrases), min_size=1)


def written(entries: list[tuple[str, str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(entries)
    return file.getvalue()


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(("kind", "between"), [("tsv", "\t"), ("csv", ","), ("csv", ";")])
def test_a_header_is_no_term_and_said_to_be_none(header: tuple[str, str], kind: Kind, between: str) -> None:
    lines = "\n".join(map(between.join, [header, ("bridge", "viaduto")]))
    file = read_file(f"\n{lines}\n".encode(), kind, "en", "pt")
    assert file.entries == [BRIDGE]
    (notice,) = file.notices
    assert notice.code == "glossary_header"
    assert notice.message.startswith("Line 2 of the glossary")


@given(rows, st.sampled_from([None, *HEADERS]))
def test_no_term_is_lost(entries: list[tuple[str, str]], header: tuple[str, str] | None) -> None:
    content = written([*([header] if header else []), *entries])
    file = read_file(content.encode(), "csv", "en", "pt")
    taken = bool(file.notices)
    expected = [*([header] if header and not taken else []), *entries[taken and not header :]]
    assert [(entry.source, entry.target) for entry in file.entries] == expected


def test_a_header_in_another_line_is_a_term() -> None:
    file = read_file(b"bridge,viaduto\nsource,target\n", "csv", "en", "pt")
    assert file.entries == [BRIDGE, GlossaryEntry("source", "target")]
    assert not file.notices


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheets_write_utf_16_too(encoding: str) -> None:
    assert read_file("bridge\tviadúto".encode(encoding), "tsv", "en", "pt").entries == [
        GlossaryEntry("bridge", "viadúto")
    ]


@pytest.mark.parametrize(
    ("content", "kind", "fault"),
    [
        (b"source,target\n", "csv", "has no entries"),
        (b"", "tsv", "has no entries"),
        (b"pt,en\nviaduto,bridge\n", "csv", "line 1: the columns are from pt to en: turn them"),
        ("a,viadúto".encode("latin-1"), "csv", "is no valid UTF-8 (see byte 6): save it in UTF-8"),
        ("a,b".encode("utf-16")[:-1], "csv", "is no valid UTF-16 (see byte 6): save it in UTF-8"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, kind: Kind, fault: str) -> None:
    with pytest.raises(ServiceError) as raised:
        read_file(content, kind, "en", "pt")
    assert fault in raised.value.detail


@pytest.mark.parametrize("name", ["terms", "terms.tsv", "terms.tab", "terms.TXT", "terms.of-mine"])
def test_tabs_are_read_whatever_the_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("bridge\tviaduto\n")
    assert read_glossary(tmp_path / name, None, "pt").entries == [BRIDGE]


@pytest.mark.parametrize(
    ("name", "content"),
    [("terms.tbx", b'<?xml version="1.0"?>\n<martif/>'), ("terms.xlsx", b"PK\x03\x04\xff")],
)
def test_a_file_of_another_kind_is_told_the_kinds(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        GlossaryFileError, match=rf"{name} is no glossary .*: save it as TSV or CSV .*, or TMX"
    ):
        read_glossary(tmp_path / name, "en", "pt")


def test_tmx_needs_the_language_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.tmx").write_bytes(b"<tmx/>")
    with pytest.raises(GlossaryFileError, match="say which one the text is in"):
        read_glossary(tmp_path / "a.tmx", None, "pt")


def tmx(*units: dict[str, str]) -> bytes:
    def variants(unit: dict[str, str]) -> str:
        return "".join(f'<tuv xml:lang="{lang}"><seg>{text}</seg></tuv>' for lang, text in unit.items())

    body = "".join(f"<tu>{variants(unit)}</tu>\n" for unit in units)
    return f'<tmx version="1.4"><header srclang="en-US"/><body>{body}</body></tmx>'.encode()


UNITS = ({"en-US": "bridge", "pt-BR": "viaduto"}, {"fr": "x", "pt": "y"}, {"fr": "z", "en": "a", "pt": "b"})


def test_regions_that_are_left_out_are_told() -> None:
    data = tmx({"en": "bus", "pt-BR": "ônibus", "pt-PT": "autocarro", "fr": "bus", "fr-CA": "autobus"})
    found = read_file(data, "tmx", "en", "pt-PT")
    assert found.entries == [GlossaryEntry("bus", "autocarro")]
    (notice,) = found.notices
    assert notice.code == "glossary_variant"
    assert "for pt-BR were" in notice.message
    assert read_file(data, "tmx", "en", "pt").entries == [GlossaryEntry("bus", "ônibus")]


def test_tmx_has_the_terms_of_a_pair_whatever_the_region() -> None:
    assert read_file(tmx(*UNITS), "tmx", "en", "pt-PT").entries == [BRIDGE, GlossaryEntry("a", "b")]
    assert read_file(tmx(*UNITS), "tmx", "pt", "fr").entries == [
        GlossaryEntry("y", "x"),
        GlossaryEntry("b", "z"),
    ]


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        (({"de": "a", "fr": "b"},), "has no terms from en to pt; its languages: en, de, fr"),
        (({"en": "a"}, {"pt": "b"}), "has no entries"),
        (({"en": "a", "pt": "b"}, {"en": "?", "pt": "b"}), "line 2: the term has no letter"),
    ],
)
def test_tmx_without_terms_of_the_pair(units: tuple[dict[str, str], ...], fault: str) -> None:
    with pytest.raises(ServiceError, match=fault):
        read_file(tmx(*units), "tmx", "en", "pt")
