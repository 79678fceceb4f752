"""Fluent's messages, read again by Mozilla's own parser."""

from __future__ import annotations

import pytest
from fluent.syntax import FluentParser, FluentSerializer
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of

NAME = "main.ftl"
MESSAGES = """### A note

-brand =  Blue Cat
    .gender = masculine

# Another note
hello   = Hello, { $name }!
save =
    .label = Save { -brand }
    .accesskey = S
long =
        The first line { NUMBER($a, minimumFractionDigits: 2) }
        and the second

        and a { "word" }
numbers = { $count ->
    [0] None
    [one] One file
   *[other] { $count ->
        [a]  Inner words
       *[b] 5
    }
}
mixed = Deleted { $count ->
    [one] one file
   *[other] { $count } files
  } from it
  1 { hello }
digits = 1
  { $b ->
    [a] word
   *[b] 2
  }
"""
TEXTS = [
    "Hello, { $name }!",
    "Save { $value1 }",
    "The first line { $value1 }\nand the second\n\nand a { $value2 }",
    "None",
    "One file",
    "Inner words",
    "Deleted { $value1 } from it\n1 { $value2 }",
    "one file",
    "{ $count } files",
    "word",
]


def written(data: bytes, texts: list[str]) -> str:
    return read_document(NAME, data, ReadOptions(target_lang="pt")).write(texts).decode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_all_but_the_words_stays(line_end: str) -> None:
    data = MESSAGES.replace("\n", line_end).encode()
    assert texts_of(NAME, data) == TEXTS
    assert written(data, TEXTS) == MESSAGES.replace("\n", line_end)
    changed = [text.replace("i", "I") for text in TEXTS]
    expected = MESSAGES
    for before, after in (
        ("The first line", "The fIrst lIne"),
        ("One file", "One fIle"),
        ("one file", "one fIle"),
        ("} files", "} fIles"),
        ("from it", "from It"),
    ):
        expected = expected.replace(before, after)
    assert written(data, changed) == expected.replace("\n", line_end)


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("a = word", "{x} }", 'a = {"{"}x{"}"} {"}"}'),
        ("a = word\n", "one\n[two]\n.three\n*4", 'a = one\n    {"["}two]\n    {"."}three\n    {"*"}4\n'),
        ("a =\n  word", "[one]\ntwo", 'a =\n  {"["}one]\n  two'),
        ("a = word { $b }", "{ $b } x { $b }", "a = { $b } x { $b }"),
        ("a = word { -b } { $value1 }", "{ $value1 } x { $value2 }", "a = { $value1 } x { -b }"),
        ("a = word", " ", "a = word"),
        ("a = word { -b }", "x { $value1 }", "a = x { -b }"),
    ],
)
def test_signs_of_its_own_are_quoted(before: str, new: str, after: str) -> None:
    assert written(before.encode(), [new]) == after


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}")))
def test_another_reader_reads_what_is_written(text: str) -> None:
    said = f"word {text} word"
    (message,) = FluentParser().parse(written(b"a = word", [said])).body
    assert FluentSerializer().serialize_entry(message) == f"a = {said}\n"


def test_terms_are_told() -> None:
    assert read_document(NAME, MESSAGES.encode(), ReadOptions()).notices == (
        "Terms are as they were, since most are names: -brand.",
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a = b\nsome words", 'token: "=" in line 2'),
        (b"a = { $b", "in line 1"),
        (b"a = " + b"{" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(NAME, data)
