"""Whole checkpoints of several families behind the summarizer: what it asks the engine for is what counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import torch

from crosslate.models.engine.request import GenerationParams, SentenceStop
from crosslate.service.loading.loading import LocalModel, load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.summarization.reduction.mending import ends_a_sentence
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import ChunkEvent
from crosslate.service.pipeline.types import DoneEvent, TokenEvent
from crosslate.service.settings.config import ModelSettings
from tests.models.conftest import SENTENCES
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.cases import LONG_INPUTS, T5_LIKE
from tests.models.families.parity import Case, Checkpoint, build_checkpoint, global_attention
from tests.service.pipeline.summarization.helpers import request

LONG_WINDOW = {"max_encoder_position_embeddings": 1024}
LED = dataclasses.replace(LONG_INPUTS[0], settings=LONG_INPUTS[0].settings | LONG_WINDOW)
BART, PEGASUS, T5, LONG_T5 = BART_LIKE[0], BART_LIKE[3], T5_LIKE[0], LONG_INPUTS[3]
SHORT_TEXT = "\n\n".join(SENTENCES[3:6])
LONG_TEXT = "\n\n".join(SENTENCES)


@dataclasses.dataclass(frozen=True)
class Loaded:
    checkpoint: Checkpoint
    local: LocalModel
    summarizer: Summarizer


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    case: Case = request.param
    checkpoint = build_checkpoint(case, tmp_path_factory.mktemp(case.name))
    local = load_local_model(
        ModelSettings(
            id="tiny",
            path=str(checkpoint.folder),
            task="summarization",
            num_engines=1,
            dtype="float32",
        )
    )
    yield Loaded(checkpoint, local, Summarizer(ModelCatalog([local.served])))
    local.engine.close()


@pytest.mark.parametrize("loaded", [BART, PEGASUS, T5, LED, LONG_T5], ids=str, indirect=True, scope="module")
class TestWindow:
    @pytest.mark.parametrize("num_beams", [1, 4])
    async def test_auto_is_what_transformers_generates(self, loaded: Loaded, num_beams: int) -> None:
        params = GenerationParams(num_beams=num_beams)
        # Without room to end a sentence, which `generate` does not give.
        served = dataclasses.replace(loaded.local.served, sentence_marks=b"")
        result = await Summarizer(ModelCatalog([served])).summarize(request(SHORT_TEXT, params=params))
        tokenizer = loaded.local.served.tokenizer
        ids = torch.tensor([tokenizer.encode_source(SHORT_TEXT.replace("\n\n", ". ") + ".")])
        with torch.inference_mode():
            (row,) = loaded.checkpoint.reference.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                num_beams=num_beams,
                **global_attention(loaded.checkpoint, ids),
            )
        assert result.text == tokenizer.decode(row.tolist()[1:]).strip()
        assert len(result.chunks) == 1
        assert result.num_prompt_tokens == ids.shape[1]


@pytest.mark.parametrize("loaded", [LED, LONG_T5, T5], ids=str, indirect=True, scope="module")
async def test_long_windows_take_long_texts_whole(loaded: Loaded) -> None:
    text = "\n\n".join([LONG_TEXT] * 2)
    result = await loaded.summarizer.summarize(request(text, alignment="sentences"))
    (chunk,) = result.chunks
    assert chunk.source == (0, len(text))
    assert result.alignment is not None
    assert all(0.9 < sum(s.mass for s in sentence.sources) <= 1 for sentence in result.alignment.sentences)


@pytest.mark.parametrize("loaded", [BART], ids=str, indirect=True, scope="module")
@pytest.mark.parametrize(
    "params", [GenerationParams(), GenerationParams(num_beams=3)], ids=["greedy", "beams"]
)
async def test_texts_beyond_the_window_are_reduced(loaded: Loaded, params: GenerationParams) -> None:
    asked = request(LONG_TEXT, params=params, alignment="matrix")
    plain = await loaded.summarizer.summarize(asked)
    assert sum(chunk.level == 0 for chunk in plain.chunks) > 2
    assert plain.alignment is not None
    assert plain.alignment.words is not None
    events = [event async for event in loaded.summarizer.stream(asked)]
    streamed = "".join(event.text for event in events if isinstance(event, TokenEvent | ChunkEvent))
    assert streamed == plain.text
    last = events[-1]
    assert isinstance(last, DoneEvent)
    told = [(chunk.level, chunk.source, chunk.text) for chunk in last.result.chunks]
    assert told == [(chunk.level, chunk.source, chunk.text) for chunk in plain.chunks]


@pytest.mark.parametrize("loaded", [BART], ids=str, indirect=True, scope="module")
async def test_sampling_streams_what_its_seed_gives(loaded: Loaded) -> None:
    asked = request(SHORT_TEXT, params=GenerationParams(do_sample=True, seed=3, temperature=1.5))
    # What has been streamed is not tried again.
    summarizer = Summarizer(ModelCatalog([loaded.local.served]), has_guard=False)
    plain = await summarizer.summarize(asked)
    events = [event async for event in summarizer.stream(asked)]
    assert "".join(e.text for e in events if isinstance(e, TokenEvent | ChunkEvent)) == plain.text


@pytest.mark.parametrize("loaded", [BART], ids=str, indirect=True, scope="module")
@pytest.mark.parametrize(
    "params",
    [GenerationParams(), GenerationParams(num_beams=3), GenerationParams(do_sample=True, seed=5)],
    ids=["greedy", "beams", "samples"],
)
async def test_a_network_ends_its_sentence_or_says_that_it_could_not(
    loaded: Loaded, params: GenerationParams
) -> None:
    """Its words are random; so any may end a sentence for the engine, and some do for who reads."""
    served = loaded.local.served
    assert any(mark & SentenceStop.BEGINS_WORD for mark in served.sentence_marks)
    everywhere = bytes(3 for _ in served.sentence_marks)
    for marks in (served.sentence_marks, everywhere):
        model = dataclasses.replace(
            served, sentence_marks=marks, default_params=GenerationParams(max_new_tokens=24)
        )
        summarizer = Summarizer(ModelCatalog([model]), has_guard=False)
        asked = request(SHORT_TEXT, params=params, alignment="links")
        plain = await summarizer.summarize(asked)
        cut = any(warning.code == "truncated" for warning in plain.warnings)
        assert cut or ends_a_sentence(plain.text, "en") or plain.finish_reason == "stop"
        assert plain.num_generation_tokens <= 36
        assert marks is served.sentence_marks or plain.num_generation_tokens == 24
        events = [event async for event in summarizer.stream(asked)]
        assert "".join(e.text for e in events if isinstance(e, TokenEvent | ChunkEvent)) == plain.text
