"""Tokens that end sentences and begin words, in the vocabularies of the three kinds of tokenizers."""

from __future__ import annotations

import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from crosslate.models.engine.request import SentenceStop
from crosslate.models.loading import load_model
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer
from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.service.pipeline.summarization.reading.sentence_marks import sentence_marks

TEXT = 'It is 3.5 km. Is it? "Yes, it is." Go on!'
SEEN = [TEXT, "Yes, he said. It is 3.5 km to go!", 'Is it so? "It is."'] * 3


def hub_tokenizer() -> HubTokenizer:
    backend = tokenizers.Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.train_from_iterator(
        SEEN,
        trainers.BpeTrainer(vocab_size=330, special_tokens=["<s>", "<pad>", "</s>"], show_progress=False),
    )
    return HubTokenizer(backend, {"eos_token": "</s>", "pad_token": "<pad>"})


@pytest.fixture(scope="module", params=["bytes", "sentencepiece", "byte-level BPE"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    if request.param == "bytes":
        return ByteTokenizer()
    if request.param == "sentencepiece":
        return load_model("starter/summarize-en").tokenizer
    return hub_tokenizer()


def test_sentences_end_where_a_marked_token_comes_before_one_that_begins_a_word(tokenizer: Tokenizer) -> None:
    ids = [token for token in tokenizer.tokenize_target(TEXT).ids if tokenizer.decode([token]) or token > 2]
    stop = SentenceStop(1, sentence_marks(tokenizer, max(ids) + 5))
    ends = [i for i in range(1, len(ids)) if stop.is_over(i, ids[i - 1], ids[i])]
    written = [tokenizer.decode(ids[:i]) for i in ends]
    expected = ["It is 3.5 km.", "It is 3.5 km. Is it?", 'It is 3.5 km. Is it? "Yes, it is."']
    # Of bytes a mark behind a full stop is a token of its own.
    assert written == (expected[:2] if isinstance(tokenizer, ByteTokenizer) else expected)
