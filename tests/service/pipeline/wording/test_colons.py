from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.colons import ends_in_colon


@pytest.mark.parametrize(
    ("source", "written", "answer"),
    [
        ("Pros:", "Prós: A localização é", "Prós:"),
        ("Name:", "Nome:", "Nome:"),
        ("Name:", "O nome", "O nome"),
        ("At nine:", "Às 9:00: nada", "Às 9:00: nada"),
    ],
)
def test_nothing_is_added_behind_a_colon(source: str, written: str, answer: str) -> None:
    colon = ends_in_colon(source)
    assert colon is not None
    assert colon.restored(DerivedText.of(written)).text == answer


@pytest.mark.parametrize(
    "source", ["Pros: cheap", "At 9:00:", "Pros", ":", "So it is, and so it will be, for all of us:"]
)
def test_other_sources_end_otherwise(source: str) -> None:
    assert ends_in_colon(source) is None
