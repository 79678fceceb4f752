"""Catalogues of Qt (`.ts`): sources into the translations that are still empty."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.raw_markup import RawMarkup
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.common.xml_source import XmlNode, XmlSource
from crosslate.service.documents.formats.localization.plural_forms import num_plurals, plural_rule
from crosslate.service.pipeline.language.languages import same_language

_KIND = ".ts"
_OPEN = ("", "unfinished")
_BEHIND = ("userdata", "extra-")
"""What stands behind a translation, or begins its name with that."""


def read_qt(data: bytes, options: ReadOptions) -> Document:
    """Messages without a translation, which stay `unfinished` until somebody has looked at them.

    Raises:
        ServiceError: 422.
    """
    source = XmlSource(data, _KIND)
    if source.root.tag != "TS":
        raise unreadable(_KIND, "its root is not TS, as in the catalogues of Qt")
    said, lang = source.root.attributes.get("language", "").replace("_", "-"), options.target_lang
    # A region that was not asked for stays.
    is_of_it = said == lang or ("-" not in lang and same_language(said, lang))
    num_forms = None if is_of_it else num_plurals(plural_rule(lang) or "") or 2
    units = [
        RawMarkup(source.inner(text), place, partial(_written, source, message, num_forms))
        for message, text, place in _messages(source)
    ]
    if lang and not is_of_it:
        source.set_attribute(source.root, "language", lang.replace("-", "_"))
    return document_of(units, source.written, source.notices)


def _messages(source: XmlSource) -> Iterator[tuple[XmlNode, XmlNode, str]]:
    """Those that are open, their texts, and where they stand."""
    for context in source.root.iter("context", "TS"):
        name = context.find("name")
        for message in context.children:
            text, translation = message.find("source"), message.find("translation")
            if message.tag == "message" and text is not None and _is_open(source, translation):
                place = message.attributes.get("id") or ("" if name is None else source.inner(name))
                yield message, text, place


def _is_open(source: XmlSource, translation: XmlNode | None) -> bool:
    if translation is None:
        return True
    # It may have forms, for numbers or for widths.
    forms = translation.children or [translation]
    is_empty = not any(source.inner(form).strip() for form in forms)
    return is_empty and translation.attributes.get("type", "") in _OPEN


def _written(source: XmlSource, message: XmlNode, num_forms: int | None, text: str) -> None:
    """Put a translation, in so many forms if it depends on a number; None: in as many as there are."""
    translation = message.find("translation")
    forms = [] if translation is None else [one for one in translation.children if one.tag == "numerusform"]
    if message.attributes.get("numerus") == "yes":
        text = _in_forms(source, translation, forms, num_forms or len(forms) or 2, text)
    if translation is not None:
        source.set_inner(translation, text)
        return
    last = [one for one in message.children if not one.tag.startswith(_BEHIND)][-1]
    first = message.children[0]
    gap = source.between(message.content, first.start)
    source.insert(last.end, f'{gap}<translation type="unfinished">{text}</translation>')


def _in_forms(
    source: XmlSource, translation: XmlNode | None, forms: list[XmlNode], number: int, text: str
) -> str:
    """A text for each kind of number that the language has, laid out as the empty ones are."""
    form = f"<numerusform>{text}</numerusform>"
    if translation is None or not forms:
        return form * number
    before = source.between(translation.content, forms[0].start)
    after = source.between(forms[-1].end, translation.content_end)
    return "".join(f"{before}{form}" for _ in range(number)) + after
