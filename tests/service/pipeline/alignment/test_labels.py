from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.pipeline.alignment.labels import MAX_LABEL_COLUMNS, short_label

ODD = st.sampled_from(
    [
        *"aW.$ \t\x00\x1b\x7f\x85\r\n\u0301\u0489\u200b\u200c\u200d\ufe0f\u00ad\u202e\u2066\u2028",
        *(
            "\U0001f469",
            "🏽",
            "\U000e0041",
            "\ufdfd",
            "中",
            "カ",
            "א",
            "ش",
            "कि",
            "🇵🇹",
            "👨\u200d👩\u200d👧\u200d👦",
        ),
        *("\ud800", "\ufffe", "\ue000", "\U0010ffff"),
    ]
)
TEXTS = st.text() | st.lists(ODD, max_size=60).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("", ""),
        ("x" * 24, "x" * 24),
        ("x" * 25, "x" * 23 + "…"),
        ("中" * 13, "中" * 11 + "…"),
        ("👨‍👩‍👧‍👦" * 12, "👨‍👩‍👧‍👦" * 12),
        ("👨‍👩‍👧‍👦" * 13, "👨‍👩‍👧‍👦" * 11 + "…"),
        ("a\u0301" * 30, "a\u0301" * 23 + "…"),
        ("a" + "\u0301" * 100 + "b", "a" + "\u0301" * 4 + "…b"),
        ("a\x07b\x1b[31m\x7f\x85\r\n", "a␇b␛[31m␡�␍␊"),
        ("so\u00adft\u200b \u202eabc", "soft abc"),
        ("\u0301", "◌\u0301"),
        ("\u200b", "U+200B"),
        ("\u200b" * 1200, "U+200B…"),
        ("\ufe0f\u200d", "U+FE0F…"),
        ("\U000e0041", "U+E0041"),
        ("\ufffe\U0010ffff", "��"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("$x^2$", "$x^2$"),
    ],
    ids=ascii,
)
def test_labels(text: str, shown: str) -> None:
    assert short_label(text) == shown


@given(TEXTS)
def test_a_label_is_short_visible_and_can_be_drawn(text: str) -> None:
    label = short_label(text)
    clusters = regex.findall(r"\X", label)
    assert len(clusters) <= 2 * MAX_LABEL_COLUMNS
    assert all(len(cluster) <= 18 for cluster in clusters)
    assert bool(label) == bool(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in label)
    assert ET.fromstring(f"<text>{escape(label)}</text>").text == (label or None)


@given(TEXTS)
@example("\ufffe🏽🏽")
@example("\u200d🏽🏽🏽🏽🏽🏽🏽🏽🏽🏽")
def test_what_is_cut_ends_in_an_ellipsis(text: str) -> None:
    label = short_label(text)
    whole = short_label(label)
    assert whole == label or label.endswith("…")
    if "…" not in label:
        visible = [c for c in text if unicodedata.category(c)[0] in "LNPS" and not regex.match(r"\p{DI}", c)]
        assert len(visible) <= len(label)
