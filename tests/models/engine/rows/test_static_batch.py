"""The static batch against the ordinary engine: same tokens, whatever comes, ends and is cancelled."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crosslate.models.engine.engine import Engine, TokensEvent
from crosslate.models.engine.request import (
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    SentenceStop,
)
from crosslate.models.engine.rows.cuda_graphs import Eager, StepShape
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.engine.integrity import check_integrity
from tests.models.engine.rows.static_engines import static_batch, static_engine, traced_engine
from tests.models.families.bart_cases import BART_LIKE, BESIDE_BART, PROPHET_NET
from tests.models.families.cases import EXPERTS, LONG_INPUTS, T5_LIKE
from tests.models.families.encoder_decoder_cases import ENCODER_DECODERS
from tests.models.families.parity import Case, Checkpoint, build_checkpoint
from tests.models.marian_files import make_student, write_student, write_vocabulary

PLAIN = GenerationParams(no_repeat_ngram_size=0, max_new_tokens=20)
"""The checkpoints' own settings ask for n-gram rules, which the static batch leaves to the host."""
EVERY_DECODER = (*BART_LIKE, *BESIDE_BART, PROPHET_NET, *T5_LIKE, LONG_INPUTS[0], *ENCODER_DECODERS)
"""The other families for long inputs have one of these."""
BY_HOST = GenerationParams(max_new_tokens=12)


@pytest.fixture(scope="module")
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return build_checkpoint(request.param, tmp_path_factory.mktemp(request.param.name))


