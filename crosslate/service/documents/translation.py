"""From a document's segments to their translations: in batches, each text once, what is done kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from crosslate.service.documents.document import Document, Segment, SegmentFormat
from crosslate.service.documents.inline import plain_text
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.markup.attributes import USUAL_ATTRIBUTES
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupOptions
from crosslate.service.pipeline.types import UNLIMITED, Allowance, TranslationRequest, TranslationResult

_MARKUP = {
    "html": MarkupOptions(attributes=USUAL_ATTRIBUTES),
    # The tags of `crosslate.service.documents.inline` stand within paragraphs.
    "xml": MarkupOptions(non_splitting=frozenset({"g", "x"}), codes=frozenset(), finds_outline=False),
}
_BATCH_SEGMENTS = 32
_BATCH_CHARACTERS = 4096
_SAMPLE_CHARACTERS = 4096
_OF_THE_REQUEST = frozenset({"invalid_parameters", "invalid_pattern", "malformed_request"})
"""Codes of 413 and 422 that are not about the text."""


class TextTranslator(Protocol):
    """What is needed of the pipeline. Its methods raise `ServiceError`s."""

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        """Several texts, whole."""
        ...

    async def detect(self, text: str) -> Detection:
        """The language of one text."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentNotice:
    """One thing that the reader of a translated document should know."""

    code: str
    message: str
    place: str | None = None
    """Where in the document; None where it is about all of it."""


@dataclass(frozen=True, slots=True)
class TermCount:
    """How often a glossary's terms stand in a text, and how often they are translated as it has them."""

    found: int = 0
    enforced: int = 0

    def __add__(self, other: TermCount) -> TermCount:
        return TermCount(self.found + other.found, self.enforced + other.enforced)


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """The translation of one segment."""

    text: str
    notices: tuple[DocumentNotice, ...] = ()
    terms: TermCount = TermCount()


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """What is to be said of a translated document."""

    notices: Sequence[DocumentNotice] = ()
    terms: TermCount | None = None
    """None without a glossary."""
    detected: str | None = None
    """The document's language, where it was to be found and was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a whole document."""

    texts: Sequence[str]
    """The translations of its segments, in order."""
    report: DocumentReport


_Asked = tuple[str, SegmentFormat]
"""What is asked for: a text and its format, wherever in the document it stands."""
_SAME = DocumentNotice(
    "already_in_target_language", "the document is in the target language already: it comes back as it is"
)
Keep = Callable[[Mapping[int, TranslatedSegment]], Awaitable[None]]
"""Told what has been finished, by the numbers of segments, batch by batch."""


class DocumentTranslation:
    """One document on its way.

    Args:
        segments: of the document, in order.
        request: what is wanted of every text; its own text and format do not matter.
        translator: that is asked.
        allowance: what each batch may take.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        request: TranslationRequest,
        translator: TextTranslator,
        allowance: Allowance = UNLIMITED,
    ) -> None:
        self._segments = segments
        self._request = request
        self._translator = translator
        self._allowance = allowance

    async def run(self, keep: Keep, done: Mapping[int, TranslatedSegment] | None = None) -> Outcome:
        """Every segment's translation.

        Args:
            keep: told of every batch, before the next one.
            done: what need not be done again.

        Raises:
            ServiceError: what no segment can be translated with, or not now.
        """
        finished = dict(done or {})
        detected = await self._detected()
        if detected is not None and base_language(detected) == base_language(self._request.target_lang):
            same = [TranslatedSegment(segment.text) for segment in self._segments]
            return self._outcome(same, [_SAME], detected)
        # That its lines need not be told by themselves.
        request = replace(self._request, source_lang=detected or self._request.source_lang)
        known = {_asked(self._segments[i]): one for i, one in finished.items()}
        for batch in self._batches(finished):
            await self._translate(batch, request, known)
            new = {i: _placed(known[_asked(segment)], segment) for i, segment in batch}
            finished |= new
            await keep(new)
        return self._outcome([finished[i] for i in range(len(self._segments))], [], detected)

    def _outcome(
        self, finished: Sequence[TranslatedSegment], notices: Sequence[DocumentNotice], detected: str | None
    ) -> Outcome:
        terms = sum((one.terms for one in finished), TermCount()) if self._request.glossary else None
        told = [*notices, *(notice for one in finished for notice in one.notices)]
        return Outcome([one.text for one in finished], DocumentReport(told, terms, detected))

    async def _detected(self) -> str | None:
        """The document's language; None where the request names it, or nothing tells it."""
        if self._request.source_lang is not None:
            return None
        sample = ""
        for segment in self._segments:
            sample += _words(segment) + "\n"
            if len(sample) > _SAMPLE_CHARACTERS:
                break
        found = await self._translator.detect(sample)
        return found.lang if found.confidence > 0 else None

    def _batches(self, finished: Mapping[int, TranslatedSegment]) -> Iterator[list[tuple[int, Segment]]]:
        batch: list[tuple[int, Segment]] = []
        size = 0
        for i, segment in enumerate(self._segments):
            if i in finished:
                continue
            if batch and (len(batch) == _BATCH_SEGMENTS or size + len(segment.text) > _BATCH_CHARACTERS):
                yield batch
                batch, size = [], 0
            batch.append((i, segment))
            size += len(segment.text)
        if batch:
            yield batch

    async def _translate(
        self,
        batch: Sequence[tuple[int, Segment]],
        request: TranslationRequest,
        known: dict[_Asked, TranslatedSegment],
    ) -> None:
        """Add a batch's translations to those that are known; each text is asked for once."""
        new = list(dict.fromkeys(asked for _, segment in batch if (asked := _asked(segment)) not in known))
        if not new:
            return
        requests = [
            replace(
                request,
                text=text,
                text_format=text_format,
                markup=_MARKUP.get(text_format, NO_OPTIONS),
            )
            for text, text_format in new
        ]
        try:
            results = await self._translator.translate_all(requests, self._allowance)
        except ServiceError as error:
            if not _is_about_the_text(error):
                raise
            if len(new) > 1:
                for item in batch:
                    await self._translate([item], request, known)
                return
            # One paragraph that cannot be translated is no reason to do without the others.
            notice = DocumentNotice("not_translated", f"left as it is: {error.detail}")
            known[new[0]] = TranslatedSegment(new[0][0], (notice,))
            return
        for asked, result in zip(new, results, strict=True):
            notices = tuple(DocumentNotice(one.code, one.message) for one in result.warnings)
            terms = result.terms or ()
            count = TermCount(len(terms), sum(term.enforced for term in terms))
            known[asked] = TranslatedSegment(result.text, notices, count)


def full_report(document: Document, report: DocumentReport) -> DocumentReport:
    """A report with what was found when its document was read, which comes first."""
    found = (DocumentNotice("document", message) for message in document.notices)
    return replace(report, notices=[*found, *report.notices])


def _asked(segment: Segment) -> _Asked:
    return segment.text, segment.format


def _is_about_the_text(error: ServiceError) -> bool:
    return error.status in {413, 422} and error.code not in _OF_THE_REQUEST


def _placed(finished: TranslatedSegment, segment: Segment) -> TranslatedSegment:
    """With its notices at this segment's place: another one may have the same text."""
    if not finished.notices:
        return finished
    place = segment.place or None
    return replace(finished, notices=tuple(replace(notice, place=place) for notice in finished.notices))


def _words(segment: Segment) -> str:
    return plain_text(segment.text) if segment.format == "xml" else segment.text
