from __future__ import annotations

import mimetypes

import pytest

from crosslate.service.documents.formats.media_types import ENDINGS, ending_of, with_ending
from crosslate.service.documents.formats.registry import FORMATS


def test_every_type_is_of_a_format() -> None:
    assert set(ENDINGS.values()) <= set(FORMATS)


@pytest.mark.parametrize("ending", sorted(set(ENDINGS.values()) - {".md", ".po", ".srt", ".xliff"}))
def test_types_are_those_that_python_knows(ending: str) -> None:
    """But for those that it has none of."""
    known, _ = mimetypes.MimeTypes().guess_type(f"a{ending}")
    assert known in (None, *ENDINGS)
    assert known is None or ending_of(known) == ending


@pytest.mark.parametrize(
    ("name", "media_type", "told"),
    [
        ("a.md", "text/html", "a.md"),
        ("a", "Text/HTML; charset=utf-8", "a.html"),
        ("a", "application/octet-stream", "a"),
        ("a", "", "a"),
    ],
)
def test_a_name_tells_the_format_before_the_type(name: str, media_type: str, told: str) -> None:
    assert with_ending(name, media_type) == told
