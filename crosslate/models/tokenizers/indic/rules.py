"""Which of several spellings of one text IndicTrans2 was trained with, by script.

As the Indic NLP Library's normalizers (Kunchukuttan 2020), and for Arabic letters urduhack's, behind the
punctuation of Moses as IndicTransToolkit has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

Rule = tuple[re.Pattern[str], str]
"""What is replaced, and the template of what takes its place."""

DANDA, DOUBLE_DANDA = "\u0964", "\u0965"
_DIGITS = (0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0CE6, 0x1C50, 0xABF0)
"""Zeros of the scripts whose digits are read as ASCII's: of these all ten, of others some."""
DIGITS = (
    {zero + value: str(value) for zero in _DIGITS for value in range(10)}
    | {0x0C66 + value: str(value) for value in range(1, 10)}
    | {0x0660: "0"}
)
"""For `str.translate`; Telugu's zero and most of Arabic's digits were left out in training."""

_QUOTES = [(quote, '"') for quote in "„“”"] + [("–", "-"), ("—", " - ")]
_QUOTES += [(quote, "'") for quote in "´‘‚’"] + [("''", '"'), ("…", "...")]
_PUNCTUATION = [
    ("\r", ""),
    ("(", " ("),
    (")", ") "),
    ("( ", "("),
    (" )", ")"),
    (" :", ":"),
    (" ;", ";"),
    ("`", "'"),
    *_QUOTES,
    ("\xa0«\xa0", ' "'),
    ("«\xa0", '"'),
    ("«", '"'),
    ("\xa0»\xa0", '" '),
    ("\xa0»", '"'),
    ("»", '"'),
    *((f"\xa0{sign}", sign) for sign in "%:?!;"),
    (",\xa0", ", "),
]
_INVISIBLE = [
    *((sign, "") for sign in "\ufeff\ufffe\u2060\xad"),
    ("\u200b", " "),
    ("\xa0", " "),
    ("\u200c", ""),
    ("\u200d", ""),
]
_BEFORE = {
    "Guru": [
        ("\u0a05\u0a3e", "\u0a06"),
        ("\u0a72\u0a3f", "\u0a07"),
        ("\u0a72\u0a40", "\u0a08"),
        ("\u0a73\u0a41", "\u0a09"),
        ("\u0a73\u0a42", "\u0a0a"),
        ("\u0a72\u0a47", "\u0a0f"),
        ("\u0a05\u0a48", "\u0a10"),
        ("\u0a73\u0a4b", "\u0a13"),
        ("\u0a05\u0a4c", "\u0a14"),
    ],
    # Chillus as before Unicode 5.1: a consonant whose vowel is taken away, and a joiner.
    "Mlym": [
        (f"{consonant}\u0d4d\u200d", chillu)
        for consonant, chillu in zip(
            "\u0d23\u0d28\u0d30\u0d32\u0d33\u0d15", "\u0d7a\u0d7b\u0d7c\u0d7d\u0d7e\u0d7f", strict=True
        )
    ],
}
"""What comes before anything invisible is taken out."""
_DEVANAGARI_DOTTED = {0x0929: "न", 0x0931: "र", 0x0934: "ळ"} | {
    0x0958 + i: letter for i, letter in enumerate("कखगजडढफय")
}
_GURMUKHI_DOTTED = {0x0A33: "ਲ", 0x0A36: "ਸ", 0x0A59: "ਖ", 0x0A5A: "ਗ", 0x0A5B: "ਜ", 0x0A5E: "ਫ"}
"""Letters with a dot below, and those that they are without it."""
_AFTER = {
    "Deva": [
        ("\u0972", "\u090f"),
        *((chr(whole), f"{letter}\u093c") for whole, letter in _DEVANAGARI_DOTTED.items()),
        ("|", DANDA),
    ],
    "Guru": [
        *((chr(whole), f"{letter}\u0a3c") for whole, letter in _GURMUKHI_DOTTED.items()),
        ("\u0a64", DANDA),
        ("\u0a65", DOUBLE_DANDA),
        ("|", DANDA),
    ],
    "Gujr": [("\u0ae4", DANDA), ("\u0ae5", DOUBLE_DANDA)],
    "Orya": [
        ("\u0b05\u0b3e", "\u0b06"),
        ("\u0b0f\u0b57", "\u0b10"),
        ("\u0b13\u0b57", "\u0b14"),
        ("\u0b5c", "\u0b21\u0b3c"),
        ("\u0b5d", "\u0b22\u0b3c"),
        ("\u0b64", DANDA),
        ("\u0b65", DOUBLE_DANDA),
        ("\u0b7c", DANDA),
        ("\u0b35", "\u0b2c"),
        ("\u0b47\u0b56", "\u0b58"),
        ("\u0b47\u0b3e", "\u0b4b"),
        ("\u0b47\u0b57", "\u0b4c"),
    ],
    "Beng": [
        ("\u09dc", "\u09a1\u09bc"),
        ("\u09dd", "\u09a2\u09bc"),
        ("\u09df", "\u09af\u09bc"),
        ("\u09e4", DANDA),
        ("\u09e5", DOUBLE_DANDA),
        ("|", DANDA),
        ("\u09f7", DANDA),
        ("\u09c7\u09be", "\u09cb"),
        ("\u09c7\u09d7", "\u09cc"),
    ],
    "Taml": [
        ("\u0be4", DANDA),
        ("\u0be5", DOUBLE_DANDA),
        ("\u0b92\u0bd7", "\u0b94"),
        ("\u0bc6\u0bbe", "\u0bca"),
        ("\u0bc7\u0bbe", "\u0bcb"),
        ("\u0bc6\u0bd7", "\u0bcc"),
    ],
    "Telu": [("\u0c64", DANDA), ("\u0c65", DOUBLE_DANDA), ("\u0c46\u0c56", "\u0c48")],
    "Knda": [
        ("\u0ce4", DANDA),
        ("\u0ce5", DOUBLE_DANDA),
        ("\u0cbf\u0cd5", "\u0cc0"),
        ("\u0cc6\u0cd5", "\u0cc7"),
        ("\u0cc6\u0cd6", "\u0cc8"),
        ("\u0cc6\u0cc2", "\u0cca"),
        ("\u0cca\u0cd5", "\u0ccb"),
    ],
    "Mlym": [
        ("\u0d64", DANDA),
        ("\u0d65", DOUBLE_DANDA),
        ("\u0d46\u0d3e", "\u0d4a"),
        ("\u0d47\u0d3e", "\u0d4b"),
        ("\u0d46\u0d57", "\u0d4c"),
        ("\u0d57", "\u0d4c"),
    ],
}
_VISARGA = {
    "Deva": ("\u0900-\u097f", "\u0903"),
    "Guru": ("\u0a00-\u0a7f", "\u0a03"),
    "Gujr": ("\u0a80-\u0aff", "\u0a83"),
    "Orya": ("\u0b00-\u0b7f", "\u0b03"),
    "Beng": ("\u0980-\u09ff", "\u0983"),
    "Taml": ("\u0b80-\u0bff", "\u0b83"),
    "Telu": ("\u0c00-\u0c7f", "\u0c03"),
    "Knda": ("\u0c80-\u0cff", "\u0c83"),
    "Mlym": ("\u0d00-\u0d7f", "\u0d03"),
}
"""A colon behind a letter is the sign that looks like it."""
_NORMALIZED_AS = {"Olck": "Orya", "Mtei": "Deva"}
"""Scripts without rules of their own."""


