"""Which plain texts are data, and what of them is read."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.recognition import data_values
from tests.growth import assert_linear


def values(text: str) -> list[str] | None:
    found = data_values(text)
    return None if found is None else [text[slice(*value.span)] for value in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,price\nRed hat,2.50\n", ["Red hat", "2.50"]),
        ("Product,Price\nRed hat,2\n", ["Product", "Price", "Red hat", "2"]),
        ('a;b\n"x ""y""; z";two\n', ['x ""y""; z', "two"]),
        ('"a", "b c"\n"d", "e f"', ["a", "b c", "d", "e f"]),
        ("a,b,\nc d,e,f", ["c d", "e", "f"]),
    ],
)
def test_cells(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title: "My page"\nlang: en\n', ["My page"]),
        ("en:\n  hello: Hello all\n  yes: true\n", ["Hello all"]),
        ("items:\n  - name: Fresh bread\n    price: 2.50\n", ["Fresh bread"]),
        ("- name: Fresh bread\n  in: shop\n", ["Fresh bread"]),
        ("my_note: see here # or not\n# About it\nb: It's\n", ["see here", "About it", "It's"]),
        ("a_b: |\n  One two.\n  # three\n", ["  One two.\n  # three\n"]),
        ("a: &x !!str Big dog\nb: {c: *x, d: [push, pull]}\n", ["Big dog"]),
        ("a: 'It''s so'\nb: \"x \\\"y\\\"\"", ["It''s so", 'x \\"y\\"']),
        ("paths:\n  /a/{b}:\n    '200':\n      is: All well", ["All well"]),
        ("image:\n  a: nginx:latest\n  b: ./run.sh\n  c: ubuntu-latest", []),
    ],
)
def test_yaml(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.title=My shop", ["My shop"]),
        ("# About\napp.a = One {0}\napp.b=two", ["About", "One {0}"]),
        ("[general]\ntitle = My page\nlang = en\n; so it is\n", ["My page", "so it is"]),
        ('export NAME="Big dog"\nX=1', ["Big dog"]),
        ('/* A button */\n"Save it" = "Save it";', ["A button", "Save it"]),
        ('#: a.py:3\nmsgctxt "menu"\nmsgid "Go"\nmsgstr ""', ["", "Go", ""]),
        ("export default {\n  a: 'Good day',\n  b: { \n c: 3,\n },\n};", ["Good day"]),
        ("<?php\nreturn [\n  'a b' => 'It\\'s me',\n];", ["It\\'s me"]),
        (
            '# It\n[project]\nname = "shop"\nabout = "A shop"\nby = [{name = "Ana B"}]\nuses = [\n  "rich",\n'
            '  "httpx>=0.27",\n  "one two", # so\n]\ndays = ["Big day", "x", 2]\n',
            ["It", "A shop", "one two", "Big day"],
        ),
        ("a.b = {x} is {y}\nc.d = [press here]", ["{x} is {y}", "[press here]"]),
        ('"a": "Good day"', ["Good day"]),
        ("label: \"Save it\", tip: 'Saves all'", ["Save it", "Saves all"]),
        ('msgid "Good day"', ["Good day"]),
        ("hello-user = Hello, { $user }!", ["Hello, { $user }!"]),
        ("-brand = Big Dog\nmy-input = Type it\n    .title = Your name", ["Big Dog", "Type it", "Your name"]),
        (
            "n =\n    { $n ->\n        [one] One mail\n       *[other] { $n } mails\n    }",
            ["One mail", "{ $n } mails"],
        ),
        ('"a": "Good day",\r\n"b": "Good night"', ["Good day", "Good night"]),
        (
            "# It\na = Ab { -b }\nwel =\n    Hi, { $n }.\n    You { $n ->"
            "\n        [one] a b\n       *[other] c d\n    }.\n    .t = E f\n",
            ["It", "Ab { -b }", "Hi, { $n }.", "You ", "a b", "c d", "E f"],
        ),
    ],
)
def test_keys_and_values(text: str, expected: list[str]) -> None:
    assert [one for one in values(text) or [] if one] == [one for one in expected if one]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT name FROM users WHERE kind = 'big dog';", []),
        ("INSERT INTO a (b) VALUES ('Big dog', 'x_y'); -- so\n", ["Big dog", "so"]),
        ("UPDATE a SET b = 'It''s', c = 'It\\'s me' WHERE d = 'Big dog'", ["It''s", "It\\'s me"]),
        ("SELECT a.*, COUNT(b) AS n\nFROM t LEFT JOIN u ON x = 'Big dog'", []),
        ("CREATE TABLE dogs (name text);", []),
    ],
)
def test_sql(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Note: the shop is closed.",
        "Note: the shop is closed.\nWarning: high voltage.",
        "note: the shop is closed\nwarning: high voltage",
        "Ingredients:\n- flour\n- sugar\n\nSteps:\n- Mix all.",
        "Name: John\nTotal: $25.00",
        "anna: where are you?\nmark: here",
        "Milk, bread, eggs\nSugar, salt, oil",
        "Alice,Bob and Carol went home.\nDave,Eve and Frank stayed.",
        "Dear John,\nthank you,\nAnna",
        "1,5 kg\n2,5 kg",
        "你好,世界\n我们,走",
        "Select a file from the list; delete from it what you like.",
        "SELECT the best option FROM the list below.",
        "SELECT one FROM the list",
        "CREATE AN account; DELETE FROM it what you like",
        "Update your profile and set a new password.",
        "E = mc^2",
        "[Chorus]\nLove me do",
        "# Title\n\nA text, and more = less.",
        "Where to?\n\nx = y",
        "See http://example.org/?a=b&c=d here",
        "- todo: buy milk\n- eggs",
        "check-in = 14:00",
        "[1] Smith, A plan\n[2] Jones, Another",
        "-5 = x is so",
        "a: b: c\nd_e: f",
    ],
)
def test_prose_lists_and_labels_are_none(text: str) -> None:
    assert values(text) is None


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("a: ", "[", ""),
        ("key = a", " ", "b"),
        ("", "\r\n", "x"),
        ("", "a=", "\n"),
        ("", '"', "\n"),
        ('a,"', '""', "x\nb"),
        ("SELECT ", "\nFROM ", ""),
        ("a\n", " ", ""),
        ("x: # a", " ", "b\n"),
        ("", "{", "\n"),
        ("a: ", "b: ", "\n"),
    ],
)
def test_time_is_in_proportion_to_length(before: str, unit: str, after: str) -> None:
    assert_linear(values, lambda length: before + unit * (length // len(unit)) + after)
