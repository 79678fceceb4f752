"""Quotation marks as messages of programs have them, through an engine that turns words round."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.plain.plain import plain_passages
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request


@pytest.mark.parametrize(
    ("text", "read", "expected"),
    [
        ("you\\'ve mail", "you've mail", "mail you\\'ve"),
        ('say \\"yes\\" now', 'say "yes" now', 'now \\" yes \\" say'),
        ('"say \\"yes\\" now"', 'say "yes" now', '"now \\" yes \\" say"'),
        ("don''t go", "don't go", "go don''t"),
        ("'it' isn''t so", "'it' isn't so", "so isn''t 'it'"),
        ("so ''big'' dog", 'so "big" dog', "dog '' big '' so"),
        ("it's so", "it's so", "so it's"),
        ("so\\u2026 caf\\u00e9", "so… café", "caf\\u00e9 \\u2026 so"),
        ("a '''big dog''' is ''it''", "a big dog is it", "''it'' is '''dog big''' a"),
    ],
)
async def test_each_is_read_as_it_is_meant_and_written_as_it_was(text: str, read: str, expected: str) -> None:
    engine = FakeEngine(reversed_words)
    assert (await make_translator(engine).translate(request(text))).text == expected
    passages = plain_passages(text, "en", "auto", len)
    assert [passage.text.text for passage in passages] == [read]
