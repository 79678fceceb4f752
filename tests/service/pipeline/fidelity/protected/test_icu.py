from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.protected.icu import MAX_BRANCHES, arguments, expanded


def _said(text: str) -> tuple[list[tuple[str, str]], str]:
    """Each sentence with the syntax before it, and the syntax at the end."""
    expansion = expanded(text, (0, len(text)), arguments(text))
    assert expansion is not None
    variants = [(v.before, "".join(text[slice(*span)] for span in v.pieces)) for v in expansion.variants]
    return variants, expansion.after


def test_a_message_says_one_sentence_for_each_branch() -> None:
    variants, after = _said("You have {n, plural, =0 {no files} one {# file} other {# files}} here.")
    assert variants == [
        ("{n, plural, =0 {", "You have no files here."),
        ("} one {", "You have # file here."),
        ("} other {", "You have # files here."),
    ]
    assert after == "}}"


def test_nested_arguments_multiply() -> None:
    text = "{g, select, male {He has {n, plural, one {# cat} other {# cats}}} other {They left}}"
    variants, after = _said(text)
    assert variants == [
        ("{g, select, male {{n, plural, one {", "He has # cat"),
        ("} other {", "He has # cats"),
        ("}}} other {", "They left"),
    ]
    assert after == "}}"


def test_two_arguments_in_a_row_multiply() -> None:
    variants, after = _said("{a, select, x {1} other {2}} and {b, select, y {3} other {4}}")
    assert [said for _, said in variants] == ["1 and 3", "1 and 4", "2 and 3", "2 and 4"]
    first = "{b, select, y {1 and 3} other {1 and 4}}"
    second = "{b, select, y {2 and 3} other {2 and 4}}"
    rebuilt = "".join(before + said for before, said in variants) + after
    assert rebuilt == f"{{a, select, x {{{first}}} other {{{second}}}}}"


def test_only_a_plural_has_numerals() -> None:
    (plural,) = arguments("{n, plural, offset:1 one {# and '#'} other {{x} of #}}")
    assert [len(branch.numerals) for branch in plural.branches] == [1, 1]
    (choice,) = arguments("{n, select, a {#1} other {{n, plural, other {#}}}}")
    assert [len(branch.numerals) for branch in choice.branches] == [0, 0]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "{name}",
        "{n, number}",
        "{n, plural, one {a} other {b}",
        "{n, plural}",
        "{n, plural, }",
        "{" * 5000,
        "{n, select, a {" * 2000,
        "{n, select, a {x} " * 2000,
        ("{n, select, a {" + "{y}" * 20) * 500,
    ],
)
def test_what_is_not_well_formed_is_no_argument(text: str) -> None:
    assert arguments(text) == []


def test_too_many_sentences_are_not_said() -> None:
    text = "{a, select, x {1} other {2}} " * 7
    found = arguments(text)
    assert 2 ** len(found) > MAX_BRANCHES
    assert expanded(text, (0, len(text)), found) is None


@given(st.text(alphabet="{}n, pluraselctoh#'ed=1", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for one in arguments(text):
        assert text[one.span[0]] == "{"
        assert text[one.span[1] - 1] == "}"
