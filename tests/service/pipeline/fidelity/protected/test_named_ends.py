from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import Kind


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("{b}Save{/b} it", ["{b}", "{/b}"]),
        ("{{link}}Save{{/link}} {{name}}", ["{{link}}", "{{/link}}"]),
        ("${b}Save${/b}", ["${b}", "${/b}"]),
        ("Save {b} it {n}", []),
        ("Save {b} it{/c}", ["{/c}"]),
    ],
)
def test_a_placeholder_with_an_end_is_a_tag(text: str, tags: list[str]) -> None:
    found = [text[slice(*one.span)] for one in protected_spans(text) if one.kind is Kind.TAG]
    assert found == tags
