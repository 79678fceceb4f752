"""Texts that are nearly JSON: all stays but values, as Python reads them once they are mended."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.layout.data.recognition import data_values
from tests.growth import assert_linear
from tests.service.pipeline.layout.test_json_text import agree
from tests.service.pipeline.layout.test_value_passages import answered


def values(text: str) -> list[str] | None:
    found = data_values(text)
    return None if found is None else [text[slice(*value.span)] for value in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a b": "big dog",\n "c": ["one", "two",],\n}\n', ["big dog", "one", "two"]),
        ('{"a": "big dog", "b": [{"c": "one tw', ["big dog", "one tw"]),
        ('{"a": "big dog", "b": 2, "c d', ["big dog"]),
        ('{"a": "big dog",\n"b": tr\n', None),
        (
            "// About\n{\n  'a': 'big dog', // so\n  /* no */ b: \"cat\"\n}",
            ["About", "big dog", "so", "no", "cat"],
        ),
        ('{"a": 1, "b": "one"}\n{"a": 2, "b": "two"}\n{"a"', ["one", "two"]),
        ('{"a": "one"},\n{"a": "two"},\n', ["one", "two"]),
        ("{'a': None, 'b': True, 'c': 'It\\'s me'}", ["It\\'s me"]),
        ('{"a": "one"\n "b": "two"}', ["one", "two"]),
        ('["one two", "three four", ]', ["one two", "three four"]),
        ("{one two}", None),
        ("[one two] is here", None),
        ('["one two', None),
        ("{count, plural, one {# item} other {# items}}", None),
        ("{name}: hello, {other}", None),
        ("{{ name }}: hello", None),
        ('["Yes"] he said: {"no"}', None),
        ("[1] See there: it is.", None),
        ("{a: b}", None),
    ],
)
def test_values(text: str, expected: list[str] | None) -> None:
    assert values(text) == expected


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)


@given(st.lists(st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3), min_size=2, max_size=3))
def test_lines_of_objects_keep_their_keys(rows: list[dict[str, str]]) -> None:
    text = ",\n".join(json.dumps(row, ensure_ascii=False)[:-1] + ",}" for row in rows)
    found = answered(text).replace(",},\n", "},\n").removesuffix(",}") + "}"
    assert agree(json.loads(f"[{found}]"), rows)


@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("{", '"a": "b", ', ""),
        ('{"a": ', "[", ""),
        ("", "// a\n", "{"),
        ("", "/* ", "{"),
        ('{"a": "', '\\"', ""),
        ("[", "'a' ", '"'),
        ('{"a" ', " ", ""),
    ],
)
def test_time_is_in_proportion_to_length(before: str, unit: str, after: str) -> None:
    assert_linear(values, lambda length: before + unit * (length // len(unit)) + after)
