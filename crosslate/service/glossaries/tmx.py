"""Terms in TMX 1.4, in which translation tools exchange them, as tables: a column for each language."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.errors import FieldError, malformed
from crosslate.service.glossaries.glossaries import language_of
from crosslate.service.pipeline.language.languages import standard_tag

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ANY = "*all*"
_NO_TEXT = (*("bpt", "ept", "it", "ph", "ut"), etree.Comment, etree.ProcessingInstruction)
"""What may stand in a segment beside its text."""
_HEADER = {
    **{"creationtool": "crosslate", "creationtoolversion": "1", "segtype": "phrase"},
    **{"o-tmf": "crosslate", "adminlang": "en", "datatype": "plaintext"},
}
"""What the standard demands beside `srclang`."""


@dataclass(frozen=True, slots=True)
class TmxTable:
    """A file as a table."""

    lines: Sequence[tuple[int, list[str]]]
    """The languages, that of the source first, then the terms of each unit, with the lines of the file."""
    left_out: Sequence[str] = ()
    """Languages with their regions, in order, whose terms were left out for those of another region."""


@dataclass(slots=True)
class _Variants:
    """Terms of one language for several regions, `pt-BR` beside `pt-PT`: one is chosen in each unit."""

    asked: Collection[str]
    """Languages with their regions that have the first choice; next is one without a region."""
    left_out: dict[str, None] = field(default_factory=dict)

    def chosen(self, terms: dict[str, str]) -> dict[str, str]:
        """One for each language, by its name without a region; `terms` are by their whole names."""
        by_language: dict[str, list[str]] = {}
        for tag in terms:
            by_language.setdefault(language_of(tag), []).append(tag)
        found: dict[str, str] = {}
        for language, tags in by_language.items():
            first = min(tags, key=lambda tag: (tag not in self.asked, "-" in tag))
            found[language] = terms[first]
            self.left_out.update(dict.fromkeys(tag for tag in tags if tag != first))
        return found


def tmx_table(data: bytes, where: tuple[str | int, ...], asked: Collection[str] = ()) -> TmxTable:
    """The terms of a file.

    Args:
        data: the file, in any encoding that it names.
        where: its place in the request.
        asked: languages with their regions, as people write them, whose terms are wanted rather than those of
            other regions.

    Raises:
        ServiceError: 422 that names the line at fault.
    """
    root = _parsed(data, where)
    variants = _Variants({_tag(code) for code in asked})
    header = root.find("header")
    source = "" if header is None else header.get("srclang", "")
    try:
        units = [(unit.sourceline, variants.chosen(_terms(unit))) for unit in root.iter("tu")]
    except ValueError as error:
        raise malformed((FieldError(where, str(error)),)) from None
    named = [language_of(source)] if source not in ("", _ANY) else []
    columns = list(dict.fromkeys([*named, *(language for _, terms in units for language in terms)]))
    rows = [(line, [terms.get(language, "") for language in columns]) for line, terms in units]
    return TmxTable([(1, columns), *rows], tuple(variants.left_out))


def _tag(code: str) -> str:
    """With its region: `pt-BR` for `PT_br`."""
    return standard_tag(code) or code


def _parsed(data: bytes, where: tuple[str | int, ...]) -> Element:
    """The root element; nothing outside is looked at, nothing is expanded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None)
        fault = "is no valid XML" + (f" (line {line})" if line else "")
        raise malformed((FieldError(where, fault),)) from None
    if root.tag != "tmx":
        raise malformed((FieldError(where, "is no TMX: its root element is not tmx"),))
    return root


def _terms(unit: Element) -> dict[str, str]:
    """By languages with their regions; raises `ValueError` where one could not be told whole."""
    terms: dict[str, str] = {}
    for variant in unit.iterfind("tuv"):
        line, segment = variant.sourceline, variant.find("seg")
        language = _tag(variant.get(_LANG) or variant.get("lang", ""))
        if segment is None or not language:
            raise ValueError(f"line {line}: a tuv needs xml:lang and a seg")
        if language in terms:
            raise ValueError(f"line {line}: the language {language} is twice in one tu")
        terms[language] = " ".join("".join(_texts(segment)).split())
    return terms


def _texts(element: Element) -> Iterator[str]:
    """What of a segment is text: what `hi` marks is, what `bpt`, `ept`, `it` and `ph` hold is of a format."""
    yield element.text or ""
    for child in element:
        if child.tag == "hi":
            yield from _texts(child)
        elif child.tag not in _NO_TEXT:
            raise ValueError(f"line {child.sourceline}: the term has something in it that is no text of TMX")
        yield child.tail or ""


def written_tmx(lines: Sequence[Sequence[str]]) -> bytes:
    """A table whose first line names the languages, that of the source first; of empty cells nothing."""
    languages = lines[0]
    root = etree.Element("tmx", version="1.4")
    etree.SubElement(root, "header", _HEADER, srclang=languages[0])
    body = etree.SubElement(root, "body")
    for line in lines[1:]:
        unit = etree.SubElement(body, "tu")
        for language, term in zip(languages, line, strict=True):
            if term:
                variant = etree.SubElement(unit, "tuv", {_LANG: language})
                etree.SubElement(variant, "seg").text = term
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written
