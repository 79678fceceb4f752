from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import Kind


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("§aWelcome, §e%d§a coins §lnow§r!", ["§a", "§e", "§a", "§l", "§r"]),
        ("§4Red and §0{name}", ["§4", "§0"]),
        ("See § 3, §5 or §12 of it.", []),
        ("&cYou may &lbreak&r&c it.", ["&c", "&l", "&r", "&c"]),
        ("Bread &c. and R&D, salt&pepper, &copy; and &File.", []),
        ("<color=#ff0000>Danger</color> <sprite=5>", ["<color=#ff0000>", "</color>", "<sprite=5>"]),
        (r"\c[2]Harold\c[0] has \I[64]", [r"\c[2]", r"\c[0]", r"\I[64]"]),
        ("{color=#f00}Red{/color} {w=0.5}Now", ["{color=#f00}", "{/color}", "{w=0.5}"]),
        ("If a<b=c> or x = {a=b c}", ["<b=c>"]),
    ],
)
def test_codes_of_games_are_tags(text: str, codes: list[str]) -> None:
    found = [text[slice(*one.span)] for one in protected_spans(text) if one.kind is Kind.TAG]
    assert [one for one in found if one != "&copy;"] == codes
