"""Tables of terms in several languages, as Amazon's terminologies are."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.formats import Format, lines_of
from crosslate.service.glossaries.glossaries import Dictionary
from crosslate.service.glossaries.tables import read_table, table_of, written_table
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

WHERE = ("body", "file")
phrases = st.from_regex(r"[a-zé]([a-zé ,\";']{0,6}[a-zé])?", fullmatch=True)


def read(content: str, form: Format = "csv", *, is_mutual: bool = False) -> list[Dictionary]:
    return read_table(lines_of(content, form), is_mutual=is_mutual, where=WHERE)


@pytest.mark.parametrize(("content", "form"), [("en,pt\na,b\n", "csv"), ("\ufeffen\tpt\r\na\tb\r\n", "tsv")])
def test_a_language_has_terms_in_another(content: str, form: Format) -> None:
    assert read(content, form) == [Dictionary("en", "pt", [GlossaryEntry("a", "b")])]


def test_a_cell_that_is_empty_has_no_term() -> None:
    assert read("en,pt,fr\na,,c\nd,e\n,x,y\n") == [
        Dictionary("en", "pt", [GlossaryEntry("d", "e")]),
        Dictionary("en", "fr", [GlossaryEntry("a", "c")]),
    ]


def test_every_language_may_stand_for_all_others() -> None:
    found = read("en,pt,fr\na,b,c\n,d,e\n", is_mutual=True)
    pairs = {(one.source_lang, one.target_lang): [*map(tuple_of, one.entries)] for one in found}
    assert pairs == {
        ("en", "pt"): [("a", "b")],
        ("en", "fr"): [("a", "c")],
        ("pt", "en"): [("b", "a")],
        ("pt", "fr"): [("b", "c"), ("d", "e")],
        ("fr", "en"): [("c", "a")],
        ("fr", "pt"): [("c", "b"), ("e", "d")],
    }


def tuple_of(entry: GlossaryEntry) -> tuple[str, str]:
    return entry.source, entry.target


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "the first line has to name 2 to 20 languages"),
        ("en\na\n", "the first line"),
        ("en,en\na,b\n", "the first line"),
        ("pt-BR,pt-PT\na,b\n", "the first line"),
        ("cat,gato\ndog,cão\n", "the first line"),
        ("en,pt\n", "has no terms below its first line"),
        ("en,pt\na,b,c\n", "line 2: has 3 columns, and the first 2"),
        ("en,pt\n\na,?\n", "line 3: the translation has no letter or digit"),
    ],
)
def test_faults_are_told_by_their_lines(content: str, fault: str) -> None:
    with pytest.raises(ServiceError, match=fault):
        read(content)


@given(
    rows=st.lists(st.tuples(phrases, phrases, phrases), min_size=1, max_size=6),
    form=st.sampled_from(["csv", "tsv"]),
)
def test_what_is_written_is_read_as_it_was(rows: list[tuple[str, str, str]], form: Format) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("en", "fr", "pt"), *rows])
    kept = {(one.source_lang, one.target_lang): one.entries for one in read(written.getvalue())}
    again = read(written_table(table_of(kept), form), form)
    for one in again:
        assert sorted(map(tuple_of, one.entries)) == sorted(
            map(tuple_of, kept[one.source_lang, one.target_lang])
        )
