"""From which side a translation is read: paragraphs, tables and sheets turn round with the language.

A Word document whose text is Hebrew and whose paragraphs run from the left has its full stops at the wrong
ends. Of text that a translation left in another script, such as code, nothing is turned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import bidirectional

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.pipeline.language.languages import is_right_to_left

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_BEHIND = {
    "bidi": (
        *("adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents", "jc"),
        *("suppressOverlap", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId"),
        *(
            "cnfStyle",
            "rPr",
            "sectPr",
            "pPrChange",
            "rtlGutter",
            "docGrid",
            "printerSettings",
            "sectPrChange",
        ),
    ),
    "rtl": ("cs", "em", "lang", "eastAsianLayout", "specVanish", "oMath", "rPrChange"),
    "bidiVisual": (
        *("tblStyleRowBandSize", "tblStyleColBandSize", "tblW", "jc", "tblCellSpacing", "tblInd"),
        *("tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption", "tblDescription"),
        "tblPrChange",
    ),
}
"""What has to stand behind each in Word's properties, whose order is fixed."""
_COMPLEX = {"b": "bCs", "i": "iCs", "sz": "szCs"}
"""Text that runs from the right goes by the second of each."""
_VIEW = re.compile(rb"<(?:\w+:)?sheetView\b[^<>/]*")
_DIRECTION = re.compile(rb"""\srightToLeft\s*=\s*["'][^"']*["']""")
_SIDES = {"l": "r", "r": "l"}
_MODES = {True: "rl-tb", False: "lr-tb"}
_ACROSS = frozenset({*_MODES.values(), "page"})
_OPEN_SIDES = {"left": "start", "right": "end"}


def turned(source_lang: str | None, target_lang: str) -> bool | None:
    """Whether the translation runs from the right; None where it runs as the document does."""
    from_right = is_right_to_left(target_lang)
    return None if from_right == is_right_to_left(source_lang or "") else from_right


def turn_word(roots: Iterable[Element], *, from_right: bool) -> None:
    """Paragraphs, tables and sections of Word's."""
    for root in roots:
        for paragraph in root.iter(f"{_W}p"):
            if _runs(_words(paragraph), from_right=from_right):
                _turn_paragraph(paragraph, from_right=from_right)
        for properties in root.iter(f"{_W}tblPr"):
            _switch(properties, "bidiVisual", is_on=from_right)
        for properties in root.iter(f"{_W}sectPr"):
            _switch(properties, "bidi", is_on=from_right)
        for properties in root.iter(f"{_W}rPr") if from_right else ():
            _complete(properties)


def turn_shapes(roots: Iterable[Element], *, from_right: bool) -> None:
    """Paragraphs of shapes and what masters say of them, whose sides are those of the page; tables."""
    value = str(int(from_right))
    for root in roots:
        levels = [one for one in root.iter() if isinstance(one.tag, str) and _is_level(one)]
        levels += [
            _first(paragraph, f"{_A}pPr")
            for paragraph in root.iter(f"{_A}p")
            if _runs("".join(paragraph.itertext()), from_right=from_right)
        ]
        for properties in levels:
            properties.set("rtl", value)
            if (side := properties.get("algn")) in _SIDES:
                properties.set("algn", _SIDES[side])
            elif properties.tag == f"{_A}lvl1pPr" and side is None:
                properties.set("algn", "r" if from_right else "l")
        for table in root.iter(f"{_A}tblPr"):
            table.set("rtl", value)


def turn_sheet(root: Element, *, from_right: bool) -> None:
    """The columns of a sheet."""
    for view in root.iter(f"{_S}sheetView"):
        view.set("rightToLeft", str(int(from_right)))


def turn_sheet_part(part: bytes, *, from_right: bool) -> bytes:
    """The same of a sheet that is not read."""
    return _VIEW.sub(
        lambda view: _DIRECTION.sub(b"", view[0]) + b' rightToLeft="%d"' % from_right, part, count=1
    )


def turn_open_document(roots: Iterable[Element], *, from_right: bool) -> None:
    """Paragraphs, pages and tables, by their styles."""
    kinds = ("paragraph-properties", "page-layout-properties", "table-properties", "section-properties")
    for root in roots:
        for default in root.iter(f"{_STYLE}default-style"):
            if default.get(f"{_STYLE}family") == "paragraph":
                _first(default, f"{_STYLE}paragraph-properties").set(f"{_STYLE}writing-mode", "page")
        for properties in root.iter(*(f"{_STYLE}{kind}" for kind in kinds)):
            mode = properties.get(f"{_STYLE}writing-mode")
            if (
                mode in _MODES.values()
                or mode == "page"
                or properties.tag == f"{_STYLE}page-layout-properties"
            ):
                properties.set(f"{_STYLE}writing-mode", _MODES[from_right])
            if (side := properties.get(f"{_FO}text-align")) in _OPEN_SIDES:
                properties.set(f"{_FO}text-align", _OPEN_SIDES[side])


def _runs(text: str, *, from_right: bool) -> bool:
    """Whether a text runs so by its letters, or either way."""
    sides = set(map(bidirectional, text))
    is_right, is_left = bool(sides & {"R", "AL"}), "L" in sides
    return is_right or not is_left if from_right else is_left or not is_right


def _turn_paragraph(paragraph: Element, *, from_right: bool) -> None:
    _switch(_first(paragraph, f"{_W}pPr"), "bidi", is_on=from_right)
    for run in paragraph.iter(f"{_W}r"):
        if next(run.iterancestors(f"{_W}p")) is not paragraph or run.find(f"{_W}t") is None:
            continue
        if _runs(_words(run), from_right=from_right):
            _switch(_first(run, f"{_W}rPr"), "rtl", is_on=from_right)


def _words(element: Element) -> str:
    return "".join(text.text or "" for text in element.iter(f"{_W}t"))


def _first(parent: Element, tag: str) -> Element:
    found = parent.find(tag)
    if found is None:
        found = etree.Element(tag)
        parent.insert(0, found)
    return found


def _switch(properties: Element, name: str, *, is_on: bool) -> None:
    """Have a property, where its order wants it, or not."""
    for old in properties.findall(f"{_W}{name}"):
        properties.remove(old)
    if not is_on:
        return
    behind = {f"{_W}{one}" for one in _BEHIND[name]}
    at = next((i for i, one in enumerate(properties) if one.tag in behind), len(properties))
    properties.insert(at, etree.Element(f"{_W}{name}"))


def _complete(properties: Element) -> None:
    for name, complex_name in _COMPLEX.items():
        said = properties.find(f"{_W}{name}")
        if said is not None and properties.find(f"{_W}{complex_name}") is None:
            said.addnext(etree.Element(f"{_W}{complex_name}", said.attrib))


def _is_level(element: Element) -> bool:
    """How paragraphs of a level look, in a master or in a shape's own list of styles."""
    name = etree.QName(element).localname
    return str(element.tag).startswith(_A) and name.startswith("lvl") and name.endswith("pPr")
