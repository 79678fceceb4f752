from __future__ import annotations

import pytest
import torch
from transformers.models.m2m_100.modeling_m2m_100 import M2M100SinusoidalPositionalEmbedding
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

from crosslate.models.layers.positions import LearnedPositions, SinusoidPositions, build_positions, sinusoid
from crosslate.models.specs.stack_spec import PositionSpec


@pytest.mark.parametrize("width", [8, 64])
def test_halves_are_those_of_hugging_face_marian(width: int) -> None:
    reference = MarianSinusoidalPositionalEmbedding(100, width).create_weight()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(sinusoid(100, width, "halves"), reference)


@pytest.mark.parametrize("width", [8, 64])
def test_tensor2tensor_is_that_of_m2m100(width: int) -> None:
    reference = M2M100SinusoidalPositionalEmbedding.get_embedding(100, width)
    # transformers computes its table in float32
    torch.testing.assert_close(sinusoid(100, width, "tensor2tensor"), reference, rtol=0, atol=2e-5)


def test_the_table_grows_with_what_is_asked_for() -> None:
    positions = SinusoidPositions(PositionSpec(kind="sinusoid", max_positions=4), 8)
    asked = torch.tensor([[0, 3], [9, 5]])
    torch.testing.assert_close(positions.rows(10)[asked], sinusoid(10, 8, "halves")[asked])
    assert positions.rows(4).shape[1] == 8


def test_learned_positions_begin_behind_their_offset() -> None:
    positions = LearnedPositions(PositionSpec(kind="learned", max_positions=5, offset=2), 3)
    table = torch.arange(21.0).view(7, 3)
    positions.load_state_dict({"weight": table})
    torch.testing.assert_close(positions.rows(5)[[0, 4]], table[[2, 6]])


def test_a_learned_table_has_an_end() -> None:
    with pytest.raises(ValueError, match="max_positions"):
        build_positions(PositionSpec(kind="learned"), 4)


@pytest.mark.parametrize("kind", ["none", "relative_bias"])
def test_nothing_is_added_where_attention_knows_the_order(kind: str) -> None:
    spec = PositionSpec(kind=kind, num_buckets=8, max_distance=16)  # type: ignore[arg-type]
    assert build_positions(spec, 4) is None
