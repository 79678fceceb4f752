"""String catalogues of Xcode (`.xcstrings`): JSON with all languages, to which one is added."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.localization.catalog_style import CatalogStyle
from crosslate.service.documents.formats.localization.json_members import Member, members_of
from crosslate.service.documents.formats.localization.json_strings import checked_json
from crosslate.service.documents.formats.localization.plural_categories import plural_categories
from crosslate.service.pipeline.language.languages import standard_tag

_KIND = ".xcstrings"
_REVIEW = "needs_review"
_NEW = "new"
_OF_STRINGS = frozenset({"stringUnit", "stringSet"})
"""What states and texts stand in."""
_MOST_DIGITS = 18
_DEPTH_OF_ENTRIES = 3


def read_xcstrings(data: bytes, options: ReadOptions) -> Document:
    """What is not in the target language yet, or `new` there; what is stale or not to be translated stays.

    Raises:
        ServiceError: 422.
    """
    file = checked_json(data, _KIND, options)
    try:
        catalog = json.loads(file.text, parse_int=_whole)
        source, strings = catalog["sourceLanguage"], catalog["strings"]
    except (TypeError, KeyError):
        source = strings = None
    if not isinstance(source, str) or not isinstance(strings, dict):
        raise unreadable(_KIND, "it has no sourceLanguage or no strings")
    target = standard_tag(options.target_lang) or options.target_lang
    style = CatalogStyle.of(file.text)
    top = {member.key: member for member in members_of(file.text, file.text.index("{"))}
    found = members_of(file.text, top["strings"].value)
    entries = [
        _Entry(member, strings[member.key], source, target)
        for member in found
        if _is_open(strings[member.key])
    ]
    entries = [entry for entry in entries if target and target != source and entry.segments]

    def finish() -> bytes:
        return file.encoded(edited(file.text, (entry.edit(file.text, style) for entry in entries)))

    return document_of(entries, finish, file.notices)


class _Entry:
    """A string of a catalogue, with its plurals and whatever else it depends on."""

    def __init__(self, member: Member, entry: dict[str, Any], source: str, target: str) -> None:
        self._member, self._target = member, target
        known = entry.get("localizations", {})
        self._old = next((lang for lang in known if standard_tag(lang) == target), None)
        said = known.get(source) or {"stringUnit": {"state": _NEW, "value": member.key}}
        is_done = self._old is not None and not all(map(_is_unwritten, _leaves(known[self._old])))
        self._new = _copy(said, target)
        texts = [] if is_done else [text for leaf in _leaves(said) for text in _texts(leaf)]
        place = member.key.replace("\n", " ")
        self.segments = [Segment(text, "text", place) for text in texts if has_words(text)]

    def put(self, translations: Sequence[str]) -> None:
        """Take the translations of `segments`; what has no words is as in the source."""
        translated = iter(translations)
        # Plurals of one text are one and the same here.
        for leaf in {id(leaf): leaf for leaf in _leaves(self._new)}.values():
            new = [next(translated) if has_words(text) else text for text in _texts(leaf)]
            leaf.update(
                {"values": new} if isinstance(leaf.get("values"), list) else {"value": new[0]}, state=_REVIEW
            )

    def edit(self, text: str, style: CatalogStyle) -> tuple[int, int, str]:
        """Where the catalogue is changed, and what stands there then."""
        members = list(members_of(text, self._member.value))
        place = next((one for one in members if one.key == "localizations"), None)
        if place is None:
            new: dict[str, Any] = {self._target: self._new}
            return style.with_member(self._member, members, "localizations", new, _DEPTH_OF_ENTRIES)
        languages = list(members_of(text, place.value))
        for language in languages:
            if language.key == self._old:
                return language.value, language.end, style.written(self._new, _DEPTH_OF_ENTRIES + 1)
        return style.with_member(place, languages, self._target, self._new, _DEPTH_OF_ENTRIES + 1)


def _is_open(entry: object) -> bool:
    if not isinstance(entry, dict):
        raise unreadable(_KIND, "one of its strings is no object")
    if not isinstance(known := entry.get("localizations", {}), dict) or not all(
        isinstance(one, dict) for one in known.values()
    ):
        raise unreadable(_KIND, "the localizations of one of its strings are no objects")
    return entry.get("shouldTranslate") is not False and entry.get("extractionState") != "stale"


def _leaves(node: object) -> Iterator[dict[str, Any]]:
    """What has a state, and a text or several, in the order of the file."""
    for name, child in node.items() if isinstance(node, dict) else ():
        if name in _OF_STRINGS and isinstance(child, dict):
            if _texts(child):
                yield child
        else:
            yield from _leaves(child)


def _texts(leaf: dict[str, Any]) -> list[str]:
    found = leaf["values"] if isinstance(leaf.get("values"), list) else [leaf.get("value")]
    texts = [text for text in found if isinstance(text, str)]
    return texts if len(texts) == len(found) else []


def _is_unwritten(leaf: dict[str, Any]) -> bool:
    return leaf.get("state") == _NEW or not any(_texts(leaf))


def _copy(node: object, lang: str) -> object:
    """A localization for another language: its plurals are that language's, as the source says `other`."""
    if not isinstance(node, dict):
        return list(node) if isinstance(node, list) else node
    copied = {name: _copy(child, lang) for name, child in node.items()}
    plural = copied.get("plural")
    if isinstance(plural, dict) and "other" in plural:
        for category in plural_categories(lang):
            # One and the same, so that it is translated once.
            plural.setdefault(category, plural["other"])
    return copied


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise unreadable(_KIND, "it has a number of too many digits")
    return int(digits)
