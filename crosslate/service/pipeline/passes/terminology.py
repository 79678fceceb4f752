"""A glossary's terms in a part's output: the ways to put in those that it lacks, and one of them taken."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, overlap
from crosslate.service.pipeline.glossary.agreement import is_other_ending
from crosslate.service.pipeline.glossary.forcing import Edit, TermDraft, drafts
from crosslate.service.pipeline.glossary.terms import FoundTerm
from crosslate.service.pipeline.parts.part import PartOutput, Reader
from crosslate.service.pipeline.text.origin import DerivedText

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Way:
    """One translation with all terms in it, as the model would write it."""

    draft: TermDraft
    tokens: TokenizedText
    """The end token included."""

    @property
    def key(self) -> tuple[int, ...]:
        """Its tokens."""
        return tuple(self.tokens.ids)


@dataclass(frozen=True, slots=True)
class Replaced:
    """Puts terms into what a model wrote."""

    edits: Sequence[Edit]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with them."""
        return written.edited(self.edits)


def drafts_of(output: PartOutput) -> list[TermDraft]:
    """An output with the terms that it lacks, the likeliest by rules first; none if it has all."""
    return drafts(output.decoded, output.terms, output.terms[0].term.forms.lang) if output.terms else []


def ways(output: PartOutput, made: Sequence[TermDraft], reader: Reader) -> list[Way]:
    """To write drafts. Of several, those that the model can write; where it can write none, the first."""
    found = [_way(draft, reader) for draft in made]
    return [way for way in found if _is_written(way, reader)] or found[:1]


def _way(draft: TermDraft, reader: Reader) -> Way:
    return Way(draft, reader.tokenizer.tokenize_target(draft.text, reader.target_lang))


def agreed(output: PartOutput, way: Way, preferred: Sequence[int], reader: Reader) -> Way | None:
    """A way with the endings that the model prefers in words behind its terms, which may agree with these.

    None where it prefers none, and where what it prefers is more than another ending.

    Args:
        output: what the model wrote without the terms.
        way: to put them in.
        preferred: what the model finds likeliest in the place of each of its tokens.
        reader: of the part.
    """
    lang = output.terms[0].term.forms.lang
    endings: list[Edit] = []
    for span, start in _open_words(output, way.draft):
        word = output.decoded[slice(*span)]
        others = _preferred_words(way, preferred, (start, start + len(word)), reader)
        other = next((other for other in others if is_other_ending(word, other, lang)), None)
        if other is not None:
            endings.append((span, other))
    if not endings:
        return None
    every = sorted([*way.draft.edits, *endings])
    text = DerivedText.of(output.decoded).edited(every).text
    return _way(TermDraft(text, tuple(every), way.draft.open_from), reader)


def _preferred_words(way: Way, preferred: Sequence[int], word: Span, reader: Reader) -> Iterator[str]:
    """What a word of a way may be with the first token that the model prefers to its own.

    The rest of its tokens may follow, as in `construído` and `s`, or none.
    """
    ids, spans = way.tokens.ids, way.tokens.spans
    own = [at for at, span in enumerate(spans) if span is not None and overlap(span, word)]
    at = next((at for at in own if preferred[at] != ids[at]), None)
    if at is None:
        return
    for rest in (ids[at + 1 : own[-1] + 1], []):
        text = reader.tokenizer.decode([*ids[:at], preferred[at], *rest]).strip()
        if text.startswith(way.draft.text[: word[0]]):
            yield text[word[0] :]


def _open_words(output: PartOutput, draft: TermDraft) -> Iterator[tuple[Span, int]]:
    """Words that may have to agree with a term: where they stand without the terms, and begin with them."""
    if draft.open_from is None:
        return
    kept = [span for span, _ in draft.edits]
    kept += (one.written for one in output.terms if one.written is not None)
    for word in _WORD.finditer(output.decoded, draft.open_from):
        if not any(overlap(word.span(), other) for other in kept):
            before = ((new, span) for span, new in draft.edits if span[1] <= word.start())
            yield word.span(), word.start() + sum(len(new) - (end - start) for new, (start, end) in before)


def _is_written(way: Way, reader: Reader) -> bool:
    """Whether the vocabulary has all that a way is made of."""
    return reader.tokenizer.decode(way.tokens.ids).strip() == way.draft.text.strip()


def edited(output: PartOutput, edits: Sequence[Edit], reader: Reader) -> PartOutput:
    """The output with terms put in; what else there is of it is that of what the model wrote."""
    part = dataclasses.replace(output.part, restore=(Replaced(edits), *output.part.restore))
    again = reader.answered_as(part, output)
    places = {span for span, _ in edits}
    terms = tuple(_put_in(one) if one.counterpart in places else one for one in output.terms)
    return dataclasses.replace(again, terms=terms, others=output.others, verdicts=output.verdicts)


def in_the_first_way(output: PartOutput, reader: Reader) -> PartOutput:
    """As rules say, without asking the model."""
    found = ways(output, drafts_of(output), reader)
    return edited(output, found[0].draft.edits, reader) if found else output


def _put_in(term: FoundTerm) -> FoundTerm:
    return dataclasses.replace(term, written=term.counterpart)
