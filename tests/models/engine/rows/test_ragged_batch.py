"""The book-keeping of rows: who stands where, what a step looks at."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.sequence import Sequence
from crosslate.models.families.bergamot import spec_from_options
from crosslate.models.layers.layers import START
from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.marian_files import OPTIONS

CPU = torch.device("cpu")
HEADS, HEAD_DIM, LAYERS = 2, 8, 2


def make_batch(num_lanes: int, *, mixer: str = "self-attention") -> RaggedBatch:
    options = OPTIONS | {"dim-vocabs": [9, 9], "transformer-decoder-autoreg": mixer}
    model = EncoderDecoder(spec_from_options(options, eos_token_id=0))
    return RaggedBatch(num_lanes, Network(model=model), is_ragged=False)


def join(batch: RaggedBatch, *lengths: int) -> list[Sequence]:
    """Sequences with sources of these lengths; each key is marked with its source's length."""
    sequences = [
        Sequence(request=GenerationRequest(source_ids=[1] * length), arrival_s=0, num_lanes=batch.num_lanes)
        for length in lengths
    ]
    batch.join(sequences, memories(batch, *lengths))
    return sequences


def memories(batch: RaggedBatch, *lengths: int) -> list[State]:
    keys = torch.zeros(len(lengths), HEADS, max(lengths), HEAD_DIM)
    for row, length in enumerate(lengths):
        keys[row, :, :length] = length
    return [
        State(layer.source.specs, {"keys": keys, "values": keys}) for layer in batch.state.layers[:LAYERS]
    ]


def step(batch: RaggedBatch, token: int) -> None:
    """A step that stores `token` as every lane's key, in every layer, and feeds it."""
    layout = batch.layout()
    marks = torch.full((layout.num_rows, batch.num_lanes, HEADS, HEAD_DIM), float(token))
    store(batch, marks, layout)
    batch.advance([[token] * batch.num_lanes] * layout.num_rows, None)


def store(batch: RaggedBatch, marks: Tensor, layout: StepLayout) -> None:
    """What attention does with the new keys (R, W, H, D)."""
    rows = torch.arange(layout.num_rows)
    for layer in batch.state.layers:
        layer.own["keys"][rows, :, :, layout.positions] = marks


def stored(batch: RaggedBatch, row: int, layer: int = 0) -> list[float]:
    """The marks that the row's first lane has stored."""
    return batch.state.layers[layer].own["keys"][row, 0, 0, : batch.target_lengths[row], 0].tolist()


def is_seen(bias: Tensor | None) -> list[list[bool]]:
    assert bias is not None
    return (bias[:, 0, 0] == 0).tolist()


def test_everyone_begins_with_the_start_token() -> None:
    batch = make_batch(2)
    join(batch, 3, 5)
    assert batch.tokens.tolist() == [[START, START], [START, START]]
    layout = batch.layout()
    assert (layout.num_rows, layout.longest_target, layout.longest_source) == (2, 1, 5)
    assert layout.positions.tolist() == [0, 0]
    assert layout.self_bias is None, "all are equally long"
    assert is_seen(layout.cross_bias) == [[True] * 3 + [False] * 2, [True] * 5]


def test_rows_of_unlike_lengths_see_their_own_past_only() -> None:
    batch = make_batch(2)
    join(batch, 4)
    step(batch, 1)
    step(batch, 2)
    join(batch, 2)
    layout = batch.layout()
    assert layout.positions.tolist() == [2, 0]
    # to (R * W, H, 1, T): both lanes of a row alike
    assert is_seen(layout.self_bias) == [[True] * 3, [True] * 3, [True, False, False], [True, False, False]]


def test_the_last_row_fills_the_hole() -> None:
    batch = make_batch(1)
    first, second = join(batch, 3, 4)
    step(batch, 1)
    (third,) = join(batch, 6)
    step(batch, 2)
    batch.leave(first)
    assert batch.sequences == [third, second]
    assert (batch.source_lengths, batch.target_lengths) == ([6, 4], [1, 2])
    assert (stored(batch, 0), stored(batch, 1)) == ([2], [1, 2])
    assert batch.tokens.tolist() == [[2], [2]]
    assert is_seen(batch.layout().cross_bias) == [[True] * 6, [True] * 4 + [False] * 2]
    for layer in batch.state.layers:
        keys = layer.source.used(2, 6)["keys"]
        assert keys[:, 0, :, 0].tolist() == [[6] * 6, [4] * 4 + [0] * 2]
    batch.leave(second)
    assert batch.sequences == [third]
    batch.leave(third)
    assert batch.sequences == []
    assert batch.tokens.shape == (0, 1)


def test_many_rows_and_long_sources() -> None:
    batch = make_batch(1)
    lengths = [1 + 7 * i for i in range(20)]
    for length in lengths:
        join(batch, length)
        step(batch, length)
    assert batch.target_lengths == list(range(20, 0, -1))
    assert [sum(row) for row in is_seen(batch.layout().cross_bias)] == lengths
    for row in range(20):
        assert stored(batch, row, layer=1) == lengths[row:]


def test_lanes_continue_their_parents() -> None:
    """Whether attention follows lanes to where they were, or lanes are copied."""
    batch = make_batch(3)
    join(batch, 2, 2)
    layout = batch.layout()
    marks = torch.arange(6.0).view(2, 3, 1, 1).expand(-1, -1, HEADS, HEAD_DIM)
    store(batch, marks, layout)
    for layer in batch.state.layers:
        if "origins" in layer.own.tensors:
            layer.own["origins"][:2, :, 0] = torch.arange(3, dtype=torch.int32)  # as attention does
    batch.advance([[1, 2, 3], [4, 5, 6]], [[0, 1, 2], [2, 2, 0]])
    for layer in batch.state.layers:
        keys = layer.own["keys"][:2, :, 0, 0, 0]
        if "origins" in layer.own.tensors:
            keys = keys.gather(1, layer.own["origins"][:2, :, 0].long())
        assert keys.tolist() == [[0, 1, 2], [5, 5, 3]]
    assert batch.tokens.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert batch.target_lengths == [1, 1]


@pytest.mark.parametrize("mixer", ["self-attention", "rnn"])
def test_a_join_that_fails_changes_nothing(mixer: str) -> None:
    batch = make_batch(1, mixer=mixer)
    (present,) = join(batch, 3)
    newcomer = Sequence(request=GenerationRequest(source_ids=[1]), arrival_s=0)
    with pytest.raises(ValueError, match="zip"):
        batch.join([newcomer], memories(batch, 1)[:1])  # one layer is missing
    assert batch.sequences == [present]
    assert (batch.source_lengths, batch.target_lengths) == ([3], [0])
    assert batch.tokens.shape == (1, 1)
    assert is_seen(batch.layout().cross_bias) == [[True] * 3]
