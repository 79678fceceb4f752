"""From a text to the parts that a translation model reads, each prepared so that what must survive does."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.fidelity.numbers.ordinals import SUFFIX
from crosslate.service.pipeline.fidelity.protected import icu
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import (
    Kind,
    Protected,
    blanked,
    covered,
    unbroken,
    united,
    without_overlaps,
)
from crosslate.service.pipeline.fidelity.protected.user_patterns import UserPatterns
from crosslate.service.pipeline.fidelity.signs.hidden_signs import with_hidden_signs
from crosslate.service.pipeline.fidelity.stand_ins.masks import with_masks
from crosslate.service.pipeline.glossary.protection import without_terms
from crosslate.service.pipeline.glossary.terms import FindTerms
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.layout.restoring.restoring import NO_LAYOUT, Layout, layout_of
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.draft import Draft
from crosslate.service.pipeline.parts.framing import frames_of
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.part import Frame, Part, Reader
from crosslate.service.pipeline.parts.passage_reading import PassageReader
from crosslate.service.pipeline.parts.prepared_part import prepared_part
from crosslate.service.pipeline.parts.sentence_pieces import sentence_pieces
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.sentences.captions import is_in_brackets
from crosslate.service.pipeline.sentences.splitting import has_word, is_periodic, split_overlong
from crosslate.service.pipeline.text.origin import DerivedText, joined, place_in
from crosslate.service.pipeline.text.passages import Passage, Seat
from crosslate.service.pipeline.wording.read_case import read_case

_LINE_ENDS = dict.fromkeys(map(ord, "\n\r\v\f\x85\u2028\u2029"), " ")


@dataclass(frozen=True, slots=True)
class PartMaker:
    """Makes the parts of a text for one model and pair of languages.

    Args:
        selection: the model and the pair.
        reader: how it reads.
        sent: the whole text.
        patterns: the caller's own, of what is to stay as it is.
        find_terms: those of the caller's glossary.
        asked_lang: the target language as it was asked for.
    """

    selection: Selection
    reader: Reader
    sent: str
    patterns: UserPatterns | None = None
    find_terms: FindTerms | None = None
    asked_lang: str = ""

    def drafts(self, passages: Iterable[Passage], *, split_sentences: bool) -> Iterator[Draft]:
        """What of a text is to be translated, in order; what is in none of them stays as it is."""
        found = (with_hidden_signs(passage, self.sent) for passage in passages)
        for seat, group in groupby(found, key=attrgetter("seat")):
            if seat is None:
                yield from self._in_place(group, split_sentences=split_sentences)
            else:
                yield from self._seated(group, seat, split_sentences=split_sentences)

    def _seated(self, passages: Iterable[Passage], seat: Seat, *, split_sentences: bool) -> Iterator[Draft]:
        """Those with something to translate, each written where the translation of their string stands."""
        drafts: list[Draft] = []
        for passage in passages:
            whole = self._read(passage)
            found = (whole.part(*s, of=passage) for s in self._spans(whole, split_sentences=split_sentences))
            drafts += (one for one in found if self._treatment(one).masked().has_language)
        places = [place_in(seat.string, one.given.span) or (0, 0) for one in drafts]
        text = seat.string.text
        frames = frames_of(places, len(text), lambda start, end: text[start:end], Frame(seat.span))
        yield from (replace(one, frame=frame) for one, frame in zip(drafts, frames, strict=True))

    def _in_place(self, passages: Iterable[Passage], *, split_sentences: bool) -> Iterator[Draft]:
        for passage in passages:
            whole = self._read(passage)
            text = whole.given.text
            messages = icu.arguments(text) if "{" in text else []
            opaque = covered(text, (one.span for one in messages), "x")  # sentences do not end in messages
            for span in self._split(opaque, whole.protected, split_sentences=split_sentences):
                if not messages:
                    yield whole.part(*span, of=passage)
                    continue
                inside = [message for message in messages if overlap(message.span, span)]
                # A message with tags would have them once for each of its sentences.
                around = layout_of(passage, whole.given.origin.span(span)) if inside else NO_LAYOUT
                is_bare = inside and not around.wraps
                expansion = icu.expanded(text, span, inside) if is_bare else None
                if expansion is not None:
                    for said in self._variants(whole, span, expansion, split_sentences=split_sentences):
                        layout = Layout(forms=passage.forms, read=whole.read, protected=around.protected)
                        yield replace(said, layout=layout, read=whole.read)
                    continue
                kept = [Protected(message.span, Kind.PLACEHOLDER) for message in inside]
                draft = whole.also_protecting(kept) if kept else whole
                left = [m.span for m in inside if any(text[slice(*b.span)].strip("# ") for b in m.branches)]
                messages_left = tuple(whole.given.origin.span(one) for one in left)
                yield replace(draft.part(*span, of=passage), messages_left=messages_left)

    def whole(self, passage: Passage) -> Draft:
        """A passage that is translated in one go."""
        passage = with_hidden_signs(passage, self.sent)
        read = self._read(passage)
        return replace(read, layout=layout_of(passage, read.given.span))

    def part(self, draft: Draft) -> Part | None:
        """A draft as a part; None where there is nothing to translate in it."""
        part = prepared_part(self._treatment(draft), self.reader)
        if part.sentence is not None and not part.sentence.has_language:
            return None
        return part if draft.frame is None else replace(part, frame=draft.frame)

    def left_messages(self, draft: Draft) -> list[Notice]:
        """What to say of messages in a draft that stay as they are."""
        said = "A plural or a choice with tags in its sentence, or with too many cases, was left as it was."
        return [Notice("unsupported_sentence", said, span) for span in draft.messages_left]

    def left(self, draft: Draft) -> list[Notice]:
        """What to say of a draft that has nothing to translate: some of it may be language to a reader."""
        slots = self._treatment(draft).masked().slots
        said = "Text in a script that the model does not know was left as it is."
        return [Notice("unsupported_sentence", said, slot.source) for slot in slots if slot.kind is Kind.WORD]

    def _read(self, passage: Passage) -> Draft:
        return PassageReader(self.selection, self.reader, self.sent, self.patterns).read(passage)

    def split(self, draft: Draft, part: Part) -> tuple[list[Part], int]:
        """The part, or those of it that the model translates well; and how many of them are to be left alone.

        Those without a letter or digit stay as they are, as everywhere. So do those that are a few characters
        again and again: nobody could translate them, and a model would try for long.
        """
        if draft.frame is None and is_periodic(draft.given.text):
            return [], 1
        model = self.selection.model
        max_tokens = model.max_piece_tokens or model.max_source_tokens
        if len(part.ids) <= max_tokens:
            return [part], 0
        text = draft.given.text
        spans = unbroken(split_overlong(text, self.reader.tokenize, max_tokens), draft.protected)
        spans = [span for span in spans if has_word(text, *span)]
        telling = [span for span in spans if not is_periodic(text[span[0] : span[1]])]
        drafts = (replace(draft.part(*span), is_beginning=span[0] == 0) for span in telling)
        found = [self.part(replace(one, layout=draft.layout.within(one.given.span))) for one in drafts]
        parts = [(one, span) for one, span in zip(found, telling, strict=True) if one is not None]
        num_left = len(spans) - len(telling)
        if draft.frame is None:
            return [one for one, _ in parts], num_left
        if not parts:  # what stands around it is written with it
            return [part], 0
        frames = frames_of([span for _, span in parts], len(text), draft.as_sent, draft.frame)
        return [replace(one, frame=frame) for (one, _), frame in zip(parts, frames, strict=True)], num_left

    def _treatment(self, draft: Draft) -> Treatment:
        """In sentence case where all of it is in capitals, or it is a title; words in capitals likewise."""
        languages = Languages(self.selection.source_lang, self.selection.target_lang, self.asked_lang)
        given, protected = draft.given, without_terms(draft.protected, draft.given, self.find_terms)
        words = blanked(given.text, [one.span for one in protected])
        is_alone = is_in_brackets(draft.sent, given.span)
        case = read_case(words, languages.source, self.reader.num_tokens, is_caption=is_alone)
        if case.text is not None:
            read = "".join(map(_of_words, case.text, words, given.text))
            given = DerivedText(read, given.origin)
        is_markup = draft.read is not None
        return Treatment(
            sent=draft.sent,
            given=given,
            protected=with_masks(given.text, protected, self.reader.num_tokens, has_kept=is_markup),
            habits=self.selection.model.copying,
            languages=languages,
            layout=draft.layout,
            capitals=case.capitals,
            is_beginning=draft.is_beginning,
            title=words if case.is_title else None,
            emphasized=tuple(map(given.origin.span, case.emphasized)),
            terms=() if self.find_terms is None else tuple(self.find_terms(draft.given, words)),
            read=draft.read,
        )

    def _spans(self, whole: Draft, *, split_sentences: bool) -> list[Span]:
        return self._split(whole.given.text, whole.protected, split_sentences=split_sentences)

    def _split(self, text: str, protected: Sequence[Protected], *, split_sentences: bool) -> list[Span]:
        lang, count_tokens = self.selection.source_lang, self.reader.num_tokens
        return sentence_pieces(text, protected, lang, count_tokens, split_sentences=split_sentences)

    def _variants(
        self, whole: Draft, span: Span, expansion: icu.Expansion, *, split_sentences: bool
    ) -> list[Draft]:
        """The sentences of a message, each written where the message stands; none where it has no words."""
        seat = whole.given.origin.span(span)
        found: list[Draft] = []
        syntax = ""
        for variant in expansion.variants:
            said = self._said(whole, variant)
            at, syntax = 0, syntax + variant.before
            length = len(said.given.text)
            for start, end in self._split(said.given.text, said.protected, split_sentences=split_sentences):
                sentence = said.part(start, end)
                if self._treatment(sentence).masked().has_language:
                    place = (seat[1], seat[1]) if found else seat
                    frame = Frame(place, syntax + said.as_sent(at, start))
                    found.append(replace(sentence, frame=frame))
                    at, syntax = end, ""
            syntax += said.as_sent(at, length)
        if found:
            frame = found[-1].frame or Frame(seat)
            found[-1] = replace(found[-1], frame=replace(frame, after=syntax + expansion.after))
        return found

    def _said(self, whole: Draft, variant: icu.Variant) -> Draft:
        """A sentence of a message, its own numerals and what else is protected in it."""
        pieces = [piece for piece in variant.pieces if piece[0] < piece[1]]
        empty = whole.given.part(0, 0)
        given = joined([whole.given.part(*piece) for piece in pieces], "") if pieces else empty
        given = DerivedText(given.text.translate(_LINE_ENDS), given.origin)
        fixed: list[Protected] = []
        own = [] if self.patterns is None else self.patterns.spans(given.text)
        at = 0
        for start, end in pieces:
            fixed += (
                self._numeral(given.text, (at + first - start, at + last - start))
                for first, last in variant.numerals
                if start <= first < end
            )
            first, last = (
                bisect_left(whole.protected, place, key=lambda one: one.span[0]) for place in (start, end)
            )
            fixed += (
                Protected((at + one.span[0] - start, at + one.span[1] - start), one.kind)
                for one in whole.protected[first:last]
                if one.kind is Kind.CODE
            )
            at += end - start
        protected = united([*without_overlaps([*fixed, *protected_spans(given.text)]), *own])
        return Draft(whole.sent, given, protected)

    def _numeral(self, text: str, span: Span) -> Protected:
        """A `#`, with the letters that make it an ordinal number."""
        start, end = span
        suffix = SUFFIX.match(text, end) if base_language(self.selection.source_lang) == "en" else None
        if suffix is None:
            return Protected(span, Kind.PLACEHOLDER)
        return Protected((start, suffix.end()), Kind.ORDINAL)


def _of_words(plain: str, blanked: str, character: str) -> str:
    """A character of a sentence in sentence case, but for what is protected in it."""
    return character if blanked == " " else plain
