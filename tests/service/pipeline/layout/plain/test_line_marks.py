from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.lines import read_lines
from tests.service.pipeline.echo import Echo


def words(text: str) -> list[str]:
    return [text[slice(*cell)] for line in read_lines(text, "en") for cell in line.cells]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fix: handle empty lists", "handle empty lists"),
        ("feat(api)!: add an endpoint", "add an endpoint"),
        ("- chore(deps-dev): bump the parser", "bump the parser"),
        ("a1b2c3d docs: explain it", "explain it"),
        ("> ui(button): make it red", "make it red"),
        ("BREAKING CHANGE: the old one is gone", "the old one is gone"),
        ("Fix: open the door", "Fix: open the door"),
        ("fixed: open the door", "fixed: open the door"),
        ("fix:it", "fix:it"),
        ("note: open the door", "note: open the door"),
    ],
)
def test_what_a_commit_begins_with_is_its_mark(line: str, said: str) -> None:
    assert words(line) == [said]
    assert words(f"The list:\n{line}\nfeat: the end") == ["The list:", said, "the end"]


def test_types_that_are_words_are_labels_where_no_other_line_is_of_a_commit() -> None:
    assert words("style: modern\ntest: passed") == ["style: modern", "test: passed"]
    assert words("feat: add it\ntest: cover it\nstyle(x): shorter") == ["add it", "cover it", "shorter"]


async def test_a_list_of_commits_is_one_of_lines() -> None:
    text = "fix: handle empty lists in the parser\nfeat: add a second endpoint for\nchore: update all of it"
    echo = Echo("en", "pt")
    assert (await echo.translate(text)).text == text
    assert echo.read == ["handle empty lists in the parser", "add a second endpoint for", "update all of it"]
    markdown = "* **api:** crash\n* fix: handle it\n* [x] feat(x): add it\n"
    echo = Echo("en", "pt")
    assert (await echo.translate(markdown, text_format="markdown")).text == markdown
    assert echo.read == ["api: crash", "handle it", "add it"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-----Original Message-----", "Original Message"),
        ("---------- Forwarded message ---------", "Forwarded message"),
        ("=== Chapter One ===", "Chapter One"),
        ("********** Note **********", "Note"),
        ("> ___ Part two ___", "Part two"),
        ("--- and then", "and then"),
        ("-- Ana --", "Ana --"),
    ],
)
def test_rules_on_both_sides_of_words_stay(line: str, said: str) -> None:
    assert words(line) == [said]
    assert words(f"Hello.\n{line}\nBye.") == ["Hello.", said, "Bye."]


async def test_rules_stay_as_long_as_they_were() -> None:
    text = "Bye.\n\n-----Original Message-----\nTo: Ana\nSubject: Hello"
    result = await Echo("en", "pt", {"Original Message": "Mensagem original"}).translate(text)
    assert result.text == text.replace("Original Message", "Mensagem original")


@pytest.mark.parametrize(
    "text",
    [
        '1. Terms\n1.1 "Party" means us.\n1.2 The end.\n2. More\n2.1 It begins.',
        "3.2 Payment. The client pays.",
        "2.1.1 First part\n2.1.2 Second part\n2.2 Next part",
        "4.9 Ninth\n4.10 Tenth",
    ],
)
def test_numbers_of_sections_are_marks(text: str) -> None:
    assert all(not word[0].isdigit() for word in words(text))


@pytest.mark.parametrize(
    "text",
    [
        "2.5 million people live here.\n3.5 million live there.",
        "4.5 Stars. Great product!",
        "2.50 Coffee\n3.20 Tea\n4.00 Cake",
        "1.5 litres of water",
        "7.2 Quakes are rare",
    ],
)
def test_quantities_are_none(text: str) -> None:
    assert all(word[0].isdigit() for word in words(text))


async def test_the_number_of_a_section_is_no_decimal() -> None:
    text = "1. Terms\n1.1 A party is one.\n1.2 It costs $1.50 a day."
    result = await Echo("en", "pt").translate(text)
    assert result.text == text.replace("$1.50", "$1,50")


def test_choices_beside_each_other_are_cells() -> None:
    assert words("(A) whale  (B) bat  (C) shark") == ["whale", "bat", "shark"]
    assert words("a) one   b) two") == ["one", "two"]
    assert words("He left.  (Later he came back.)") == ["He left.  (Later he came back.)"]
