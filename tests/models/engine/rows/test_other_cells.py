"""Cells that no family has: what they keep is their own affair, and the engine decodes and aligns them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import CrossAttention
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import (
    AttentionSelection,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.passage_reader import PassagePass
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.layers.layers import LayerList, Linear, Norm
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.layers.state import LayerState, State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.decoder_layers import DecoderLayer, StepLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.stack_spec import StackSpec
from tests.models.engine.rows.forced_decoding import ATOL, ForcedDecoding, make_sequence, random_source
from tests.models.families.marian_student import Matrix
from tests.models.network.test_transformer import SPEC, VOCAB

CPU = torch.device("cpu")
WIDTH, HIDDEN = SPEC.width, 5


class LSTM(Mixer):
    """Two tensors of another size than the network's."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(WIDTH, HIDDEN)
        self.out = Linear(HIDDEN, WIDTH, bias=True)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        kept = TensorSpec(("row", "lane", HIDDEN), dtype)
        return State.empty({"hidden": kept, "cell": kept}, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        kept = [state[name][: layout.num_rows] for name in ("hidden", "cell")]
        hidden, cell = self.cell(x.flatten(0, 1), tuple(tensor.flatten(0, 1) for tensor in kept))
        for tensor, new in zip(kept, (hidden, cell), strict=True):
            tensor.copy_(new.view_as(tensor))
        return self.out.forward(hidden).view_as(x)

    def whole(self, x: Tensor) -> Tensor:
        """(T, M) -> (T, M), by torch's own loop."""
        layer = nn.LSTM(WIDTH, HIDDEN, dtype=x.dtype)
        layer.load_state_dict({f"{name}_l0": value for name, value in self.cell.state_dict().items()})
        return self.out.forward(layer(x)[0])


class LinearAttention(Mixer):
    """A matrix and a normaliser (Katharopoulos et al. 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * HIDDEN)
        self.out = Linear(HIDDEN, WIDTH, bias=True)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        specs = {
            "sums": TensorSpec(("row", "lane", HIDDEN, HIDDEN), dtype),
            "normaliser": TensorSpec(("row", "lane", HIDDEN), dtype),
        }
        return State.empty(specs, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k = q.exp(), k.exp()
        sums, normaliser = state["sums"][: layout.num_rows], state["normaliser"][: layout.num_rows]
        sums += k[..., :, None] * v[..., None, :]
        normaliser += k
        mixed = (q[..., None, :] @ sums)[..., 0, :] / (q * normaliser).sum(-1, keepdim=True)
        return self.out.forward(mixed)

    def whole(self, x: Tensor) -> Tensor:
        """(T, M) -> (T, M), as attention."""
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        weights = (q.exp() @ k.exp().T).tril()
        return self.out.forward(weights / weights.sum(-1, keepdim=True) @ v)


class InputFeeding(StepLayer):
    """A cell that reads its own last attention context (Luong et al. 2015)."""

    def __init__(self, spec: StackSpec) -> None:
        super().__init__()
        self.cell = nn.GRUCell(2 * WIDTH, HIDDEN)
        self.query = nn.Linear(HIDDEN, WIDTH)
        self.cross = CrossAttention(spec, WIDTH)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        specs = {
            "hidden": TensorSpec(("row", "lane", HIDDEN), dtype),
            "context": TensorSpec(("row", "lane", WIDTH), dtype),
        }
        return LayerState(State.empty(specs, num_lanes, device), self.cross.new_memory(dtype, device))

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        return self.cross.project_source(encoded, packing)

    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> Tensor:
        return self._step(x, state, layout)[0]

    def watched_step(
        self, x: Tensor, state: LayerState, layout: StepLayout, heads: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        x, queries = self._step(x, state, layout)
        memory = state.source.used(layout.num_rows, layout.longest_source)
        return x, self.cross.weights(queries, memory, layout.cross_bias, heads)

    def _step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        hidden, context = state.own["hidden"][: layout.num_rows], state.own["context"][: layout.num_rows]
        read = torch.cat([x, context], dim=-1).flatten(0, 1)
        hidden.copy_(self.cell(read, hidden.flatten(0, 1)).view_as(hidden))
        queries = self.query(hidden)
        context.copy_(self.cross.step(queries, state.source, layout))
        return x + context, queries

    def whole(self, x: Tensor, memory: State, heads: Sequence[int]) -> tuple[Tensor, Tensor]:
        """(T, M) of one source -> (T, M) and (H, T, S)."""
        hidden, context = x.new_zeros(1, HIDDEN), x.new_zeros(1, WIDTH)
        outputs, maps = [], []
        for x_t in x[:, None]:
            hidden = self.cell(torch.cat([x_t, context], dim=-1), hidden)
            queries = self.query(hidden)[None]
            context = self.cross(queries, memory, None)[0]
            outputs.append(x_t + context)
            maps.append(self.cross.weights(queries, memory, None, heads)[0])
        return torch.cat(outputs), torch.cat(maps, dim=1)


class Reference:
    """One source at a time, the whole target prefix anew, and no state."""

    def __init__(self, model: EncoderDecoder) -> None:
        self.model = model
        self.heads = range(model.spec.num_heads)

    @torch.inference_mode()
    def decode(self, source: list[int], target: list[int]) -> tuple[Matrix, list[Matrix]]:
        model, decoder = self.model, self.model.decoder
        packing = Packing.of([len(source)], CPU)
        memories = model.project_sources(model.encode(pack_ids([source], CPU), packing), packing)
        inputs = torch.tensor([3, *target])
        assert decoder.positions is not None
        x: Tensor = decoder.embedding(inputs) + decoder.positions.rows(len(inputs))[: len(inputs)]
        maps = []
        for layer, memory in zip(decoder.layers, memories, strict=True):
            if isinstance(layer, InputFeeding):
                x, weights = layer.whole(x, memory, self.heads)
            else:
                assert isinstance(layer, DecoderLayer)
                assert isinstance(layer.mixer, LSTM | LinearAttention)
                x = layer.mixer_residual.leave(x, layer.mixer.whole(layer.mixer_residual.enter(x)))
                queries = layer.cross_residual.enter(x)[None]
                weights = layer.cross.weights(queries, memory, None, self.heads)[0]
                x = layer.after_cross(x[None], layer.cross(queries, memory, None))[0]
            maps.append(weights.double().numpy())
        return model.logits(x).double().numpy(), maps

    def greedy(self, source: list[int], max_new_tokens: int) -> list[int]:
        target: list[int] = []
        while len(target) < max_new_tokens and target[-1:] != [0]:
            target.append(int(self.decode(source, target)[0][-1].argmax()))
        return target


@pytest.fixture(params=["lstm", "linear-attention", "input-feeding", "mixture"])
def model(request: pytest.FixtureRequest) -> EncoderDecoder:
    """Heads of 8 dimensions, over which the kernels attend where there are any."""
    stack = replace(SPEC.decoder, head_dim=8)
    model = EncoderDecoder(
        replace(SPEC, encoder=stack, decoder=stack, share_embeddings=False, tie_output=False)
    )
    layers: list[StepLayer] = list(model.decoder.layers)
    for i, layer in enumerate(layers):
        assert isinstance(layer, DecoderLayer)
        if request.param in {"lstm", "linear-attention"}:
            layer.mixer = LSTM() if request.param == "lstm" else LinearAttention()
        elif request.param == "mixture" and i == 0:
            layer.mixer = LSTM()
        else:
            layers[i] = InputFeeding(stack)
    model.decoder.layers = LayerList(layers)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.requires_grad_(requires_grad=False).parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator))
    # What is the same everywhere would decide every token, and the last token the next.
    model.decoder.embedding.weight.mul_(0.3)
    for module in model.modules():
        if isinstance(module, Norm):
            assert module.bias is not None
            module.weight.fill_(1.0)
            module.bias.zero_()
        elif isinstance(module, CrossAttention):
            module.out.weight.mul_(2.0)
    return model


def make_engine(model: EncoderDecoder, *, is_static: bool = False) -> Engine:
    runner = ModelRunner(model, is_static=is_static, max_rows=5)
    return Engine(runner, SchedulerConfig(max_slots=5), GenerationParams(max_new_tokens=12), make_chooser)


@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 0.1), (torch.float64, 1e-5)], ids=str)
@torch.inference_mode()
def test_rows_that_come_and_go_and_lanes_that_swap(
    model: EncoderDecoder, dtype: torch.dtype, atol: float
) -> None:
    """In float32 with the kernels; what feeds on itself makes rounding grow, so once in double precision."""
    rng = random.Random(0)
    runner = ModelRunner(model.to(dtype), dtype=dtype)
    decoding = ForcedDecoding(Reference(model), VOCAB, runner, rng)
    gone = []
    for _ in range(30):
        if len(decoding.running) < 6 and rng.random() < 0.4:
            lanes = [rng.choice([1, 1, 2, 3]) for _ in range(rng.randint(1, 3))]
            decoding.join([make_sequence(random_source(rng, VOCAB), num_lanes=n) for n in lanes])
        decoding.step()
        if decoding.running and rng.random() < 0.3:
            gone.append(decoding.leave(rng.choice(list(decoding.running))))
    gone += [decoding.leave(sequence) for sequence in list(decoding.running)]
    assert len(gone) > 8
    for tracked in gone:
        decoding.check(tracked, atol=atol)


@torch.inference_mode()
def test_several_targets_of_one_source_at_once(model: EncoderDecoder) -> None:
    rng = random.Random(0)
    source, targets = random_source(rng, VOCAB), [random_source(rng, VOCAB)[-n:] for n in (3, 8, 5)]
    model = model.double()
    packing = Packing.of([len(source)], CPU)
    memories = model.project_sources(model.encode(pack_ids([source], CPU), packing), packing)
    found = PassagePass(Network(model=model)).log_probs(source, targets, memories)
    for target, values in zip(targets, found, strict=True):
        logits = torch.from_numpy(Reference(model).decode(source, target[:-1])[0])
        expected = logits.log_softmax(dim=1)[range(len(target)), target]
        torch.testing.assert_close(torch.from_numpy(values).double(), expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("is_static", [False, True])
def test_greedy_and_beams_beside_each_other(model: EncoderDecoder, *, is_static: bool) -> None:
    rng = random.Random(1)
    sources = [random_source(rng, VOCAB) for _ in range(8)]
    widths = [1, 3, 1, 2, 1, 1, 3, 1]
    requests = [
        GenerationRequest(source_ids=source, params=GenerationParams(num_beams=width))
        for source, width in zip(sources, widths, strict=True)
    ]
    engine, pending = make_engine(model, is_static=is_static), list(requests)
    found: dict[int, GenerationOutput] = {}
    while pending or engine.has_work:  # one after the other, so that rows are of unlike lengths
        if pending:
            engine.add(pending.pop(0))
        found |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
    reference = Reference(model)
    assert len({tuple(output.token_ids) for output in found.values()}) > 2, "else it would show little"
    for request, width in zip(requests, widths, strict=True):
        output = found[request.request_id]
        if width == 1:
            assert output.token_ids == reference.greedy(request.source_ids, 12)
            continue
        (alone,) = make_engine(model).generate([replace(request, request_id=-1)])
        assert output.token_ids == alone.token_ids
        assert output.score == pytest.approx(alone.score, abs=1e-5)
        expected = torch.from_numpy(reference.decode(request.source_ids, output.token_ids[:-1])[0])
        chosen = expected.log_softmax(-1).gather(1, torch.tensor(output.token_ids)[:, None])
        assert output.score == pytest.approx(float(chosen.mean()), abs=1e-4)


def test_every_cell_can_be_aligned(model: EncoderDecoder) -> None:
    rng = random.Random(2)
    engine, reference = make_engine(model), Reference(model)
    for _ in range(3):
        source, target = random_source(rng, VOCAB), random_source(rng, VOCAB)
        maps = np.stack(reference.decode(source, target)[1])  # (L, H, T + 1, S)
        np.testing.assert_allclose(engine.align(source, target), maps[:, :, :-1], rtol=0, atol=ATOL)
        first = AttentionSelection(layer=0, heads=(1,), row="input")
        read = maps[0, 1, [*range(1, len(target)), len(target) - 1]]  # the end is not read
        np.testing.assert_allclose(engine.align(source, target, first), read, rtol=0, atol=ATOL)


def test_attention_of_what_was_generated(model: EncoderDecoder) -> None:
    rng = random.Random(3)
    requests = [
        GenerationRequest(
            source_ids=random_source(rng, VOCAB),
            params=GenerationParams(num_beams=width),
            attention=AttentionSelection(),
        )
        for width in (1, 2, 1)
    ]
    reference = Reference(model)
    for request, output in zip(requests, make_engine(model).generate(requests), strict=True):
        for hypothesis in output.hypotheses:
            maps = np.stack(reference.decode(request.source_ids, hypothesis.token_ids)[1])
            assert hypothesis.attention is not None
            np.testing.assert_allclose(hypothesis.attention, maps[:, :, :-1], rtol=0, atol=ATOL)
