"""How a model in this process reads pairs of texts: its whole cross-attention between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from crosslate.models.engine.request import AlignmentRequest, AttentionSelection
from crosslate.models.tokenizer import Span, TokenizedText
from crosslate.service.calibration.anchors import find_anchors
from crosslate.service.calibration.candidates import Reading
from crosslate.service.pipeline.catalog import Selection
from crosslate.service.pipeline.engine_calls import EngineCalls
from crosslate.service.pipeline.origin import DerivedText
from crosslate.service.pipeline.prepare import prepare
from crosslate.service.pipeline.words import segment_words

MAX_TOKENS = 256
"""On either side: every layer's and head's map of a longer pair would be large, and says no more."""
_EVERYTHING = AttentionSelection(row="output")


@dataclass(frozen=True, slots=True)
class WholePair:
    """A source and its translation, as they are given; alignments are of their words."""

    source: str
    target: str

    @property
    def turned(self) -> WholePair:
        """For the model of the opposite direction."""
        return WholePair(self.target, self.source)


@dataclass(frozen=True, slots=True)
class _Side:
    """One text of a pair, as a model's tokenizer reads it."""

    text: str
    words: Sequence[Span]
    ids: list[int]
    spans: Sequence[Span | None]

    @classmethod
    def of(cls, text: DerivedText, whole: str, tokens: TokenizedText) -> _Side:
        return cls(whole, segment_words(whole), tokens.ids, text.origin.spans(tokens.spans))


@dataclass(frozen=True, slots=True)
class ReadablePair:
    """A pair in the tokens of the model that is to read it."""

    source: _Side
    target: _Side

    @classmethod
    def of(cls, pair: WholePair, selection: Selection) -> ReadablePair | None:
        """None where it is too long, or one of its texts has no words."""
        model, lang, target_lang = selection.model, selection.source_lang, selection.target_lang
        source, target = (
            prepare(DerivedText.of(text), model.substitutes) for text in (pair.source, pair.target)
        )
        read = model.tokenizer.tokenize_source(source.text, lang, target_lang)
        written = model.tokenizer.tokenize_target(target.text, target_lang)
        sides = _Side.of(source, pair.source, read), _Side.of(target, pair.target, written)
        fits = len(read.ids) <= min(MAX_TOKENS, model.max_source_tokens)
        # One more is read than the target has, see `read`.
        fits &= len(written.ids) < min(MAX_TOKENS, model.max_target_tokens)
        return cls(*sides) if fits and all(side.words for side in sides) else None

    async def read(self, selection: Selection, calls: EngineCalls) -> Reading:
        """Raises `ServiceError`: the model fails."""
        # The last token comes twice: so there is a row that reads it. No other row sees that one.
        asked = partial(
            AlignmentRequest,
            source_ids=self.source.ids,
            target_ids=[*self.target.ids, self.target.ids[-1]],
            attention=_EVERYTHING,
        )
        source, target = self.source, self.target
        return Reading.of(
            await calls.align(selection.model.engine, asked),
            source=(source.words, source.spans),
            target=(target.words, target.spans),
            anchors=find_anchors(source.text, source.words, target.text, target.words),
        )
