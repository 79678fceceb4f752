"""A part of a document on its way through a model, from what is read to what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.fidelity.signs.item_marks import may_lose_names
from crosslate.service.pipeline.fidelity.stand_ins.masking import Masked
from crosslate.service.pipeline.glossary.terms import FoundTerm, Term
from crosslate.service.pipeline.layout.restoring.restoring import NO_LAYOUT, Layout
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.markup.rewrites import Rewrites
from crosslate.service.pipeline.parts.edges import edge_edits
from crosslate.service.pipeline.parts.part_attention import PartAttention
from crosslate.service.pipeline.parts.quotable import Quotable
from crosslate.service.pipeline.parts.treatment import Treatment
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap
from crosslate.service.pipeline.wording.beginnings import is_small_label


class Restoration(Protocol):
    """What was done to a part's text before a model read it, to be undone in what the model wrote."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text to answer, made of `written` by `DerivedText`'s methods so that spans find their way."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the answer for a part stands that is read with text from around it."""

    span: Span
    """In the document: what its answer, and those of its like beside it, stand for."""
    before: str = ""
    """Written before it, behind what stands between parts."""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a document that a model reads in one go."""

    source: DerivedText
    """As the model reads it."""
    ids: list[int]
    """Its tokens, those of an end token and the like included."""
    tokens: TokenizedText | None = None
    """The same with their spans in `text`; None where nobody asked for an alignment."""
    restore: tuple[Restoration, ...] = ()
    """What is done to the output, in this order."""
    layout: Layout = NO_LAYOUT
    """What is put into the output after that."""
    stand_in: str = ""
    """What is answered where the model writes nothing."""
    quotes: Quotable | None = None
    """Where the output is an extract."""
    treatment: Treatment | None = None
    """How it was prepared so that what must survive does, to be prepared in another way."""
    sentence: Masked | None = None
    """What came of that."""
    frame: Frame | None = None

    @property
    def text(self) -> str:
        """What the model reads."""
        return self.source.text

    def rewritten(self, sent: str, rewrites: Rewrites) -> Part:
        """With other words in what its translation has of the sent text beside its own."""
        treatment = self.treatment
        if treatment is not None:
            treatment = replace(treatment, layout=treatment.layout.rewritten(sent, rewrites))
        return replace(self, layout=self.layout.rewritten(sent, rewrites), treatment=treatment)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Those of a glossary in it."""
        return () if self.treatment is None else self.treatment.terms

    @property
    def emphasized(self) -> tuple[Span, ...]:
        """In the document: words in capitals amid others, read in small letters."""
        return () if self.treatment is None else self.treatment.emphasized

    @property
    def beginning(self) -> str:
        """What its translation begins like: the sentence; nothing where it is a further piece of one."""
        treatment = self.treatment
        if treatment is None or not treatment.is_beginning or any(one.forms.is_exact for one in self.terms):
            return ""
        return treatment.given.text

    @property
    def needs_links(self) -> bool:
        """Whether it takes the alignment with its translation to make the answer."""
        return self.layout.needs_links or bool(self.terms or self.emphasized)

    @property
    def comes_whole(self) -> bool:
        """Whether nothing of its answer is certain before the model has written all of it.

        So it is where something is put back, where figures are compared, and where terms are looked for.
        """
        is_compared = any(map(str.isdigit, self.text)) or may_lose_names(self.text)
        is_changed = bool(self.restore) or (self.sentence is not None and is_compared)
        return is_changed or self.needs_links or not self.layout.is_empty or is_small_label(self.beginning)

    @property
    def place(self) -> Span:
        """What its answer stands in the place of, in the document."""
        return self.span if self.frame is None else self.frame.span

    @property
    def span(self) -> Span:
        """In the document, in code points; with the marks around words at its ends."""
        return self.layout.extent or self.source.span


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOutput:
    """A part and what a model made of it."""

    part: Part
    hypothesis: Hypothesis
    decoded: str
    """As the model wrote it, without blanks at its ends."""
    tokens: TokenizedText | None
    """With their spans in `decoded`; None where nobody asked for an alignment."""
    answer: DerivedText
    """As it is answered; it leads to `decoded`."""
    verdicts: tuple[Verdict, ...] = ()
    """On outputs that were found fault with."""
    terms: tuple[FoundTerm, ...] = ()
    """What became of the part's."""
    guessed: tuple[Span, ...] = ()
    """Marks of the document whose places in the answer are guessed."""
    others: tuple[PartOutput, ...] = ()
    """Further outputs, the better ones first, where they were asked for."""

    @property
    def text(self) -> str:
        """As it is answered."""
        return self.answer.text

    @property
    def num_tokens(self) -> int:
        """Generated, the end token included."""
        return len(self.hypothesis.token_ids)

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether the output is whole."""
        return "length" if self.hypothesis.finish_reason is FinishReason.LENGTH else "stop"

    @property
    def is_stand_in(self) -> bool:
        """Whether the model wrote nothing."""
        return not self.decoded and bool(self.text)

    def places(self, place: OriginMap) -> OriginMap:
        """From `decoded` to the text that `place` leads to, where `place` is of `answer`."""
        if self.decoded == self.text:
            return place
        return self.answer.origin.inverted(len(self.decoded)).then(place)


@dataclass(frozen=True, slots=True)
class Reader:
    """How a model reads and writes the texts of one pair of languages.

    Args:
        tokenizer: the model's.
        source_lang: as the model names it; None for models of one language.
        target_lang: likewise.
        with_spans: whether tokens have their spans, which takes longer.
        alignment: where in the model's attention the alignment is; needed for parts whose layout needs links.
    """

    tokenizer: Tokenizer
    source_lang: str | None = None
    target_lang: str | None = None
    with_spans: bool = False
    alignment: AlignmentConfig | None = None

    def encode(self, text: str) -> list[int]:
        """The tokens of a text to be read."""
        return self.tokenizer.encode_source(text, self.source_lang, self.target_lang)

    def num_tokens(self, text: str) -> int:
        """How many there are."""
        return len(self.encode(text))

    def num_target_tokens(self, text: str) -> int:
        """How many there are in a text that it might write."""
        return len(self.tokenizer.tokenize_target(text, self.target_lang).ids)

    def tokenize(self, text: str) -> TokenizedText:
        """The same with their spans."""
        return self.tokenizer.tokenize_source(text, self.source_lang, self.target_lang)

    def part(
        self,
        source: DerivedText,
        *,
        restore: tuple[Restoration, ...] = (),
        layout: Layout = NO_LAYOUT,
        stand_in: str = "",
        treatment: Treatment | None = None,
        sentence: Masked | None = None,
    ) -> Part:
        """A text as a part."""
        has_words = treatment is not None and bool(treatment.terms or treatment.emphasized)
        needs_spans = self.with_spans or layout.needs_links or has_words
        tokens = self.tokenize(source.text) if needs_spans else None
        ids = self.encode(source.text) if tokens is None else tokens.ids
        return Part(
            source=source,
            ids=ids,
            tokens=tokens,
            restore=restore,
            layout=layout,
            stand_in=stand_in,
            treatment=treatment,
            sentence=sentence,
        )

    def output(self, part: Part, hypothesis: Hypothesis) -> PartOutput:
        """What was written for a part, as it is answered."""
        tokens = None
        if part.quotes is not None and hypothesis.copied_from is not None:
            tokens = part.quotes.written(hypothesis.copied_from, len(hypothesis.token_ids))
        elif part.tokens is not None:
            # An output goes into a text without the blanks at its ends.
            tokens = self.tokenizer.detokenize(hypothesis.token_ids)
            tokens = tokens.without_prefix(len(tokens.text) - len(tokens.text.lstrip()))
        written = self.tokenizer.decode(hypothesis.token_ids) if tokens is None else tokens.text
        terms: tuple[FoundTerm, ...] = ()
        if part.terms:
            terms = self._attention(part, tokens, hypothesis).terms(part.terms, part.source)
        return self._answered(part, hypothesis, written.strip(), tokens, terms)

    def answered_as(self, part: Part, output: PartOutput) -> PartOutput:
        """The same tokens as what was written for another part of the same source."""
        return self._answered(part, output.hypothesis, output.decoded, output.tokens, output.terms)

    def _answered(
        self,
        part: Part,
        hypothesis: Hypothesis,
        decoded: str,
        tokens: TokenizedText | None,
        terms: tuple[FoundTerm, ...],
    ) -> PartOutput:
        answer = DerivedText.of(decoded)
        for step in part.restore:
            answer = step.restored(answer)
        lang, count_tokens = self.target_lang or "", self.num_target_tokens
        answer = answer.edited(edge_edits(answer.text, part.treatment, part.beginning, lang, count_tokens))
        if part.emphasized and decoded:
            attention = self._attention(part, tokens, hypothesis)
            answer = attention.raised(answer, part.source, part.emphasized, lang)
        if not decoded and part.stand_in:
            answer = answer.edited([((0, 0), part.stand_in)])
        guessed: list[Span] = []
        if not part.layout.is_empty:
            links, words = list[Link](), None
            if part.layout.needs_links:
                links, words = self._attention(part, tokens, hypothesis).links_to(answer)
            answer, guessed = part.layout.restored(answer, part.source, links, words)
        return PartOutput(
            part=part,
            hypothesis=hypothesis,
            decoded=decoded,
            tokens=tokens,
            answer=answer,
            terms=terms,
            guessed=tuple(guessed),
        )

    def _attention(self, part: Part, tokens: TokenizedText | None, hypothesis: Hypothesis) -> PartAttention:
        return PartAttention.of(part.tokens, tokens, hypothesis.attention, self.alignment)

    def knows(self, parts: Sequence[Part]) -> bool:
        """Whether the vocabulary has all that they are made of."""
        unknown = self.tokenizer.unknown_token_id
        return unknown is None or not any(unknown in part.ids for part in parts)
