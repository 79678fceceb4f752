"""Terms in TMX, as tables of terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.glossaries import Dictionary
from crosslate.service.glossaries.tables import read_table, table_of
from crosslate.service.glossaries.tmx import tmx_table, written_tmx
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

WHERE = ("body", "file")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n'
phrases = st.from_regex(r"[a-zé]([a-zé &<>,\"';]{0,6}[a-zé])?", fullmatch=True)


def unit(**terms: str) -> str:
    variants = "".join(f'<tuv xml:lang="{lang}"><seg>{term}</seg></tuv>\n' for lang, term in terms.items())
    return f"<tu>\n{variants}</tu>\n"


def tmx(*units: str, source: str = "en") -> str:
    body = "".join(units)
    return f'{HEAD}<tmx version="1.4"><header srclang="{source}"/><body>\n{body}</body></tmx>'


def read(content: str | bytes, *, is_mutual: bool = False) -> dict[tuple[str, str], list[tuple[str, str]]]:
    data = content if isinstance(content, bytes) else content.encode()
    found = read_table(iter(tmx_table(data, WHERE).lines), is_mutual=is_mutual, where=WHERE)
    return {
        (one.source_lang, one.target_lang): [(entry.source, entry.target) for entry in one.entries]
        for one in found
    }


def test_terms_of_the_source_s_language_have_those_of_all_others() -> None:
    units = [unit(pt="gato", en="cat"), unit(en="big  dog\n", fr="gros chien"), unit(pt="a", fr="b")]
    assert read(tmx(*units)) == {("en", "pt"): [("cat", "gato")], ("en", "fr"): [("big dog", "gros chien")]}
    mutual = read(tmx(*units, source="*all*"), is_mutual=True)
    assert mutual["pt", "en"] == [("gato", "cat")]
    assert mutual["fr", "pt"] == [("b", "a")]


def test_languages_are_named_in_any_way_and_files_have_any_encoding() -> None:
    old = '<tu><tuv lang="EN-US"><seg>cat &amp; dog</seg></tuv><tuv lang="pt_BR"><seg>cão</seg></tuv></tu>'
    content = tmx(old, source="en-us").replace("UTF-8", "UTF-16")
    assert read(content.encode("utf-16")) == {("en", "pt"): [("cat & dog", "cão")]}


@pytest.mark.parametrize(
    ("asked", "term", "left_out"),
    [
        (("en", "pt-PT"), "autocarro", ("pt-BR", "pt")),
        (("en", "pt_BR"), "ônibus", ("pt-PT", "pt")),
        (("en", "pt"), "carreira", ("pt-BR", "pt-PT")),
        ((), "carreira", ("pt-BR", "pt-PT")),
    ],
)
def test_of_several_regions_one_is_chosen(
    asked: tuple[str, ...], term: str, left_out: tuple[str, ...]
) -> None:
    content = tmx(
        unit(en="bus", pt_BR="ônibus", pt_PT="autocarro", pt="carreira"), unit(en="cat", pt_BR="gato")
    )
    table = tmx_table(content.encode(), WHERE, asked)
    assert [cells for _, cells in table.lines] == [["en", "pt"], ["bus", term], ["cat", "gato"]]
    assert table.left_out == left_out


def test_codes_of_a_format_are_no_part_of_a_term() -> None:
    marked = (
        "<bpt i='1'>&lt;b&gt;</bpt>big<ept i='1'>&lt;/b&gt;</ept> <hi type='x'>black</hi> <!-- x -->cat<ph/>"
    )
    assert read(tmx(unit(en=marked, pt="gato"))) == {("en", "pt"): [("big black cat", "gato")]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("en,pt\na,b\n", "no valid XML"),
        ("<tmx>", r"no valid XML \(line 1\)"),
        ("<xliff/>", "its root element is not tmx"),
        (tmx(), "2 to 20 languages"),
        (tmx(unit(en="a")), "2 to 20 languages"),
        (tmx(unit(en="a", x="b")), "2 to 20 languages"),
        (tmx(unit(pt="a", fr="b")), "has no terms"),
        (tmx(unit(en="a", pt_br="b", pt_BR="c")), "line 7: the language pt-BR is twice"),
        (tmx(unit(en="a<b>x</b>", pt="b")), "line 5: the term has something in it"),
        (tmx("<tu><tuv xml:lang='en'/></tu>"), "line 4: a tuv needs"),
        (tmx("<tu><tuv><seg>a</seg></tuv></tu>"), "line 4: a tuv needs"),
        (tmx(unit(en="a", pt="?")), "line 4: the translation has no letter"),
    ],
)
def test_faults_are_told_by_their_lines(content: str, fault: str) -> None:
    with pytest.raises(ServiceError, match=fault):
        read(content)


@pytest.mark.parametrize("declared", ['<!ENTITY a "b">', '<!ENTITY a SYSTEM "file:///etc/hostname">'])
def test_nothing_is_expanded_or_looked_up(declared: str) -> None:
    content = tmx(unit(en="&a;", pt="b")).replace(HEAD, f"<!DOCTYPE tmx [{declared}]>")
    with pytest.raises(ServiceError, match="the term has something in it"):
        read(content)


@given(rows=st.lists(st.tuples(phrases, phrases, phrases), min_size=1, max_size=6))
def test_what_is_written_is_read_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    kept = {
        ("en", "pt"): [GlossaryEntry(" ".join(a.split()), " ".join(b.split())) for a, b, _ in rows],
        ("en", "fr"): [GlossaryEntry(" ".join(a.split()), " ".join(c.split())) for a, _, c in rows],
    }
    again = read(written_tmx(table_of(kept)))
    assert {pair: sorted(found) for pair, found in again.items()} == {
        pair: sorted((entry.source, entry.target) for entry in Dictionary(*pair, entries).entries)
        for pair, entries in kept.items()
    }
