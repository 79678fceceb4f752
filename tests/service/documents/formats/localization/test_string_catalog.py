"""Xcode's string catalogues, laid out as Xcode writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

NAME = "Localizable.xcstrings"


def unit(value: str, state: str = "translated") -> dict[str, Any]:
    return {"stringUnit": {"state": state, "value": value}}


def catalog(strings: dict[str, Any], **layout: Any) -> bytes:
    layout = layout or {"indent": 2, "separators": (",", " : ")}
    said = {"sourceLanguage": "en", "strings": strings, "version": "1.0"}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, **layout).encode()


def added(strings: dict[str, Any], lang: str = "pt") -> dict[str, Any]:
    written = json.loads(translated(NAME, catalog(strings), ReadOptions(target_lang=lang)))
    return {key: entry.get("localizations", {}).get(lang) for key, entry in written["strings"].items()}


STRINGS = {
    "": {},
    "A café": {"comment": "A note"},
    "Done": {"localizations": {"pt": unit("Pronto"), "en": unit("Done!")}},
    "New": {"localizations": {"de": unit("Neu"), "pt": unit("New", "new"), "zh-Hans": unit("新")}},
    "Not": {"shouldTranslate": False},
    "Old": {"extractionState": "stale"},
    "key": {"extractionState": "manual", "localizations": {"de": unit("Ding"), "en": unit("Thing")}},
    "zero": {"localizations": {"zh-Hans": unit("零")}, "shouldTranslate": True},
}


def expected(**layout: Any) -> bytes:
    strings = json.loads(json.dumps(STRINGS))
    for key, text in (("A café", "A CAFÉ"), ("New", "NEW"), ("key", "THING"), ("zero", "ZERO")):
        strings[key].setdefault("localizations", {})["pt"] = unit(text, "needs_review")
    return catalog(strings, **layout)


@pytest.mark.parametrize(
    "layout",
    [
        {"indent": 2, "separators": (",", " : ")},
        {"indent": 4},
        {"indent": "\t"},
        {"separators": (", ", ": ")},
    ],
)
def test_a_language_is_added_where_it_belongs(layout: dict[str, Any]) -> None:
    data = catalog(STRINGS, **layout)
    assert texts_of(NAME, data) == ["A café", "New", "Thing", "zero"]
    assert translated(NAME, data) == expected(**layout)


def test_line_ends_and_empty_objects_stay() -> None:
    data = catalog(STRINGS).replace(b'"" : {}', b'"" : {\n\n    }').replace(b"\n", b"\r\n")
    assert translated(NAME, data) == expected().replace(b'"" : {}', b'"" : {\n\n    }').replace(
        b"\n", b"\r\n"
    )


def test_an_object_without_members_gets_one() -> None:
    data = catalog({"Word": {}}).replace(b"{}", b"{\n\n    }")
    assert translated(NAME, data) == catalog(
        {"Word": {"localizations": {"pt": unit("WORD", "needs_review")}}}
    )


def test_plurals_devices_and_substitutions_are_taken_over() -> None:
    files = {"one": unit("%arg file"), "other": unit("%arg files")}
    said = {
        "substitutions": {"n": {"argNum": 1, "formatSpecifier": "lld", "variations": {"plural": files}}},
        "variations": {"device": {"iphone": unit("Tap"), "other": {"variations": {"plural": files}}}},
    }
    got = added({"key": {"localizations": {"en": said}}}, "pl")["key"]
    one, other = unit("%ARG FILE", "needs_review"), unit("%ARG FILES", "needs_review")
    plural = {"one": one, "few": other, "many": other, "other": other}
    assert got["substitutions"]["n"] == {
        "argNum": 1,
        "formatSpecifier": "lld",
        "variations": {"plural": plural},
    }
    assert got["variations"]["device"] == {
        "iphone": unit("TAP", "needs_review"),
        "other": {"variations": {"plural": plural}},
    }


def test_sets_of_phrases_are_translated() -> None:
    said = {"stringSet": {"state": "new", "values": ["Open it", "5", "Show it"]}}
    got = added({"key": {"localizations": {"en": said}}})
    assert got == {"key": {"stringSet": {"state": "needs_review", "values": ["OPEN IT", "5", "SHOW IT"]}}}


def test_the_source_language_is_no_target() -> None:
    data = catalog(STRINGS)
    assert translated(NAME, data, ReadOptions(target_lang="en")) == data


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text())
def test_what_is_written_is_read_again(key: str, text: str) -> None:
    data = catalog({f"a{key}": {}, "b": {"localizations": {"pt": unit("b")}}})
    written = json.loads(read_document(NAME, data, ReadOptions(target_lang="pt")).write([text]))
    assert written["strings"][f"a{key}"]["localizations"]["pt"] == unit(text, "needs_review")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "in line 1"),
        (b"[]", "no sourceLanguage"),
        (b'{"sourceLanguage": "en", "strings": []}', "no strings"),
        (catalog({"a": 1}), "no object"),
        (catalog({"a": {"localizations": {"pt": 1}}}), "no objects"),
        (b'{"sourceLanguage": "en", "strings": {"a": {"b": %s}}}' % (b"9" * 5000), "too many digits"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        texts_of(NAME, data)
