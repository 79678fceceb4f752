"""JSON: the strings that are values, or those at certain paths; every other byte of the file stays.

Application Resource Bundles (`.arb`), which Flutter's messages stand in, are JSON with notes for translators.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import TextFile, read_text
from crosslate.service.pipeline.language.languages import standard_tag
from crosslate.service.pipeline.layout.json_values import Value, is_about_others, values_of

_NON_ASCII_ESCAPE = re.compile(r"\\u(?!00[0-7])")


def read_json(data: bytes, options: ReadOptions) -> Document:
    """The strings, in the order of the file.

    Raises:
        ServiceError: 422.
    """
    file = checked_json(data, ".json", options)
    values = list(values_of(file.text))
    if not options.paths:
        return _document(file, [one for one in values if not is_about_others(one.path)])
    parts = {path: path.split(".") for path in options.paths}
    found = {path: [one for one in values if _is_at(one.path, parts[path])] for path in parts}
    missed = [f"The file has no string at the path {path}." for path, there in found.items() if not there]
    wanted = dict.fromkeys(value for there in found.values() for value in there)
    document = _document(file, sorted(wanted, key=lambda one: one.start))
    return replace(document, notices=(*document.notices, *missed))


def read_arb(data: bytes, options: ReadOptions) -> Document:
    """The messages; what is said about them, under names with `@`, is for their translators.

    Raises:
        ServiceError: 422.
    """
    file = checked_json(data, ".arb", options)
    values = list(values_of(file.text))
    messages = [value for value in values if value.path and not value.path[0].startswith("@")]
    tag = (standard_tag(options.target_lang) or "").replace("-", "_")
    return _document(file, messages, {one: tag for one in values if one.path == ("@@locale",) and tag})


def checked_json(data: bytes, kind: str, options: ReadOptions) -> TextFile:
    """A file that is JSON; raises a `ServiceError`, 422, for another."""
    file = read_text(data, kind, options.source_lang)
    try:
        json.loads(file.text, parse_int=str)  # of whatever length
    except json.JSONDecodeError as error:
        raise unreadable(kind, f"{error.msg.lower()} in line {error.lineno}") from None
    except RecursionError:
        raise unreadable(kind, "it is nested too deeply") from None
    return file


def _document(file: TextFile, wanted: Sequence[Value], given: Mapping[Value, str] = {}) -> Document:
    """Of the values that are wanted those with words; others are given new texts."""
    is_ascii = file.text.isascii() and _NON_ASCII_ESCAPE.search(file.text) is not None
    texts = {one: json.loads(file.text[one.start : one.end]) for one in wanted}
    values = [one for one, text in texts.items() if has_words(text)]

    def write(translations: Sequence[str]) -> bytes:
        new = {**dict(zip(values, translations, strict=True)), **given}
        # What is the same stays as it is written: half a character can be written by its number only.
        new = {one: text for one, text in new.items() if text != texts.get(one)}
        edits = (
            (one.start, one.end, json.dumps(new[one], ensure_ascii=is_ascii))
            for one in sorted(new, key=lambda one: one.start)
        )
        return file.encoded(edited(file.text, edits))

    segments = [Segment(texts[one], "text", ".".join(one.path)) for one in values]
    return Document(segments, write, file.notices)


def _is_at(path: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(path) == len(wanted) and all(map(fnmatchcase, path, wanted))
