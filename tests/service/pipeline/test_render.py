from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET

import pytest

from service.errors import ServiceError
from service.pipeline.catalog import ModelCatalog
from service.pipeline.render import MAX_LABELS, draw_alignment
from service.pipeline.translator import Translator
from service.pipeline.types import AlignmentLevel, AlignmentResult, AlignRequest, OffsetUnit
from tests.service.pipeline.fakes import served_model

SOURCE = "The $5 cat_x^2 said 中文 😀 <b>"


async def align(
    source: str = SOURCE, level: AlignmentLevel = "links", unit: OffsetUnit = "utf16"
) -> AlignmentResult:
    translator = Translator(ModelCatalog([served_model(max_source_tokens=9999)]))
    request = AlignRequest(
        source=source, target=SOURCE, source_lang="en", target_lang="pt", alignment=level, offset_unit=unit
    )
    return (await translator.align(request))[1]


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
async def test_svg_holds_the_words_as_text(unit: OffsetUnit) -> None:
    picture = draw_alignment(await align(unit=unit), SOURCE, SOURCE, "svg")
    texts = [element.text for element in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {"The", "$5", "cat_x^2", "中", "😀", "<b>"} <= set(texts)


async def test_a_matrix_is_drawn_over_tokens() -> None:
    picture = draw_alignment(await align(level="matrix"), SOURCE, SOURCE, "svg")
    assert b"&lt;/s" in picture
    assert draw_alignment(await align(level="full"), SOURCE, SOURCE, "svg").startswith(b"<?xml")


async def test_png() -> None:
    assert draw_alignment(await align(), SOURCE, SOURCE, "png").startswith(b"\x89PNG")


async def test_blank_texts_give_an_empty_picture() -> None:
    assert draw_alignment(await align(""), "", SOURCE, "png").startswith(b"\x89PNG")


async def test_too_many_words_are_refused() -> None:
    source = "a " * (MAX_LABELS + 1)
    result = dataclasses.replace(
        await align(), source_words=[(2 * i, 2 * i + 1) for i in range(MAX_LABELS + 1)], links=[]
    )
    with pytest.raises(ServiceError) as raised:
        draw_alignment(result, source, SOURCE, "svg")
    assert raised.value.status == 413
