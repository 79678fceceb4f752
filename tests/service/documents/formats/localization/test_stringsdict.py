"""Apple's plurals (`.stringsdict`), made and read again by Python's own reader of property lists."""

from __future__ import annotations

import plistlib

import pytest

from crosslate.service.documents.document import ReadOptions
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "a.stringsdict"
MESSAGES = {
    "files": {
        "NSStringLocalizedFormatKey": "%#@n@ & <more>",
        "n": {
            "NSStringFormatSpecTypeKey": "NSStringPluralRuleType",
            "NSStringFormatValueTypeKey": "d",
            "one": "%d file",
            "other": "%d files",
        },
    },
    "width": {"NSStringVariableWidthRuleType": {"1": "Short", "20": "A longer text"}},
}
DATA = plistlib.dumps(MESSAGES, sort_keys=False)
TEXTS = ["%#@n@ & <more>", "%d file", "%d files", "Short", "A longer text"]


def test_all_but_the_texts_stays() -> None:
    assert texts_of(NAME, DATA) == TEXTS
    expected = DATA
    for text in ("%#@n@ &amp; &lt;more&gt;", "%d file", "%d files", "Short", "A longer text"):
        new = text.upper().replace("&AMP;", "&amp;").replace("&LT;", "&lt;").replace("&GT;", "&gt;")
        expected = expected.replace(f">{text}<".encode(), f">{new}<".encode())
    assert translated(NAME, DATA) == expected


def test_a_language_gets_all_of_its_plurals() -> None:
    written = translated(NAME, DATA, ReadOptions(target_lang="ru"))
    numbers = plistlib.loads(written)["files"]["n"]
    assert numbers == {
        "NSStringFormatSpecTypeKey": "NSStringPluralRuleType",
        "NSStringFormatValueTypeKey": "d",
        "one": "%D FILE",
        **dict.fromkeys(("few", "many", "other"), "%D FILES"),
    }
    lines = written.decode().splitlines()
    at = lines.index("\t\t\t<key>other</key>")
    assert lines[at : at + 4 : 2] == ["\t\t\t<key>other</key>", "\t\t\t<key>few</key>"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<resources/>", "no property list"),
        (b"<plist><array/></plist>", "no property list"),
        (b"<plist><dict><key>a</key></dict></plist>", "a key without a value"),
        (b"<plist><dict><string>a</string><key>a</key></dict></plist>", "a value without a key"),
        (plistlib.dumps(MESSAGES, fmt=plistlib.FMT_BINARY), "no valid XML"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(NAME, data)
