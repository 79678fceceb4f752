"""Whether the first row of a table names its columns."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.data.columns import has_names, is_of_keys
from tests.service.pipeline.echo import Echo


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


@pytest.mark.parametrize(
    ("name", "is_key"),
    [("key", True), ("product_id", True), ("sku", True), ("keyboard", False), ("Key", False)],
)
def test_columns_that_programs_look_rows_up_by(name: str, *, is_key: bool) -> None:
    assert is_of_keys(name) is is_key


async def test_keys_stay_though_they_are_words() -> None:
    echo = Echo("en", "pt", {"save": "salvar", "Save": "Salvar"})
    result = await echo.translate("key,en\nsave,Save\nsave.all,Save all")
    assert result.text == "key,en\nsave,Salvar\nsave.all,Salvar all"
