"""Marks at the words of a plain text: `*emphasis*` of chats and their assistants, `&Keys` of menus.

Many vocabularies have no such marks: models then leave the words as they are, or write `* words*`, `& Keys`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.protected import icu, tex
from crosslate.service.pipeline.layout.plain.escaped_quotes import is_of_wiki, with_read_quotes
from crosslate.service.pipeline.text.origin import DerivedText, place_in
from crosslate.service.pipeline.text.passages import Gap, Passage, Wrap
from crosslate.service.pipeline.text.words import CountTokens

_PAIR = re.compile(
    r"(?<![\w*_~\\])(?P<marks>\*{1,3}(?![|\]])|_|~{1,2}(?!\\))(?=\S)(?P<words>[^*_~\n]{1,300})(?<=\S)(?P=marks)(?![\w*_~])"
)
_TOUCHING = re.compile(
    r"(?<![\d*_~\\])(?P<opening>\*{1,3})(?P<words>[^\W\d_]+(?: [^\W\d_]+){0,8})"
    r"(?P<closing>(?P=opening))(?![\d*_~])"
)
"""Maybe with a word against it, at one side."""
_LINK = re.compile(
    r"(?P<opening>!?\[)(?=\S)(?P<words>[^\[\]\n]{1,300})(?<=\S)"
    r"(?P<closing>\]\((?:[^\s()]{1,500}|[^\s():]{1,500} \"[^\"\n]{0,200}\")\))"
)
"""As Markdown has them, which READMEs and assistants write."""
_LINK_OF_ASCIIDOC = re.compile(
    r"(?P<opening><<[\w.\-#/]{1,80},[ ]?|(?<!\w)(?:link:)?https?://[^\s<>\[\]]{1,500}\[(?=[^\[\]\n]{1,200}\]))(?=\S)"
    r"(?P<words>[^<>\[\]\n]{1,200})(?<=\S)(?P<closing>>>|\])"
)
"""In AsciiDoc, of another section or of a page: `<<setup,see above>>`, `https://example.org[a page]`."""
_TEX_QUOTES = re.compile(r"(?P<opening>``)(?=\S)(?P<words>[^`'\n]{1,300})(?<=\S)(?P<closing>'')")
_WIKI_MARKS = re.compile(
    r"(?<!')(?P<opening>'{5}|'{2,3})(?![\s'])(?P<words>(?:(?!'')[^\n]){1,300})(?<!\s)(?P<closing>(?P=opening))(?!')"
)
_HIGHLIGHT = re.compile(
    r"(?<![\w=!<>])(?P<opening>==)(?=[^\s=])(?P<words>[^=\n]{1,300})(?<=\S)(?P<closing>==)(?![\w=])"
)
_DIRECTED = re.compile(
    r"(?P<opening>[\u202a\u202b\u202d\u202e](?=[^\u202c]*\u202c)|[\u2066-\u2068](?=[^\u2069]*\u2069))"
    r"(?P<words>[^\u202a-\u202e\u2066-\u2069\n]{0,300}[A-Za-z][^\u202a-\u202e\u2066-\u2069\n]{0,300})"
    r"(?P<closing>[\u202c\u2069])"
)
"""In a direction of their own, by marks that nobody sees; words of other scripts are copied with theirs."""
_KEY = re.compile(r"(?<![^\s\"'“(\[])(?:&(?=[A-Za-z])(?!\w*;)|_(?=[A-Z]))")
_KEY_WITHIN = re.compile(r"(?<!\w)(?P<before>[^\W\d_a-zß-ÿ][^\W\d_]{0,12})&(?P<after>[a-zß-ÿ]{1,16})(?!\w)")
_LEAST_OF_WORD = 3
"""Letters: a shorter half of a word is seldom a word itself."""
_LETTERS = re.compile(r"[^\W\d_]+")
_MARKS = (*"*_~&\\`\u202c\u2069", "](", "''", "==", "<<", "://")
_MOST_BLANKS = 5
"""In what stands in a menu or on a button."""


def marked_passage(
    text: DerivedText, gaps: Sequence[Gap] = (), count_tokens: CountTokens | None = None
) -> Passage:
    """A passage of a plain text; such marks of it go to the words that are the translation of theirs.

    Not beside a plural or a choice, whose sentences would have them once for each of its cases.

    Args:
        text: of the passage.
        gaps: in it.
        count_tokens: how many tokens a model reads a word in; it tells `E&xit` from `rock&roll`.
    """
    text, forms = with_read_quotes(text)
    has_marks = any(mark in text.text for mark in _MARKS)
    if not has_marks or ("{" in text.text and icu.arguments(text.text)):
        return Passage(text=text, gaps=tuple(gaps), forms=forms, is_markup=bool(forms))
    notes = [*tex.NOTES.finditer(text.text)] if "\\" in text.text else []
    pairs = [pair for pair in _pairs(text.text) if not any(overlap(pair.span(), one.span()) for one in notes)]
    edits = [(span, "") for pair in pairs for span in _marks(pair)]
    wraps = [
        Wrap(
            inner=text.origin.span(pair.span("words")),
            opening=text.text[pair.start() : pair.start("words")],
            closing=text.text[pair.end("words") : pair.end()],
            span=text.origin.span(pair.span()),
        )
        for pair in pairs
    ]
    if not pairs and (key := _access_key(text.text, count_tokens)) is not None:
        edits, wraps = [(key, "")], [_of_key(text, key)]
    if notes:
        edits += ((note.span(), "") for note in notes)
        points = [_note(text, note.span(), gaps) for note in notes]
        gaps = [gap for gap in gaps if not any(overlap(gap.span, point.span) for point in points)]
        wraps = sorted([*wraps, *points], key=_place)
    return Passage(
        text=text.edited(sorted(edits)),
        gaps=tuple(gaps),
        wraps=tuple(wraps),
        forms=forms,
        is_markup=bool(forms),
    )


def _of_key(text: DerivedText, key: Span) -> Wrap:
    """The mark of a key: amid a word it is to stand before what is the translation of that."""
    written, (start, end) = text.text[slice(*key)], text.origin.span(key)
    if key[0] == 0 or not text.text[key[0] - 1].isalpha():
        return Wrap((start, start), written, "", (start, end))
    rest = _LETTERS.match(text.text, key[1])
    _, last = text.origin.span((key[1], key[1] if rest is None else rest.end()))
    return Wrap((end, last), written, "", (start, last))


def _note(text: DerivedText, place: Span, gaps: Sequence[Gap]) -> Wrap:
    """A note as a whole, with the line ends in it."""
    span = text.origin.span(place)
    inside = [(gap.text, place_in(text, gap.span)) for gap in gaps if overlap(gap.span, span)]
    edits = [
        (at, written) for written, at in inside if at is not None and place[0] <= at[0] and at[1] <= place[1]
    ]
    note = text.part(*place)
    written = note.edited([((a - place[0], b - place[0]), line_end) for (a, b), line_end in edits]).text
    return Wrap((span[0], span[0]), written, "", span)


def _place(wrap: Wrap) -> tuple[int, int]:
    return wrap.span[0], -wrap.span[1]


def _pairs(text: str) -> list[re.Match[str]]:
    """Those with a word in them, in order; links, and what does not cross one."""
    links = list(_LINK.finditer(text)) if "](" in text else []
    if "<<" in text or "://" in text:
        links += _LINK_OF_ASCIIDOC.finditer(text)
    if "\\" in text:
        links += tex.wraps(text)
    if "\u202c" in text or "\u2069" in text:
        links += _DIRECTED.finditer(text)
    if "``" in text:
        links += _TEX_QUOTES.finditer(text)
    if is_of_wiki(text):
        links += _WIKI_MARKS.finditer(text)
    if "==" in text:
        links += _HIGHLIGHT.finditer(text)
    pairs = [*_PAIR.finditer(text), *filter(_touches_word, _TOUCHING.finditer(text))]
    marks = (pair for pair in pairs if all(_is_apart(pair, link) for link in links))
    found = [pair for pair in (*links, *marks) if any(map(str.isalpha, pair["words"])) and _is_mark(pair)]
    return sorted(found, key=lambda pair: (pair.start(), -pair.end()))


def _is_mark(pair: re.Match[str]) -> bool:
    """Whether it is none of a face, `⊙_⊙`, or of a name."""
    beside = pair.string[max(pair.start() - 1, 0) : pair.start()] + pair.string[pair.end() : pair.end() + 1]
    if pair[0].startswith("~~") and pair["words"].isupper() and pair["words"].isalpha():
        return False  # a placeholder: `~~DATE~~`
    return pair[0][0] != "_" or all(unicodedata.category(sign) not in {"So", "Sm", "Sk"} for sign in beside)


def _touches_word(pair: re.Match[str]) -> bool:
    """Whether it does at one side: `*black*cat`."""
    before, after = pair.string[pair.start() - 1 : pair.start()], pair.string[pair.end() : pair.end() + 1]
    return before.isalpha() != after.isalpha()


def _is_apart(pair: re.Match[str], link: re.Match[str]) -> bool:
    """Whether it is beside a link, around it, or within its words."""
    (start, end), (first, last) = pair.span(), link.span("words")
    is_around = start <= link.start() and link.end() <= end
    return end <= link.start() or link.end() <= start or is_around or (first <= start and end <= last)


def _access_key(text: str, count_tokens: CountTokens | None) -> Span | None:
    """The mark before the only letter of a label that is a key, too, at the beginning of a word or within."""
    if text.count("&") + text.count("_") != 1 or text.count(" ") > _MOST_BLANKS:
        return None
    if (found := _KEY.search(text)) is not None:
        return found.span()
    within = _KEY_WITHIN.search(text) if count_tokens is not None else None
    if within is None or count_tokens is None:
        return None
    halves = within["before"], within["after"]
    has_no_word = min(map(len, halves)) < _LEAST_OF_WORD
    is_one = has_no_word or count_tokens("".join(halves)) < sum(map(count_tokens, halves)) - 1
    return (within.end("before"), within.start("after")) if is_one else None


def _marks(pair: re.Match[str]) -> tuple[Span, Span]:
    """Where a pair opens and closes."""
    first, last = pair.span("words")
    return (pair.start(), first), (last, pair.end())
