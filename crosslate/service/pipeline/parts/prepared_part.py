"""A treatment as a part: what a model is to read, and all that is to be undone in what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from crosslate.models.tokenizers.tokenizer import Span, overlap
from crosslate.service.pipeline.fidelity.numbers.number_forms import RewrittenNumbers, rewritten_numbers
from crosslate.service.pipeline.fidelity.numbers.ordinals import raised_letters, raised_ordinals
from crosslate.service.pipeline.fidelity.signs.currencies import currency_signs
from crosslate.service.pipeline.fidelity.signs.last_stops import single_stop
from crosslate.service.pipeline.fidelity.signs.mark_runs import mark_runs
from crosslate.service.pipeline.fidelity.signs.nested_quotes import nested_quotes
from crosslate.service.pipeline.fidelity.signs.note_marks import tight_notes
from crosslate.service.pipeline.fidelity.signs.percents import doubled_percents
from crosslate.service.pipeline.fidelity.signs.sentence_blanks import sentence_blanks
from crosslate.service.pipeline.fidelity.signs.sign_blanks import sign_blanks
from crosslate.service.pipeline.fidelity.signs.typography import typography_of
from crosslate.service.pipeline.fidelity.signs.unpaired import unpaired
from crosslate.service.pipeline.fidelity.stand_ins.masking import Masked
from crosslate.service.pipeline.fidelity.stand_ins.restoring import Unmasking
from crosslate.service.pipeline.language.scripts import InLatinLetters, is_to_be_latin
from crosslate.service.pipeline.layout.restoring.restoring import Layout
from crosslate.service.pipeline.parts.full_stop import WithoutMark, with_full_stop
from crosslate.service.pipeline.parts.languages import Languages
from crosslate.service.pipeline.parts.part import Part, Reader, Restoration
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.sentences.captions import is_in_brackets
from crosslate.service.pipeline.text.bare_sentences import is_bare
from crosslate.service.pipeline.wording.added_articles import without_article
from crosslate.service.pipeline.wording.additions import is_label
from crosslate.service.pipeline.wording.capitals import InCapitals
from crosslate.service.pipeline.wording.colons import ends_in_colon
from crosslate.service.pipeline.wording.given_names import given_names
from crosslate.service.pipeline.wording.titles import AsTitle

_DASH = re.compile("[-–—]")
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,6}){2,4}[\w.\-]{0,20}")


def prepared_part(treatment: Treatment, reader: Reader) -> Part:
    """A part prepared in this way."""
    sentence = treatment.masked()
    part = reader.part(
        sentence.source,
        restore=tuple(_restorations(treatment, sentence)),
        layout=_layout(treatment, sentence),
        treatment=treatment,
        sentence=sentence,
    )
    is_sentence = _is_release(sentence) or _is_caption(treatment, sentence)
    return with_full_stop(part, reader) if is_sentence else part


def _is_caption(treatment: Treatment, sentence: Masked) -> bool:
    """Whether it is several words in brackets: as a label, `door slams` becomes a heap of words."""
    text = sentence.source.text
    return " " in text and text[-1].isalpha() and is_in_brackets(treatment.sent, treatment.given.span)


def _is_release(sentence: Masked) -> bool:
    """Whether it is a label that ends in a version: as one, `Versão 2.3.1` becomes `2.3.1 Version`."""
    text, slots = sentence.source.text, sentence.slots
    ends = slots and text.endswith(slots[-1].stand_in) and text != slots[-1].stand_in
    return bool(ends) and _VERSION.fullmatch(slots[-1].text) is not None and is_label(text)


def _restorations(treatment: Treatment, sentence: Masked) -> Iterator[Restoration]:
    """What is to be undone in the output; most sentences have nothing of it."""
    text, languages = sentence.source.text, treatment.languages
    if is_to_be_latin(languages.asked, languages.target):
        yield InLatinLetters()
    if is_label(text):
        yield from _of_label(text, languages.target)
    if (colon := ends_in_colon(text)) is not None:
        yield colon
    if treatment.capitals is not None:
        yield InCapitals(text, treatment.capitals, languages.target)
    elif treatment.title is not None:
        yield AsTitle(treatment.title, languages.target)
    if (names := given_names(text, languages.source, languages.target)) is not None:
        yield names
    if not is_bare(text):
        yield from _of_signs(text, languages)
    if (runs := mark_runs(sentence.source, treatment.sent, treatment.read)) is not None:
        yield runs
    if (typography := typography_of(sentence.source, treatment.sent, treatment.read)) is not None:
        yield typography
    if sentence.is_changed:
        yield Unmasking(sentence.slots, sentence.folded)
    if (stop := single_stop(treatment.given.text)) is not None:
        yield stop


def _of_signs(text: str, languages: Languages) -> Iterator[Restoration]:
    """Those of figures, and of other signs than the comma, the apostrophe and the mark at the end."""
    if forms := rewritten_numbers(text, languages.source, languages.target):
        yield RewrittenNumbers(forms, languages.target, text)
    if (signs := currency_signs(text)) is not None:
        yield signs
    if not text.isascii() and (raised := raised_letters(text)) is not None:
        yield raised
    if (ordinals := raised_ordinals(text, languages.source, languages.target)) is not None:
        yield ordinals
    signs_of = (doubled_percents, sentence_blanks, tight_notes, sign_blanks, unpaired, nested_quotes)
    yield from (step for of_text in signs_of if (step := of_text(text)) is not None)


def _of_label(text: str, target_lang: str) -> Iterator[Restoration]:
    yield WithoutMark(has_dash=_DASH.search(text) is not None)
    if (alone := without_article(text, target_lang)) is not None:
        yield alone


def _layout(treatment: Treatment, sentence: Masked) -> Layout:
    """What is to be put into the translation: that of the text, and what was taken out of it."""
    layout = treatment.layout
    if sentence.wraps:
        extent = layout.extent or treatment.given.span
        layout = replace(layout.with_wraps(sentence.wraps), extent=extent)
    if layout.is_empty or not (sentence.slots or sentence.wraps):
        return layout
    copied = [slot.source for slot in sentence.slots]
    copied += [span for wrap in sentence.wraps for span in wrap.marks]
    gaps = (gap for gap in layout.gaps if not any(overlap(gap.span, span) for span in copied))
    found = replace(layout, gaps=tuple(gaps))
    if layout.wraps and layout.read is None:  # of Markdown, what is copied has its marks with it
        slots = [slot.source for slot in sentence.slots]
        left = (
            one for one in layout.wraps if one.is_point or not any(_is_within(one.span, s) for s in slots)
        )
        found = replace(found, wraps=tuple(left))
    return found.keeping(slot.text for slot in sentence.slots)


def _is_within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
