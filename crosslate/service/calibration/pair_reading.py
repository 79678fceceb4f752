"""How a model in this process reads pairs of texts: its whole cross-attention between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from crosslate.models.alignment.alignment import row_normalised
from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, AttentionSelection
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.calibration.anchors import find_anchors
from crosslate.service.calibration.candidates import Reading
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.words import segment_words

MAX_TOKENS = 256
"""On either side: every layer's and head's map of a longer pair would be large, and says no more."""
_EVERYTHING = AttentionSelection(row="output")
SCALES = (10.0, 20.0, 40.0)
"""By which the encoder's cosines may be multiplied, see `AlignmentRequest`."""


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
        """None where it is too long, or one of its texts has no words.

        A selection by encoder has both texts read as sources.
        """
        model, lang, target_lang = selection.model, selection.source_lang, selection.target_lang
        source, target = (
            prepare(DerivedText.of(text), model.substitutes) for text in (pair.source, pair.target)
        )
        read = model.tokenizer.tokenize_source(source.text, lang, target_lang)
        if selection.by_encoder:
            written = model.tokenizer.tokenize_source(target.text, target_lang, lang)
        else:
            written = model.tokenizer.tokenize_target(target.text, target_lang)
        sides = _Side.of(source, pair.source, read), _Side.of(target, pair.target, written)
        fits = len(read.ids) <= min(MAX_TOKENS, model.max_source_tokens)
        # One more is read than the target has, see `read`.
        longest = model.max_source_tokens if selection.by_encoder else model.max_target_tokens
        fits &= len(written.ids) < min(MAX_TOKENS, longest)
        return cls(*sides) if fits and all(side.words for side in sides) else None

    async def read(self, selection: Selection, calls: EngineCalls) -> Reading:
        """Raises `ServiceError`: the model fails."""
        if selection.by_encoder:
            return self._reading(await self._similarities(selection, calls))
        # The last token comes twice: so there is a row that reads it. No other row sees that one.
        asked = partial(
            AlignmentRequest,
            source_ids=self.source.ids,
            target_ids=[*self.target.ids, self.target.ids[-1]],
            attention=_EVERYTHING,
        )
        return self._reading(await calls.align(selection.model.engine, asked))

    async def _similarities(self, selection: Selection, calls: EngineCalls) -> FloatArray:
        """As if each scale were a layer of one head: `(L, 1, T + 1, S)`."""
        asked = partial(
            AlignmentRequest, source_ids=self.source.ids, target_ids=self.target.ids, encoder_scale=1.0
        )
        weights = await calls.align(selection.model.engine, asked)
        # What is a softmax of cosines to some power is that of as many times the cosines.
        scaled = np.stack([row_normalised(weights**scale) for scale in SCALES])[:, None]
        # They have no row of a token that is read, which the last one would want.
        return np.concatenate([scaled, scaled[:, :, -1:]], axis=2)

    def _reading(self, attention: FloatArray) -> Reading:
        source, target = self.source, self.target
        return Reading.of(
            attention,
            source=(source.words, source.spans),
            target=(target.words, target.spans),
            anchors=find_anchors(source.text, source.words, target.text, target.words),
        )
