from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.recognition import data_values

TEXT = """---
title: How to cook rice
subtitle: "Twice as \\"good\\""
tags: [food, rice]
author: Ana Silva
meta:
  - description: 'It''s easy'
---
Rinse the rice.

Boil it: twice.
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_titles_and_the_text_behind_are_read(line_end: str) -> None:
    text = TEXT.replace("\n", line_end)
    values = data_values(text)
    assert values is not None
    assert [text[slice(*value.span)] for value in values] == [
        "How to cook rice",
        r"Twice as \"good\"",
        "It''s easy",
        line_end.join(["Rinse the rice.", "", "Boil it: twice.", ""]),
    ]


@pytest.mark.parametrize(
    "text", ["---\nA line between rules.\n---\nMore", "---\n\n---\nMore", "title: x\n---\nMore"]
)
def test_rules_are_no_front_matter(text: str) -> None:
    assert data_values(text) is None
