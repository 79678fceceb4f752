"""Whether the first row of a table names its columns."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.columns import has_names


@pytest.mark.parametrize(
    "text",
    [
        "fruit,colour,price/apple,red,2.50/pear,green,1",
        "name,title/Ana,Boss",
        "word,meaning/dog,a big animal/cat,a small animal",
        "key,text/menu.open,Open",
        "id,word/one,dog",
        "unit_price,word/one,dog",
        "en,pt/dog,cat",
        "day,done/2026-11-28,yes",
    ],
)
def test_names_differ_from_what_is_below_them(text: str) -> None:
    assert has_names([row.split(",") for row in text.split("/")])


@pytest.mark.parametrize(
    "text",
    [
        "apple,red/pear,green/cherry,dark red",
        "dog,cat,horse/house,tree,street",
        "dog,cat/house,big tree",
        "dog,cat/,",
        "Product,Price/Red hat,2",
    ],
)
def test_in_doubt_they_are_words(text: str) -> None:
    assert not has_names([row.split(",") for row in text.split("/")])
