from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.one_statement import one_statement_values
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alert('Please fill in all fields');", ["Please fill in all fields"]),
        ('throw new Error("Invalid argument: " + name);', ["Invalid argument: "]),
        ('NSLocalizedString(@"Cancel", nil)', []),
        ('return "File not found";', ["File not found"]),
        ('const x = await ask("Sure?", f(1));', ["Sure?"]),
        ("if (a != b && c()) { return true; }", []),
        ('for (;;) { alert("Go away now"); }', ["Go away now"]),
        ("x = [i**2 for i in range(10) if i % 2]", []),
        ("if (a < b) return a;", []),
        ("export const t = { hello: 'Hello there', bye: \"Bye\" };", ["Hello there"]),
        ("let them = [in", None),
        ("if (you like) {name} is here}", None),
        ("If (you like) return it;", None),
        ('print("Hi") and go', None),
        ('She said (to "Bob")', None),
        ("It's (so) it's", None),
        ("f(x)", None),
    ],
)
def test_strings_of_a_statement_are_read(text: str, expected: list[str] | None) -> None:
    found = one_statement_values(text)
    assert (None if found is None else [text[slice(*one.span)] for one in found]) == expected


@pytest.mark.parametrize("part", ['f("', "f(", "a = ", '"x", ', "(a) ", "if (", "){", "x = [ for a in "])
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(one_statement_values, lambda length: "f('x', " + part * (length // len(part)))
