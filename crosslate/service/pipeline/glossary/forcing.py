"""Translations with a glossary's terms in the place of what the model wrote, for the model to choose among.

All else stays as it was written, but for what agrees with a term: articles before it, and endings behind it
where the model prefers others. To have it go on freely was measured on TICO-19: it is no better, and with
terms that the model finds strange it leads away from the source.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.glossary.grammar import (
    agreeing,
    are_articles,
    as_before,
    have_same_agreement,
    is_agreeing,
    is_function_word,
    is_surely_article,
)
from crosslate.service.pipeline.glossary.terms import FoundTerm
from crosslate.service.pipeline.wording.casing import with_capital

MAX_DRAFTS = 8
"""That the model reads, to choose among them."""
_MAX_LOOKED_AT = 64
_WORD_BEFORE = re.compile(r"(?:([^\W\d_]+) )?([^\W\d_]+) [\"'“‘«(]*(?:[^\W\d_]+-)*$")
"""That may have to agree with what follows, and the one before it; quotation marks, and prefixes such as in
`auto-isolamento`, stand between."""

_LONGEST_BEFORE = 200
"""In characters."""

Edit = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class TermDraft:
    """A translation with terms in it."""

    text: str
    edits: tuple[Edit, ...]
    """What makes it of the translation without, in order."""
    open_from: int | None
    """From where on in the translation without them words may have to agree with one; None: none has to."""


def drafts(text: str, found: Sequence[FoundTerm], lang: str) -> list[TermDraft]:
    """A translation with each term that it lacks in one of its forms, the likeliest by rules first.

    Args:
        text: the translation.
        found: what became of its terms.
        lang: of the translation.
    """
    kept = [one.written for one in found if one.written is not None]
    choices = [choice for one in found if (choice := _choices(text, one, kept, lang))]
    if not choices:
        return []
    looked_at = itertools.islice(itertools.product(*choices), _MAX_LOOKED_AT)
    ranked = sorted(looked_at, key=lambda way: sum(rank for rank, _ in way))
    made = (_edited(text, [edit for _, edits in way for edit in edits], lang) for way in ranked)
    return list(dict.fromkeys(made))[:MAX_DRAFTS]


def _choices(
    text: str, found: FoundTerm, kept: Sequence[Span], lang: str
) -> list[tuple[int, tuple[Edit, ...]]]:
    """What to put in for one term, each with how unlikely it is; nothing where it is, or has no place."""
    if found.written is not None or found.counterpart is None:
        return []
    place = found.counterpart
    before = _words_before(text, place[0], kept, lang)
    made: list[tuple[int, tuple[Edit, ...]]] = []
    for rank, form in enumerate(_forms(text, found, place, lang)):
        word = "" if before is None or found.term.forms.is_exact else text[slice(*before)]
        if before is not None and are_articles(word, form.partition(" ")[0], lang):
            first = with_capital(form, lang) if text[before[0]].isupper() else form
            without: Edit = ((before[0], place[0]), "")
            made.append((2 * rank, (without, (place, first))))
            continue
        plain = (2 * rank, ((place, form),))
        if before is None or is_function_word(form.partition(" ")[0], lang):
            made.append(plain)
            continue
        start, end = before
        ways = agreeing(text[start:end], form, lang)
        others = [(2 * rank, ((before, way), (place, form))) for way in ways if way != text[start:end]]
        if not (len(ways) == 1 and others):
            made += [plain, *others]
        elif is_surely_article(text[start:end], lang):
            made += others
        else:
            made += [*others, (2 * rank + 1, plain[1])]
    return made


def _words_before(text: str, end: int, kept: Sequence[Span], lang: str) -> Span | None:
    """What stands before a term and may have to agree with it: a word, or an article and an adjective."""
    found = _word_before(text, end)
    if found is None:
        return None
    is_two = found[1] is not None and is_agreeing(found[1], found[2], lang)
    span = found.start(1 if is_two else 2), found.end(2)
    return None if any(overlap(span, other) for other in kept) else span


def _word_before(text: str, end: int) -> re.Match[str] | None:
    return _WORD_BEFORE.search(text, max(0, end - _LONGEST_BEFORE), end)


def _forms(text: str, found: FoundTerm, place: Span, lang: str) -> list[str]:
    """A term's, each also with the ending of what it replaces; with a capital where a sentence begins."""
    start, end = place
    if found.term.forms.is_exact:
        return list(found.term.forms.listed)
    listed = found.term.forms.written_as(found.term.ending)
    # behind an article stands a noun, which keeps its own ending
    before = _word_before(text, start)
    is_noun = before is not None and is_surely_article(before[2], lang)
    agreed = [] if is_noun else [as_before(form, text[start:end], lang) for form in listed]
    forms = list(dict.fromkeys([*listed, *(form for form in agreed if form is not None)]))
    begins = not any(map(str.isalnum, text[:start])) and text[start].isupper()
    return [with_capital(form, lang) for form in forms] if begins else forms


def _edited(text: str, edits: Sequence[Edit], lang: str) -> TermDraft:
    """With the edits that lie apart; of two in one place the one that is longer."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit[0][0] - edit[0][1]):
        if not any(overlap(edit[0], other[0]) for other in kept):
            kept.append(edit)
    kept.sort()
    parts, done = list[str](), 0
    for (start, end), new in kept:
        parts += text[done:start], new
        done = end
    ends = (edit[0][1] for edit in kept if not _is_alike(text, edit, lang))
    open_from = next((end for end in ends if any(map(str.isalpha, text[end:]))), None)
    return TermDraft("".join([*parts, text[done:]]), tuple(kept), open_from)


def _is_alike(text: str, edit: Edit, lang: str) -> bool:
    """Whether what is put in is of the number and gender of what it takes the place of.

    Then nothing behind it has to change.
    """
    (start, end), new = edit
    if not new:
        return True
    before = _word_before(text, start)
    article = "" if before is None else before[2]
    return have_same_agreement(new, text[start:end], lang, article=article)