def literal(pairs: Iterable[tuple[str, str]]) -> list[Rule]:
    """One rule for each text and what takes its place."""
    return [(re.compile(re.escape(old)), new) for old, new in pairs]


PUNCTUATION: list[Rule] = [
    *literal(_PUNCTUATION),
    (re.compile(" {2,}"), " "),
    (re.compile(r"\) ([.!:?;,])"), r")\1"),
    (re.compile(r"(\d) %"), r"\1%"),
    (re.compile(r'"([,.]+)'), r'\1"'),
    (re.compile("(\\d)\xa0(\\d)"), r"\1.\2"),
]
"""For every script, and before all else."""
QUOTES = literal(_QUOTES)
BLANKS: Rule = (re.compile(r"\s+"), " ")
_CUT = r"!-/:-@\[\]^-`{-~"
"""ASCII's punctuation but for the backslash."""
WORDS: list[Rule] = [
    (re.compile(rf"([{_CUT}{DANDA}{DOUBLE_DANDA}\uaaf0\uaaf1\uabeb-\uabef\u1c7e\u1c7f])"), r" \1 "),
    BLANKS,
]
ARABIC_WORDS: list[Rule] = [
    (re.compile(rf"([{_CUT}\u0609\u060a\u060c\u061e\u066a-\u066d\u06d4])"), r" \1 "),
    BLANKS,
]
NUMBER = re.compile("(?:[0-9]+ [,.:/] )+[0-9]+")
"""What the rules above have cut and is one word."""
VIRAMA: Rule = (re.compile(" \u094d "), "\u094d")


@lru_cache
def normalization(script: str) -> tuple[Rule, ...]:
    """Of the texts in one of Brahmi's descendants, or a script that is treated like one."""
    script = _NORMALIZED_AS.get(script, script)
    letters, visarga = _VISARGA[script]
    return (
        *literal([*_BEFORE.get(script, ()), *_INVISIBLE, *_QUOTES, *_AFTER[script]]),
        (re.compile(f"([{letters}]):"), rf"\1{visarga}"),
    )
