from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.text.offsets import OffsetConverter, OffsetUnit, slice_text, unit_length

CODECS: dict[OffsetUnit, tuple[str, int]] = {
    "codepoint": ("utf-32-le", 4),
    "utf16": ("utf-16-le", 2),
    "utf8": ("utf-8", 1),
}
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["👩‍👩‍👧‍👦🇵🇹", "e\u0301te\u0301", "שלום, עולם", "abc", "", "𐍈ó𝔘", "ñ"]
)


@pytest.mark.parametrize("unit", CODECS)
@given(data=st.data())
def test_spans_cut_the_encoded_text_at_the_same_places(unit: OffsetUnit, data: st.DataObject) -> None:
    text = data.draw(texts)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = OffsetConverter(text, unit).span((start, end))
    codec, width = CODECS[unit]
    assert text.encode(codec)[first * width : last * width].decode(codec) == text[start:end]
    assert slice_text(text, (first, last), unit) == text[start:end]


@pytest.mark.parametrize("unit", CODECS)
@given(text=texts)
def test_length_is_the_end_of_the_whole(unit: OffsetUnit, text: str) -> None:
    assert OffsetConverter(text, unit).span((0, len(text))) == (0, unit_length(text, unit))
