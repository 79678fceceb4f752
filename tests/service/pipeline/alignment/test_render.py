from __future__ import annotations

import dataclasses
import gc
import struct
import warnings
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import matplotlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import RendererAgg

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.labels import short_label
from crosslate.service.pipeline.alignment.render import MAX_LABELS, ImageFormat, draw_alignment
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import AlignmentLevel, AlignmentMethod, AlignmentResult, AlignRequest
from tests.service.pipeline.alignment.test_labels import TEXTS
from tests.service.pipeline.fakes import FakeEngine, served_model

SVG = "{http://www.w3.org/2000/svg}"
FORMATS: list[ImageFormat] = ["svg", "png"]
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
    texts = [element.text for element in ET.fromstring(picture).iter(f"{SVG}text")]
    assert {"The", "$5", "cat_x^2", "中", "😀", "<b>"} <= set(texts)


async def test_a_matrix_is_drawn_over_tokens() -> None:
    picture = draw_alignment(await align(level="matrix"), SOURCE, SOURCE, "svg")
    assert b"&lt;/s" in picture
    assert draw_alignment(await align(level="full"), SOURCE, SOURCE, "svg").startswith(b"<?xml")


async def test_png() -> None:
    assert draw_alignment(await align(), SOURCE, SOURCE, "png").startswith(b"\x89PNG")


def result_of(sources: list[str], targets: list[str]) -> tuple[AlignmentResult, str, str]:
    """Every word linked to one; the words stand in the texts without anything between."""
    spans = [
        [(sum(map(len, words[:i])), sum(map(len, words[: i + 1]))) for i in range(len(words))]
        for words in (sources, targets)
    ]
    links = [
        Link(spans[0][i % len(sources)], span, (i % 11) / 10) for i, span in enumerate(spans[1]) if sources
    ]
    result = AlignmentResult(
        unit="codepoint",
        method=AlignmentMethod(layer=0, heads=None, row="output", symmetric=False),
        links=links,
        source_words=spans[0],
        target_words=spans[1],
        pharaoh="",
        sink_mass=[0.0] * len(targets),
    )
    return result, "".join(sources), "".join(targets)


def png_size(picture: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


MANY = "a " * (MAX_LABELS + 1)
WORDS = st.lists(st.text(min_size=1, max_size=40) | TEXTS.filter(bool), max_size=6)


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, st.sampled_from(FORMATS))
def test_any_words_give_a_well_formed_picture(
    sources: list[str], targets: list[str], image_format: ImageFormat
) -> None:
    picture = draw_alignment(*result_of(sources, targets), image_format)
    if image_format == "svg":
        texts = [element.text for element in ET.fromstring(picture).iter(f"{SVG}text")]
        assert texts == [short_label(word) for word in (*sources, *targets)]
    else:
        assert max(png_size(picture)) < 1000


@pytest.mark.parametrize(
    "words", [["\u200b" * 1800], ["W" * 10_000], ["\ufdfd" * 99], ["a" + "\u0301" * 5000]]
)
def test_labels_do_not_size_the_picture(words: list[str]) -> None:
    assert max(png_size(draw_alignment(*result_of(words, words), "png"))) < 600


def test_the_largest_picture_is_bounded() -> None:
    words = [f"{i}WWWWWWWWWWWWWWWWWWWWWWWW" for i in range(MAX_LABELS)]
    picture = ET.fromstring(draw_alignment(*result_of(words, words), "svg"))
    width, height = (
        float(picture.attrib[side].removesuffix("pt")) / 72 * 110 for side in ("width", "height")
    )
    assert 12_000_000 < width * height <= 16_000_000


def test_the_same_alignment_gives_the_same_picture() -> None:
    assert len({draw_alignment(*result_of(["a"], ["b"]), "svg") for _ in range(2)}) == 1


def test_threads_may_draw_at_once() -> None:
    """Settings of Matplotlib and filters of warnings, which are everybody's, are as they were."""
    result = result_of(["a", "$b$", "中"], ["c"])
    alone = draw_alignment(*result, "svg")
    before = (matplotlib.rcParams.copy(), list(warnings.filters))
    with ThreadPoolExecutor(4) as threads:
        pictures = list(threads.map(lambda form: draw_alignment(*result, form), FORMATS * 6))
    assert set(pictures[::2]) == {alone}
    assert (matplotlib.rcParams.copy(), list(warnings.filters)) == before


def test_pixels_are_freed_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        for image_format in FORMATS:
            draw_alignment(*result_of(["a"], ["b"]), image_format)
        # By type: torch has objects that warn when they are asked for their class.
        assert not [kept for kept in gc.get_objects() if type(kept) is RendererAgg]
    finally:
        gc.enable()


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


@pytest.mark.parametrize("level", ["links", "matrix", "symmetric", "full"])
@pytest.mark.parametrize(("source", "target"), [("a", MANY), (MANY, "a")], ids=["target", "source"])
async def test_what_is_too_large_to_be_drawn_never_reaches_the_model(
    level: AlignmentLevel, source: str, target: str
) -> None:
    engine = FakeEngine()
    models = [
        served_model("a", engine=engine, max_source_tokens=9999),
        served_model("b", (("pt", "en"),), engine=engine, max_source_tokens=9999),
    ]
    request = AlignRequest(
        source=source, target=target, source_lang="en", target_lang="pt", alignment=level, is_drawn=True
    )
    translator = Translator(ModelCatalog(models))
    with pytest.raises(ServiceError, match=f"at most {MAX_LABELS} a side") as raised:
        await translator.align(request)
    assert (raised.value.status, raised.value.code) == (413, "alignment_too_large")
    assert engine.pairs == []
    await translator.align(dataclasses.replace(request, is_drawn=False))
    assert engine.pairs
