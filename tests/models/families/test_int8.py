"""Every family in int8: near the float32 network, and exactly the same whatever it is batched with."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationOutput, GenerationParams, GenerationRequest
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.native.kernels import load_kernels
from crosslate.models.specs.spec import stacks_of
from loadtests.everyday_sentences import everyday_sentences
from tests.models.families.cases import CASES
from tests.models.families.parity import Case, Checkpoint, build_checkpoint, encoder_states

BATCHED = (
    GenerationParams(),
    GenerationParams(num_beams=3),
    GenerationParams(do_sample=True, seed=7),
)


@dataclass(frozen=True)
class Pair:
    """A checkpoint and its int8 form."""

    whole: Checkpoint
    int8: LoadedModel
    engine: Engine


@pytest.fixture(scope="module")
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    case: Case = request.param
    checkpoint = build_checkpoint(case, tmp_path_factory.mktemp(case.name))
    loaded = load_model(str(checkpoint.folder), dtype="int8")
    return Pair(checkpoint, loaded, loaded.make_engine())


@pytest.mark.parametrize("pair", CASES, ids=str, indirect=True, scope="module")
class TestInt8:
    def test_it_is_near_the_whole_network(self, pair: Pair) -> None:
        assert pair.int8.dtype == "int8"
        assert pair.int8.num_parameters == pair.whole.loaded.num_parameters
        int8 = Checkpoint(pair.whole.folder, pair.int8, pair.engine, pair.whole.reference, pair.whole.sources)
        for rounded, exact in zip(encoder_states(int8), encoder_states(pair.whole), strict=True):
            # Tiny layers of random weights: every rounding is felt.
            assert torch.nn.functional.cosine_similarity(rounded, exact, dim=-1).mean() > 0.97

    def test_its_decoder_looks_where_the_whole_network_does(self, pair: Pair) -> None:
        source, target = pair.whole.sources[:2]
        rounded, exact = (engine.align(source, target) for engine in (pair.engine, pair.whole.engine))
        assert float((rounded - exact).abs().mean()) < 0.02  # of layers that follow others, too

    def test_it_writes_tokens_that_there_are(self, pair: Pair) -> None:
        pad, vocab_size = pair.int8.spec.pad_token_id, pair.int8.spec.target_vocab_size
        for output in pair.engine.generate([GenerationRequest(source_ids=ids) for ids in pair.whole.sources]):
            assert output.token_ids
            assert set(output.token_ids) <= set(range(vocab_size)) - {pad}

    @pytest.mark.skipif(load_kernels() is None, reason="exact only with the compiled kernels")
    def test_the_batch_changes_nothing(self, pair: Pair) -> None:
        """Tokens and scores, to the last bit, of requests that join at random steps."""
        if stacks_of(pair.int8.spec).decoder.head_dim % 8 != 0:
            pytest.skip("heads that the kernels do not take")
        alone = {}
        arrivals = []
        for source in pair.whole.sources[::2]:  # long ones and short ones
            for params in BATCHED:
                request = GenerationRequest(source_ids=source, params=params)
                (output,) = pair.engine.generate([GenerationRequest(source_ids=source, params=params)])
                alone[request.request_id] = output
                arrivals.append(request)
        rng = random.Random(1)
        rng.shuffle(arrivals)
        together: dict[int, GenerationOutput] = {}
        while arrivals or pair.engine.has_work:
            for request in [arrivals.pop() for _ in range(min(len(arrivals), rng.randint(0, 6)))]:
                pair.engine.add(request)
            for event in pair.engine.step():
                assert isinstance(event, GenerationOutput)
                together[event.request_id] = event
        for request_id, output in alone.items():
            assert together[request_id].hypotheses == output.hypotheses


@pytest.mark.skipif(load_kernels() is None, reason="exact only with the compiled kernels")
@pytest.mark.parametrize("num_beams", [1, 4])
@pytest.mark.parametrize("num_threads", [1, 2])
def test_scores_of_a_real_model_do_not_depend_on_the_batch(num_beams: int, num_threads: int) -> None:
    """Trained weights waver where random ones do not. Those alone come first: nothing has grown yet."""
    before = torch.get_num_threads()
    torch.set_num_threads(num_threads)
    try:
        loaded = load_model("starter/en-pt", dtype="int8")
        sources = [loaded.tokenizer.encode_source(text) for text in everyday_sentences(8)]
        sources += [sources[i] + sources[i + 1] + sources[i + 2] for i in (0, 3)]
        params = GenerationParams(num_beams=num_beams)
        requests = [GenerationRequest(source_ids=ids, params=params) for ids in sources]
        alone = [loaded.make_engine().generate([request])[0].hypotheses for request in requests]
        together = [output.hypotheses for output in loaded.make_engine().generate(requests)]
    finally:
        torch.set_num_threads(before)
    assert together == alone
