"""A model that gives back what it reads, or words of it by a dictionary, to see what a pipeline does."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from crosslate.models.tokenizers.tokenizer import Span, TokenizedText
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from tests.service.pipeline.fakes import EOS, FakeEngine, FakeTokenizer, served_model
from tests.service.pipeline.helpers import FixedDetector

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff"
_PIECE = re.compile(rf"\s*(?:[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+|[^\w\s])")


class EchoTokenizer(FakeTokenizer):
    """Tokens have the blanks before them, so that they make the text again; scripts without any, letters."""

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        pieces = [self._pieces[i] for i in token_ids]
        text = "".join(piece for i, piece in zip(token_ids, pieces, strict=True) if i != EOS)
        spans: list[Span | None] = []
        at = 0
        for i, piece in zip(token_ids, pieces, strict=True):
            spans.append(None if i == EOS else (at + len(piece) - len(piece.lstrip()), at + len(piece)))
            at += len(piece) if i != EOS else 0
        return TokenizedText(text, list(token_ids), pieces, spans)

    def _tokenize(self, text: str) -> TokenizedText:
        matches = list(_PIECE.finditer(text))
        pieces = [match.group() for match in matches]
        spans: list[Span | None] = [(m.end() - len(m.group().lstrip()), m.end()) for m in matches]
        return TokenizedText(text, [*map(self.token_id, pieces), EOS], [*pieces, "</s>"], [*spans, None])


@dataclasses.dataclass
class Echo:
    """Of one pair of languages, with what the model read."""

    source_lang: str
    target_lang: str
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    max_source_tokens: int = 200
    has_guard: bool = False
    read: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokenizer = EchoTokenizer()
        model = served_model(
            pairs=((self.source_lang, self.target_lang),),
            engine=FakeEngine(self._answer),
            max_source_tokens=self.max_source_tokens,
        )
        self.model: ServedModel = dataclasses.replace(model, tokenizer=self._tokenizer)
        catalog = ModelCatalog([self.model])
        self._translator = Translator(catalog, FixedDetector(), has_guard=self.has_guard)

    async def translate(self, text: str, **changes: object) -> TranslationResult:
        """What comes of a text."""
        fields = {"text": text, "source_lang": self.source_lang, "target_lang": self.target_lang, **changes}
        return await self._translator.translate(TranslationRequest(**fields))  # type: ignore[arg-type]

    def _answer(self, ids: list[int]) -> list[int]:
        text = self._tokenizer.decode(ids)
        self.read.append(text)
        for old, new in self.words.items():
            text = text.replace(old, new)
        return self._tokenizer.encode_source(text)
