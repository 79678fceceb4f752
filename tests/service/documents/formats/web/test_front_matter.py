from __future__ import annotations

import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from tests.service.documents.stand_in import texts_of

FRONT = """title: The black cat
date: 2026-05-12
tags: [cats, animals]
layout: post
description: "A \\"short\\" story"
hero:
  tagline: 'It''s about a cat'
  features:
    - title: Yes
    - details: >
        Stays
alt: A cat # a note
slug: the-black-cat
summary: 2026-99-99
"""
TEXTS = ["The black cat", 'A "short" story', "It's about a cat"]
BODY = "\n# The cat\n\nIt sleeps.\n"


def translated(text: str, words: dict[str, str]) -> str:
    read = read_document("a.md", text.encode(), ReadOptions())
    return read.write([words.get(one.text, one.text) for one in read.segments]).decode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_readers_see_of_front_matter_is_translated(line_end: str) -> None:
    text = f"---\n{FRONT}---\n{BODY}".replace("\n", line_end)
    assert texts_of("a.md", text.encode())[:-1] == TEXTS
    words = dict(zip(TEXTS, ["O gato: preto", 'Uma história "curta"', "É sobre um gato d'água"], strict=True))
    written = translated(text, words)
    after = yaml.load(written.split("---")[1], yaml.BaseLoader)
    before = yaml.load(FRONT, yaml.BaseLoader)
    assert [after["title"], after["description"], after["hero"]["tagline"]] == list(words.values())
    assert {name for name in before if before[name] != after[name]} == {"title", "description", "hero"}
    assert written.endswith(f"---\n{BODY}".replace("\n", line_end))


def test_toml_is_read_too() -> None:
    text = f'+++\ntitle = "The cat"\ndraft = false\nsummary = 3\n+++\n{BODY}'
    written = translated(text, {"The cat": 'O "gato"'})
    read = tomllib.loads(written.split("+++")[1])
    assert read == {"title": 'O "gato"', "draft": False, "summary": 3}


def test_a_text_with_nothing_but_front_matter() -> None:
    assert translated("---\ntitle: The cat\n---\n", {"The cat": "O gato"}) == "---\ntitle: O gato\n---\n"


@given(st.text("ab:#'\"\\-[{&*! ", min_size=1, max_size=8).map(lambda text: f"x{text}y"))
def test_any_translation_is_read_as_it_is(text: str) -> None:
    for raw in ("The cat", '"The cat"', "'The cat'"):
        written = translated(f"---\ntitle: {raw}\n---\n", {"The cat": text})
        assert yaml.safe_load(written.split("---\n")[1])["title"] == " ".join(text.split())
