"""Every function that reads a text takes time in proportion to its length, whatever the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HubBackend
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from crosslate.models.checkpoints.model_files import find_model
from crosslate.models.language.graphemes import boundaries
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.service.pipeline.degeneration.faults import is_copy, is_loop
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.parts.part import Reader
from crosslate.service.pipeline.sentences.joining import joint
from crosslate.service.pipeline.sentences.splitting import (
    core_span,
    sentence_spans,
    split_overlong,
    split_text,
)
from crosslate.service.pipeline.summarization.reading.chunking import cut_into_chunks
from crosslate.service.pipeline.summarization.reading.sentences import is_finished, read_prose, read_sentences
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.surrogates import check_unicode
from crosslate.service.pipeline.text.words import segment_words
from tests.growth import assert_linear


@dataclass(frozen=True)
class Shape:
    """A text of any length: two stretches of something repeated, with something before, between and after."""

    before: str
    first: str
    between: str
    second: str
    after: str

    def __call__(self, length: int) -> str:
        half = length // 2
        stretches = [unit * (half // max(len(unit), 1)) for unit in (self.first, self.second)]
        return f"{self.before}{stretches[0]}{self.between}{stretches[1]}{self.after}"


UNITS = st.text(
    st.sampled_from("ab .,!?-'\"()[]“”「」。，中😀🇵\u0301\u200d\u200b\n\t#>*•`1"), min_size=1, max_size=4
)
EDGES = st.text(st.sampled_from("ab(.“ \n😀"), max_size=2)
SHAPES = st.builds(Shape, EDGES, UNITS, EDGES, UNITS, EDGES)

AS_FOUND = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)]
"""A shape is small already; to make one smaller that takes a minute takes many."""

BLANKS = Shape("(a", " ", "", " ", "b")
ABBREVIATIONS = Shape("", "a.", "", ".", "")
BLANKS_BEHIND_A_WORD = Shape("(.", ">", "", "\n", "")


def sentencepiece_tokenizer() -> SentencePieceTokenizer:
    (model,) = find_model("starter/summarize-en").glob("*.spm")
    return SentencePieceTokenizer(model)


def byte_level_tokenizer() -> HubTokenizer:
    alphabet = sorted(ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(["</s>", *alphabet, "ab", "aa"])}
    backend = HubBackend(BPE(vocabulary, [("a", "b"), ("a", "a")]))
    backend.pre_tokenizer = ByteLevel(add_prefix_space=False)
    backend.decoder = ByteLevelDecoder()
    return HubTokenizer(backend, {})


DETECTOR = LanguageDetector(["en", "pt"])
TOKENIZERS = (sentencepiece_tokenizer(), byte_level_tokenizer(), ByteTokenizer())


def with_every_tokenizer(text: str) -> None:
    for tokenizer in TOKENIZERS:
        tokenizer.detokenize(tokenizer.tokenize_source(text).ids)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "graphemes": boundaries,
    "sentences": lambda text: list(sentence_spans(text, "en")),
    "split": lambda text: split_text(text, "zh"),
    "lines": lambda text: split_text(text, "en", split_sentences=False),
    "core": lambda text: core_span(text, 0, len(text)),
    "overlong": lambda text: split_overlong(text, TOKENIZERS[0].tokenize_source, 64),
    "words": segment_words,
    "prepare": lambda text: prepare(DerivedText.of(text), {ord("“"): '"'}),
    "unicode": lambda text: check_unicode(text, "text"),
    "offsets": lambda text: [OffsetConverter(text, unit) for unit in ("utf8", "utf16")],
    "joining": lambda text: joint("", before=text, after=text, written=text, lang="en"),
    "prose": lambda text: read_prose(text, "en", {}),
    "finished": is_finished,
    "chunks": lambda text: cut_into_chunks(read_sentences(text, "en", {}), Reader(TOKENIZERS[0]), 200),
    "copies": lambda text: is_copy(text, text),
    "loops": lambda text: is_loop([*map(ord, text)], lambda ids: "a", [1, 2, 3], text),
    "detection": lambda text: (DETECTOR.read(text), DETECTOR.contradiction(text, "pt")),
    "tokenizers": with_every_tokenizer,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(shape=SHAPES)
@example(shape=BLANKS)
@example(shape=ABBREVIATIONS)
@example(shape=BLANKS_BEHIND_A_WORD)
@example(shape=Shape("", "你好。", "", "「a。", ""))
@example(shape=Shape("", "“a. ", "", "🇵", ""))
@example(shape=Shape("", "。\u200d", "", "!\u0301", ""))
@example(shape=Shape("a ", "\u200d", ".😀", "[]", ""))
@example(shape=Shape("", "a\n", "", "> - \n", ""))
@example(shape=Shape("", "```\n", "", "- a ", ""))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=AS_FOUND)
def test_time_is_in_proportion_to_length(name: str, shape: Shape) -> None:
    assert_linear(FUNCTIONS[name], shape)