@pytest.fixture(scope="module", params=["rnn", "self-attention"])
def student(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """With recurrent layers, and starting from a zero vector."""
    folder = tmp_path_factory.mktemp("student")
    vocab_size = write_vocabulary(folder / "vocab.enpt.spm")
    write_student(
        folder / "model.enpt.bin", make_student(vocab_size, transformer_decoder_autoreg=request.param)
    )
    return load_model(str(folder), dtype="float32")


def varied_params(vocab_size: int) -> list[GenerationParams]:
    """All that the device follows by itself."""
    return [
        PLAIN,
        dataclasses.replace(PLAIN, max_new_tokens=1),
        dataclasses.replace(PLAIN, min_new_tokens=6, max_new_tokens=9),
        dataclasses.replace(PLAIN, forced_bos_token_id=vocab_size - 3, bad_words_ids=()),
        dataclasses.replace(PLAIN, forced_bos_token_id=7, forced_eos_token_id=9, max_new_tokens=1),
        dataclasses.replace(PLAIN, forced_eos_token_id=11, min_new_tokens=7, max_new_tokens=7),
        dataclasses.replace(PLAIN, bad_words_ids=((1,), (vocab_size - 1,)), suppress_tokens=(5, 6, 8)),
    ]


def requests_for(sources: list[list[int]], vocab_size: int) -> list[GenerationRequest]:
    variants = varied_params(vocab_size)
    stop = SentenceStop(4, bytes(token % 4 for token in range(vocab_size)))
    return [
        GenerationRequest(
            source_ids=source, params=variants[(i + j) % len(variants)], stop=stop if j else None
        )
        for i, source in enumerate(sources)
        for j in range(2)
    ]


def again(requests: list[GenerationRequest]) -> list[GenerationRequest]:
    return [
        GenerationRequest(source_ids=r.source_ids, params=r.params, attention=r.attention, stop=r.stop)
        for r in requests
    ]


def assert_same(found: list[GenerationOutput], expected: list[GenerationOutput]) -> None:
    for output, ordinary in zip(found, expected, strict=True):
        assert output.token_ids == ordinary.token_ids
        assert output.finish_reason == ordinary.finish_reason
        # sums of up to 20 float32 log-probabilities, taken in another order
        assert output.score == pytest.approx(ordinary.score, abs=1e-4)


def run(engine: Engine, arrivals: list[GenerationRequest], rng: random.Random) -> list[GenerationOutput]:
    """A few requests a step, in their order, to the end."""
    pending = list(arrivals)
    outputs: dict[int, GenerationOutput] = {}
    while pending or engine.has_work:
        for _ in range(min(len(pending), rng.randint(0, 3))):
            engine.add(pending.pop(0))
        outputs |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
        check_integrity(engine.scheduler)
    return [outputs[request.request_id] for request in arrivals]


@pytest.mark.parametrize("checkpoint", EVERY_DECODER, ids=str, indirect=True, scope="module")
def test_every_family_writes_what_the_ordinary_engine_writes(checkpoint: Checkpoint) -> None:
    requests = requests_for(checkpoint.sources, checkpoint.loaded.spec.target_vocab_size)
    expected = checkpoint.engine.generate(again(requests))
    assert len({output.score for output in expected}) > len(checkpoint.sources), "else they would show little"
    engine = static_engine(checkpoint.loaded)
    assert all(static_batch(engine).takes(engine.prepare(request)) for request in again(requests))
    assert_same(run(engine, requests, random.Random(0)), expected)
    assert static_batch(engine).sequences == []


def test_recurrent_layers_and_a_start_without_a_token(student: LoadedModel) -> None:
    rng = random.Random(1)
    vocab_size = student.spec.target_vocab_size
    sources = [[rng.randrange(1, vocab_size) for _ in range(rng.randint(1, 90))] + [0] for _ in range(10)]
    requests = requests_for(sources, vocab_size)
    expected = student.make_engine().generate(again(requests))
    assert_same(run(static_engine(student), requests, rng), expected)


@pytest.mark.parametrize("checkpoint", [BART_LIKE[0], T5_LIKE[0]], ids=str, indirect=True, scope="module")
@given(seed=st.integers(0, 2**32))
@settings(max_examples=4, deadline=None)
def test_batches_of_every_mixture(checkpoint: Checkpoint, seed: int) -> None:
    """Beside rows of the host: beams, samples, n-gram rules; some requests are cancelled on the way."""
    rng = random.Random(seed)
    others = [
        BY_HOST,
        dataclasses.replace(PLAIN, num_beams=3),
        dataclasses.replace(PLAIN, do_sample=True, seed=3),
    ]
    params = [*varied_params(checkpoint.loaded.spec.target_vocab_size), *others]
    selections = [None, None, AttentionSelection(layer=1), AttentionSelection()]
    requests = [
        GenerationRequest(
            source_ids=rng.choice(checkpoint.sources),
            params=rng.choice(params),
            attention=rng.choice(selections),
        )
        for _ in range(14)
    ]
    decoys = [GenerationRequest(source_ids=rng.choice(checkpoint.sources), params=PLAIN) for _ in range(6)]
    expected = {
        r.request_id: e for r, e in zip(requests, checkpoint.engine.generate(again(requests)), strict=True)
    }
    pending = requests + decoys
    rng.shuffle(pending)
    engine = static_engine(checkpoint.loaded, max_slots=7)
    outputs: dict[int, GenerationOutput] = {}
    while pending or engine.has_work:
        for _ in range(min(len(pending), rng.randint(0, 3))):
            engine.add(pending.pop())
        if rng.random() < 0.3:
            engine.abort(rng.choice(decoys).request_id)
        for event in engine.step():
            assert isinstance(event, GenerationOutput)
            assert event.request_id not in outputs, "one terminal event per request"
            outputs[event.request_id] = event
    assert_same([outputs[i] for i in expected], list(expected.values()))
    for request_id, ordinary in expected.items():
        for ours, theirs in zip(outputs[request_id].hypotheses, ordinary.hypotheses, strict=True):
            assert (ours.attention is None) == (theirs.attention is None)
            if ours.attention is not None and theirs.attention is not None:
                torch.testing.assert_close(
                    torch.from_numpy(ours.attention), torch.from_numpy(theirs.attention), rtol=0, atol=1e-5
                )
    assert static_batch(engine).sequences == []


@pytest.mark.parametrize("checkpoint", [BART_LIKE[0], T5_LIKE[3]], ids=str, indirect=True, scope="module")
def test_a_recorded_step_is_every_later_step_of_its_shape(checkpoint: Checkpoint) -> None:
    """What the host knew when a step was recorded (lengths, rows, rules) must not be part of it."""
    requests = requests_for(checkpoint.sources, checkpoint.loaded.spec.target_vocab_size)
    expected = checkpoint.engine.generate(again(requests))
    engine, capture = traced_engine(load_model(str(checkpoint.folder), dtype="float32"), max_slots=4)
    assert_same(run(engine, requests, random.Random(2)), expected)
    first_captures = capture.num_captures
    # 1, 2 and 4 rows; all lengths lie in the first bucket
    assert 2 <= first_captures <= 3
    assert_same(run(engine, again(requests), random.Random(2)), expected)
    assert capture.num_captures == first_captures


def test_recorded_recurrent_steps(student: LoadedModel) -> None:
    vocab_size = student.spec.target_vocab_size
    requests = requests_for([[n, n + 1, 0] for n in range(2, 9)], vocab_size)
    expected = student.make_engine().generate(again(requests))
    engine, capture = traced_engine(load_model(str(student.folder), dtype="float32"), max_slots=2)
    assert_same(run(engine, requests, random.Random(3)), expected)
    assert capture.num_captures == 2


def places(engine: Engine) -> list[int]:
    batch = static_batch(engine)
    kept = [part for layer in batch.state.layers for part in (layer.own, layer.source)]
    tensors = [batch.rows.values, batch.results, *(t for part in kept for t in part.tensors.values())]
    return [tensor.data_ptr() for tensor in tensors]


def test_nothing_moves_while_lengths_stay_in_their_bucket(student: LoadedModel) -> None:
    engine = static_engine(student)
    before = places(engine)
    sources = [[3] * n + [0] for n in (5, 60, 20, 33)]
    params = dataclasses.replace(PLAIN, max_new_tokens=60, min_new_tokens=60)
    requests = [GenerationRequest(source_ids=source, params=params) for source in sources]
    run(engine, requests, random.Random(4))
    assert places(engine) == before


class RecordedShapes(Eager):
    """Keeps what it was asked for."""

    def __init__(self) -> None:
        self.shapes: list[StepShape] = []
        self.num_moves = 0

    def run(self, shape: StepShape, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        self.shapes.append(shape)
        super().run(shape, step, state)

    def forget(self) -> None:
        self.num_moves += 1


def test_lengths_that_leave_their_bucket(student: LoadedModel) -> None:
    """Storage grows under running rows, in both directions; recorded steps are void then."""
    steps = RecordedShapes()
    engine = static_engine(student, max_slots=2, step_runner=steps)
    long = dataclasses.replace(PLAIN, max_new_tokens=70, min_new_tokens=70)
    requests = [
        GenerationRequest(source_ids=[5, 6, 0], params=long),
        GenerationRequest(source_ids=[7] * 100 + [0], params=PLAIN),
        GenerationRequest(source_ids=[4] * 10 + [0], params=long),
    ]
    expected = student.make_engine().generate(again(requests))
    assert_same(run(engine, requests, random.Random(5)), expected)
    assert set(steps.shapes) >= {(2, 64, 64), (2, 64, 128), (2, 128, 64)}
    # self-attention keys grow once as well
    assert steps.num_moves == (1 if static_batch(engine).state.renewed else 2)


def test_the_host_is_one_step_behind_and_drops_what_comes_after_the_end(student: LoadedModel) -> None:
    engine = static_engine(student)
    longer = dataclasses.replace(PLAIN, max_new_tokens=6, min_new_tokens=6)
    shorter = dataclasses.replace(PLAIN, max_new_tokens=6, forced_bos_token_id=0)  # the end token, at once
    staying = GenerationRequest(source_ids=[5, 6, 0], params=longer)
    ending = GenerationRequest(source_ids=[7, 0], params=shorter)
    engine.add(staying)
    engine.add(ending)
    assert engine.step() == [], "the first tokens are on their way"
    (output,) = engine.step()
    assert isinstance(output, GenerationOutput)
    assert (output.request_id, output.token_ids, output.finish_reason) == (ending.request_id, [0], "stop")
    assert [s.request for s in static_batch(engine).sequences] == [staying]
    events = [engine.step() for _ in range(5)]
    assert events[:4] == [[]] * 4
    (last,) = events[4]
    assert isinstance(last, GenerationOutput)
    assert last.token_ids == student.make_engine().generate(again([staying]))[0].token_ids
    assert not engine.has_work
    assert static_batch(engine)._launched is None, "no step beyond the last token that anyone may write"


def test_a_row_that_is_cancelled_leaves_its_place_to_the_last(student: LoadedModel) -> None:
    params = dataclasses.replace(PLAIN, min_new_tokens=12, max_new_tokens=12)
    requests = [GenerationRequest(source_ids=[n, n + 1, 0], params=params) for n in (3, 5, 7)]
    expected = student.make_engine().generate(again(requests))
    engine = static_engine(student)
    for request in requests:
        engine.add(request)
    for _ in range(4):
        engine.step()
    engine.abort(requests[0].request_id)
    assert [s.request for s in static_batch(engine).sequences] == [requests[2], requests[1]]
    (aborted,) = engine.step()
    assert isinstance(aborted, GenerationOutput)
    assert aborted.finish_reason is FinishReason.ABORT
    late = again(requests[:1])[0]
    outputs = {e.request_id: e for e in run_on(engine, late)}
    assert_same([outputs[r.request_id] for r in (late, *requests[1:])], expected)


def run_on(engine: Engine, late: GenerationRequest) -> list[GenerationOutput]:
    engine.add(late)
    events = []
    while engine.has_work:
        events += engine.step()
    return [event for event in events if isinstance(event, GenerationOutput)]


def test_streams_are_the_output(student: LoadedModel) -> None:
    engine = static_engine(student)
    request = GenerationRequest(source_ids=[5, 6, 0], params=dataclasses.replace(PLAIN, max_new_tokens=5))
    engine.add(request, stream=True)
    streamed: list[int] = []
    output = None
    while engine.has_work:
        for event in engine.step():
            if isinstance(event, TokensEvent):
                streamed += event.token_ids
            else:
                output = event
    assert output is not None
    assert streamed == output.token_ids


def test_a_row_that_overflows_spoils_no_other(tmp_path: Path) -> None:
    vocab_size = write_vocabulary(tmp_path / "vocab.enpt.spm")
    write_student(
        tmp_path / "model.enpt.bin",
        make_student(vocab_size, transformer_decoder_autoreg="self-attention", tied_embeddings_all=False),
    )
    loaded = load_model(str(tmp_path), dtype="float32")
    healthy = [GenerationRequest(source_ids=[n, 8, 0], params=PLAIN) for n in (3, 4)]
    expected = loaded.make_engine().generate(again(healthy))
    overflowing = 9
    loaded.model.encoder.embedding.weight[overflowing] = float("nan")
    engine = static_engine(loaded)
    spoilt = GenerationRequest(source_ids=[overflowing] * 30 + [0], params=PLAIN)
    outputs = engine.generate([spoilt, healthy[0]])
    assert outputs[0].finish_reason is FinishReason.ERROR
    assert_same([outputs[1], *engine.generate(healthy[1:])], expected)


def test_a_step_that_fails_fails_its_rows_only(student: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = static_engine(student)
    requests = [
        GenerationRequest(source_ids=[5, 6, 0], params=PLAIN),
        GenerationRequest(source_ids=[5, 6, 0], params=dataclasses.replace(PLAIN, num_beams=2)),
    ]
    logits = EncoderDecoder.logits

    def fail(model: EncoderDecoder, states: torch.Tensor) -> torch.Tensor:
        if states.shape[0] == 1:
            raise RuntimeError("out of memory")
        return logits(model, states)

    with monkeypatch.context() as patch:
        patch.setattr(EncoderDecoder, "logits", fail)
        outputs = engine.generate(requests)
    assert outputs[0].finish_reason is FinishReason.ERROR
    assert outputs[1].token_ids
    assert_same(engine.generate(again(requests)), student.make_engine().generate(again(requests)))


def test_only_a_gpu_has_one_and_never_with_a_shortlist(student: LoadedModel) -> None:
    assert ModelRunner(student.model)._static is None
    shortlist = LexicalShortlist(
        4, np.zeros(student.spec.source_vocab_size + 1, np.int64), np.empty(0, np.int64)
    )
    assert ModelRunner(student.model, shortlist=shortlist, is_static=True)._static is None


@pytest.mark.parametrize("case", EXPERTS, ids=str)
def test_a_decoder_with_experts_has_none(case: Case, tmp_path: Path) -> None:
    """Which of them work depends on the tokens: no step can be recorded."""
    loaded = build_checkpoint(case, tmp_path).loaded
    assert ModelRunner(loaded.model, is_static=True)._static is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("checkpoint", EVERY_DECODER, ids=str, indirect=True, scope="module")
def test_graphs_on_a_gpu_write_what_the_cpu_writes(checkpoint: Checkpoint) -> None:
    requests = requests_for(checkpoint.sources, checkpoint.loaded.spec.target_vocab_size)
    expected = checkpoint.engine.generate(again(requests))
    engine = load_model(str(checkpoint.folder), device="cuda", dtype="float32").make_engine()
    assert_same(run(engine, requests, random.Random(6)), expected)
    assert_same(run(engine, again(requests), random.Random(7)), expected)
