"""A glossary's terms in a part's output: the ways to put in those that it lacks, and one of them taken."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from crosslate.service.pipeline.glossary.forcing import (
    Draft,
    Edit,
    drafts,
    may_become_other_endings,
    other_endings,
)
from crosslate.service.pipeline.glossary.terms import FoundTerm
from crosslate.service.pipeline.origin import DerivedText
from crosslate.service.pipeline.part import PartOutput, Reader


@dataclass(frozen=True, slots=True)
class Way:
    """One translation with all terms in it."""

    edits: Sequence[Edit]
    """What makes it of what the model wrote, in order."""
    ids: list[int]
    """Its tokens, the end token included."""
    num_given: int
    """So many are as in the tokens of the text up to the end of the last term in it."""
    is_open: bool
    """Whether something follows that could agree."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """Puts terms into what a model wrote."""

    edits: Sequence[Edit]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with them."""
        return written.edited(self.edits)


def drafts_of(output: PartOutput) -> list[Draft]:
    """An output with the terms that it lacks, the likeliest by rules first; none if it has all."""
    return drafts(output.decoded, output.terms, output.terms[0].term.forms.lang) if output.terms else []


def ways(output: PartOutput, made: Sequence[Draft], reader: Reader) -> list[Way]:
    """To write drafts. Of several, those that the model can write; where it can write none, the first."""
    tokenizer = reader.tokenizer
    found: list[Way] = []
    for draft in made:
        ids = tokenizer.tokenize_target(draft.text, reader.target_lang).ids
        num_given = len(ids)
        if draft.is_open:
            given = draft.text.removesuffix(draft.rest)
            num_given = _num_common(ids, tokenizer.tokenize_target(given, reader.target_lang).ids)
        found.append(Way(draft.edits, ids, num_given, draft.is_open))
    can_write = [way for way in found if _is_written(way, output.decoded, reader)]
    return can_write or found[:1]


def turn(output: PartOutput, way: Way, preferred: Sequence[int], reader: Reader) -> list[int] | None:
    """The tokens of a way up to where the model would go on otherwise, in what may agree with its last term.

    Args:
        output: what the model wrote without the terms.
        way: to put them in.
        preferred: what the model finds likeliest in the place of each of its tokens.
        reader: of the part.
    """
    behind = range(way.num_given, len(way.ids)) if way.is_open else range(0)
    at = next((at for at in behind if preferred[at] != way.ids[at]), None)
    if at is None:
        return None
    begun = reader.tokenizer.decode([*way.ids[:at], preferred[at]]).strip()
    put_in, rest = _put_in_and_rest(output, way)
    if not begun.startswith(put_in):
        return way.ids[:at] if put_in.startswith(begun) else None
    lang = output.terms[0].term.forms.lang
    return way.ids[:at] if may_become_other_endings(rest, begun[len(put_in) :], lang) else None


def chosen(output: PartOutput, found: Sequence[Way], written: Sequence[Sequence[int]], reader: Reader) -> Way:
    """Of what the model made of these ways, the likeliest first, the first that leaves the rest as it was.

    That is a way itself, or one that the model went on with and only changed endings: what stands behind a
    term may have to agree with it.
    """
    for ids in map(list, written):
        for way in found:
            if ids == way.ids:
                return way
            if way.is_open and ids[: way.num_given] == way.ids[: way.num_given]:
                agreed = _agreed(output, way, reader.tokenizer.decode(ids).strip())
                if agreed is not None:
                    return agreed
    return found[0]


def _agreed(output: PartOutput, way: Way, text: str) -> Way | None:
    """A way with the endings that a text has behind its last term; None where more than these differs."""
    put_in, rest = _put_in_and_rest(output, way)
    if not text.startswith(put_in):
        return None
    start = way.edits[-1][0][1]
    endings = other_endings(rest, text[len(put_in) :], output.terms[0].term.forms.lang)
    kept = [one.written for one in output.terms if one.written is not None]
    if endings is None:
        return None
    edits = [((start + first, start + last), new) for (first, last), new in endings]
    if any(first < end and begin < last for (first, last), _ in edits for begin, end in kept):
        return None
    return dataclasses.replace(way, edits=(*way.edits, *edits))


def _put_in_and_rest(output: PartOutput, way: Way) -> tuple[str, str]:
    """A way's text up to the end of its last term, and that behind it."""
    rest = output.decoded[way.edits[-1][0][1] :]
    return DerivedText.of(output.decoded).edited(way.edits).text.removesuffix(rest), rest


def _num_common(ids: Sequence[int], others: Sequence[int]) -> int:
    """Of the tokens at the beginning of both."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ids, others, strict=False)))


def _is_written(way: Way, decoded: str, reader: Reader) -> bool:
    """Whether the vocabulary has all that a way is made of."""
    wanted = DerivedText.of(decoded).edited(way.edits).text
    return reader.tokenizer.decode(way.ids).strip() == wanted.strip()


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
    return edited(output, found[0].edits, reader) if found else output


def _put_in(term: FoundTerm) -> FoundTerm:
    return dataclasses.replace(term, written=term.counterpart)
