"""A passage as a model can read it: signs that it knows, days and hours in full, and what is no language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.spans import (
    Kind,
    Protected,
    united,
    without_overlaps,
)
from crosslate.service.pipeline.fidelity.protected.user_patterns import UserPatterns
from crosslate.service.pipeline.fidelity.signs.mark_runs import with_single_marks
from crosslate.service.pipeline.fidelity.signs.prepare import substituted, without_invisible
from crosslate.service.pipeline.parts.draft import Draft
from crosslate.service.pipeline.parts.part import Reader
from crosslate.service.pipeline.text.bare_sentences import is_bare
from crosslate.service.pipeline.text.origin import DerivedText, place_in, places_in
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.wording.capitals import speaker
from crosslate.service.pipeline.wording.gender_marks import with_one_gender, with_plurals
from crosslate.service.pipeline.wording.given_names import greeted
from crosslate.service.pipeline.wording.half_days import with_hours_of_whole_days
from crosslate.service.pipeline.wording.hours_in_full import with_hours_in_full
from crosslate.service.pipeline.wording.letter_forms import with_plain_ending, with_plain_letter_forms
from crosslate.service.pipeline.wording.number_signs import with_numbers_of_laws, with_readable_number_signs
from crosslate.service.pipeline.wording.stretched_words import with_words_of_one_length
from crosslate.service.pipeline.wording.whole_days import with_whole_days


@dataclass(frozen=True, slots=True)
class PassageReader:
    """Reads the passages of a text for one model and pair; its fields are those of `PartMaker`."""

    selection: Selection
    reader: Reader
    sent: str
    patterns: UserPatterns | None = None

    def read(self, passage: Passage) -> Draft:
        """A passage as a model can read it, and what of it is protected."""
        given, copied = passage.text, passage.protected
        has_signs = not is_bare(given.text)
        visible = without_invisible(given) if has_signs else given
        protected = protected_spans(visible.text)
        if who := speaker(visible.text, self.selection.source_lang, self.reader.num_tokens):
            protected = without_overlaps([Protected(who, Kind.WORD), *protected])
        if who := greeted(visible.text, self.selection.source_lang):
            protected = without_overlaps([Protected(who, Kind.ADDRESS), *protected])
        if copied or self.patterns is not None:
            own = [] if self.patterns is None else self.patterns.spans(visible.text)
            places = (place_in(visible, span) for span, _ in copied)
            fixed = [Protected(place, Kind.CODE) for place in places if place is not None]
            protected = united([*without_overlaps([*fixed, *protected]), *own])
        kept = [visible.origin.span(one.span) for one in protected]
        plain = self._with_readable_signs(visible, kept) if has_signs else visible
        source_lang, target_lang = self.selection.source_lang, self.selection.target_lang
        plain = with_plain_letter_forms(plain, source_lang, self.sent)
        plain = with_plain_ending(plain, source_lang, target_lang)
        plain = with_words_of_one_length(plain, source_lang, places_in(plain, kept), self.reader.num_tokens)
        plain = with_whole_days(plain, source_lang, places_in(plain, kept))
        if has_signs:
            plain = with_hours_in_full(plain, source_lang, target_lang, places_in(plain, kept))
            plain = with_hours_of_whole_days(plain, source_lang, target_lang, places_in(plain, kept))
        if plain.text != visible.text:
            moved = ((place_in(plain, place), one.kind) for place, one in zip(kept, protected, strict=True))
            protected = [Protected(span, kind) for span, kind in moved if span is not None]
        read = given if passage.is_markup else None
        return Draft(self.sent, plain, protected, read=read)

    def _with_readable_signs(self, visible: DerivedText, kept: Sequence[Span]) -> DerivedText:
        """The text with signs that the model reads; `kept`, in the sent text, stays as it is."""
        plain = substituted(visible, self.selection.model.substitutes)
        if self.selection.model.copying.vocabulary is not None:
            plain = with_readable_number_signs(plain, self.selection.source_lang)
        source_lang, target_lang = self.selection.source_lang, self.selection.target_lang
        plain = with_numbers_of_laws(plain, source_lang, target_lang)
        plain = with_plurals(with_one_gender(plain, source_lang, target_lang), source_lang)
        return with_single_marks(plain, places_in(plain, kept))
