"""Messages of Rails (`.yml`), read again by ruamel.yaml, of which translate-toolkit makes its own reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "en.yml"
MESSAGES = r"""# A note
en:
  hello: Hello, %{name}!
  "quoted": "A \"new\" file"   # a note
  single: 'It''s here'
  truth: yes
  number: 5
  folded: >-
    One line
    and more

    Another
  lines: |
      The first
      the second

  kept: |+
    words

  body_html: <b>Read</b> it &amp; more
  files:
    one: One file
    other: "%{count} files" # of them
  dates: {one: a day, other: days}
  date:
    formats:
      short: "%Y-%m-%d"
      long: "%d of %B"
    order:
      - :year
    names: [Sunday, 'a Monday']
  named: &x Some words
  again: *x
  none: ~
"""
TEXTS = [
    "Hello, %{name}!",
    'A "new" file',
    "It's here",
    "One line and more\nAnother",
    "The first\nthe second",
    "words",
    "<b>Read</b> it &amp; more",
    "One file",
    "%{count} files",
    "a day",
    "days",
    "%d of %B",
    "Sunday",
    "a Monday",
    "Some words",
]


def test_all_but_the_words_stays() -> None:
    data = MESSAGES.encode()
    assert texts_of(NAME, data) == TEXTS
    expected = MESSAGES.replace("en:", "pt:", 1).replace("One line\n    and more", "ONE LINE AND MORE")
    for text in (
        *("Hello, %{name}", 'file"   #', "It''s here", "Another", "The first", "the second", "words\n\n  b"),
        *("Read<", " it &amp; more", "One file", "%{count} files", "a day", "days}", "%d of %B", "Sunday"),
        *("a Monday", "Some words", r"A \"new\""),
    ):
        assert text in expected
        expected = expected.replace(text, text.upper().replace("&AMP;", "&amp;"))
    assert translated(NAME, data).decode() == expected.replace("WORDS\n\n  B", "WORDS\n\n  b")


def test_a_language_gets_all_of_its_plurals() -> None:
    for line_end in ("\n", "\r\n"):
        data = MESSAGES.replace("\n", line_end).encode()
        written = translated(NAME, data, ReadOptions(target_lang="pl")).decode()
        lines = ("other", "few", "many")
        first, *added = (f'    {name}: "%{{COUNT}} FILES"' for name in lines)
        assert line_end.join([f"{first} # of them", *added, "  dates"]) in written
        assert "{one: A DAY, other: DAYS, few: DAYS, many: DAYS}" in written


def test_plurals_in_blocks_are_added_behind_them() -> None:
    data = b"en:\n  a:\n  - other: |\n      words\n\n  b: x"
    written = translated(NAME, data, ReadOptions(target_lang="cs"))
    assert YAML(typ="safe").load(written) == {
        "cs": {"a": [{"other": "WORDS\n", "one": "WORDS\n", "few": "WORDS\n"}], "b": "X"}
    }


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("a", "x: y", '"x: y"'),
        ("a", "yes", '"yes"'),
        ("a", "#x", '"#x"'),
        ("'a'", "l'x", "'l''x'"),
        ("'a'", "x\ny", r'"x\ny"'),
        ('"a"', "x\ny", r'"x\ny"'),
        ("[a]", "x, y", '["x, y"]'),
        ("|\n   a", "x\n\n y", "|\n   x\n\n    y"),
        ("|\n   a", " x", '" x\\n"'),
        (">\n   a\n   b", "x\ny", ">\n   x\n\n   y"),
        ("!!str a", "x", "!!str x"),
    ],
)
def test_what_a_style_cannot_say_is_quoted(before: str, new: str, after: str) -> None:
    data = f"en:\n  k: {before}\n"
    written = read_document(NAME, data.encode(), ReadOptions()).write([new]).decode()
    assert written == f"en:\n  k: {after}\n"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from(["a", "'a'", '"a"', ">-\n    a"])
)
def test_another_reader_reads_what_is_written(text: str, value: str) -> None:
    said = f"word {text}"
    written = read_document(NAME, f"en:\n  k: {value}\n".encode(), ReadOptions()).write([said])
    assert YAML(typ="safe").load(written.decode()) == {"en": {"k": said}}


@pytest.mark.parametrize(("lang", "key"), [("pt_br", "pt-BR"), ("no", '"no"'), ("zh-Hans", "zh-Hans")])
def test_the_root_is_called_by_the_language(lang: str, key: str) -> None:
    assert (
        translated(NAME, b"en: # a\n  k: 1\n", ReadOptions(target_lang=lang)).decode()
        == f"{key}: # a\n  k: 1\n"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"services:\n  web: x\n", "not one language"),
        (b"en:\n  a: x\nde:\n  a: y\n", "not one language"),
        (b"- a", "not one language"),
        (b"", "not one language"),
        (b"en:\n  a: x\n b: y\n", "no valid YAML .line 3"),
        (b"en: a\n---\nen: b\n", "no valid YAML"),
        (b"en: " + b"[" * 50_000, "no valid YAML"),
        (b"en: \x07", "no valid YAML"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(NAME, data)
