from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from crosslate.models.checkpoints.checkpoint import MAX_LISTED, StoredNetwork
from crosslate.models.checkpoints.marian_binary import read_marian_file
from crosslate.models.checkpoints.stored_tensors import StoredTensors
from crosslate.models.errors import CheckpointError
from crosslate.models.families.bergamot import key_map, spec_from_options
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.marian_files import OPTIONS, make_student, write_student

VOCAB_SIZE = 12
COPIES = {"lm_head": "Wemb", "positions": None}


@pytest.fixture
def tensors(tmp_path: Path) -> dict[str, Tensor]:
    write_student(tmp_path / "model.bin", make_student(VOCAB_SIZE))
    return dict(read_marian_file(tmp_path / "model.bin").tensors)


def stored(tensors: dict[str, Tensor]) -> StoredNetwork:
    spec = spec_from_options(OPTIONS | {"dim-vocabs": [VOCAB_SIZE, VOCAB_SIZE]}, eos_token_id=0)
    return StoredNetwork(spec, key_map(spec), StoredTensors(tensors), origin="here", copies=COPIES)


def load(tensors: dict[str, Tensor], *, dtype: torch.dtype = torch.float32) -> EncoderDecoder:
    return stored(tensors).filled(dtype)


def faults(tensors: dict[str, Tensor]) -> str:
    with pytest.raises(CheckpointError) as raised:
        load(tensors)
    return str(raised.value)


def test_every_parameter_is_filled_and_needs_no_gradient(tensors: dict[str, Tensor]) -> None:
    for parameter in load(tensors).parameters():
        assert parameter.isfinite().all()
        assert not parameter.requires_grad


def test_parts_stand_one_below_the_other(tensors: dict[str, Tensor]) -> None:
    layer = next(iter(load(tensors).decoder.layers))
    assert isinstance(layer, DecoderLayer)
    expected = torch.cat([tensors["decoder_l1_context_Wk"], tensors["decoder_l1_context_Wv"]])
    assert torch.equal(layer.cross.kv.weight, expected)
    state = dict(layer.named_parameters())
    assert torch.equal(state["mixer.gates.bias"][16:], torch.zeros(16)), "W has no bias in the file"


def test_tied_parameters_stay_one_tensor(tensors: dict[str, Tensor]) -> None:
    model = load(tensors, dtype=torch.bfloat16)
    assert model.output.weight is model.decoder.embedding.weight is model.encoder.embedding.weight
    assert all(parameter.dtype == torch.bfloat16 for parameter in model.parameters())


def test_copies_may_be_there_if_they_are_equal(tensors: dict[str, Tensor]) -> None:
    tensors |= {"lm_head": tensors["Wemb"].clone(), "positions": torch.zeros(3)}
    load(tensors)


def test_every_fault_is_listed_at_once(tensors: dict[str, Tensor]) -> None:
    del tensors["decoder_l1_rnn_Wf"], tensors["Wemb"]
    tensors |= {
        "extra": torch.zeros(1),
        "encoder_l1_self_Wk": torch.zeros(16, 15),
        "encoder_l1_self_bv": torch.tensor(1.0),
        "encoder_l2_ffn_W1": torch.zeros(24, 17),
    }
    message = faults(tensors)
    assert message.startswith("here does not hold the network that its configuration describes (6 faults)")
    for fault in [
        "missing: Wemb",
        "missing: decoder_l1_rnn_Wf",
        "unknown: extra",
        "mis-shaped: encoder_l1_self_Wq [16, 16], encoder_l1_self_Wk [16, 15], encoder_l1_self_Wv [16, 16]"
        " cannot fill encoder.layers.0.attention.qkv.weight [48, 16]",
        "encoder_l1_self_bv []",
        "mis-shaped: encoder_l2_ffn_W1 [24, 17] cannot fill"
        " encoder.layers.1.feed_forward.inner.weight [24, 16]",
    ]:
        assert fault in message


def test_a_copy_that_differs_contradicts(tensors: dict[str, Tensor]) -> None:
    tensors["lm_head"] = tensors["Wemb"] + 1
    assert "contradiction: lm_head should be tied to Wemb" in faults(tensors)
    tensors["lm_head"] = torch.zeros(2, 2)
    assert "contradiction: lm_head should be tied to Wemb" in faults(tensors)


def test_a_long_list_is_counted_to_its_end(tensors: dict[str, Tensor]) -> None:
    num_needed = len(tensors)
    message = faults({})
    assert f"({num_needed} faults)" in message
    assert message.endswith(f"and {num_needed - MAX_LISTED} more")
    assert len(message.splitlines()) == MAX_LISTED + 2


def test_nothing_is_read_when_anything_is_wrong(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    del tensors["Wemb"]
    tensors["encoder_l1_self_Wk"] = torch.zeros(16, 15)
    monkeypatch.setattr(StoredTensors, "read_rows", None)
    assert "(2 faults)" in faults(tensors)


def test_a_row_may_fill_a_vector(tensors: dict[str, Tensor]) -> None:
    bias = tensors["decoder_ff_logit_out_b"]
    tensors["decoder_ff_logit_out_b"] = bias[None]
    loaded = load(tensors).output.bias
    assert loaded is not None
    assert torch.equal(loaded, bias)


def test_parts_are_filled_one_by_one_and_what_is_tied_once(tensors: dict[str, Tensor]) -> None:
    network, whole = stored(tensors), load(tensors)
    layer = network.model.get_submodule("encoder.layers.0")
    network.fill(layer)
    assert not any(parameter.is_meta for parameter in layer.parameters())
    assert all(parameter.is_meta for parameter in network.model.decoder.parameters())
    network.fill(network.model.encoder)
    network.fill(network.model, leaving={network.model.get_parameter("decoder.layers.1.cross.q.weight")})
    names = {name for name, parameter in network.model.named_parameters() if parameter.is_meta}
    assert names == {"decoder.layers.1.cross.q.weight"}
    rest = network.filled(torch.float32)
    assert rest.output.weight is rest.encoder.embedding.weight
    for name, parameter in whole.named_parameters():
        assert torch.equal(rest.get_parameter(name), parameter)


def test_rows_are_read_across_the_tensors_that_they_are_made_of(
    tensors: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosslate.models.checkpoints.stored_tensors.BLOCK_ENTRIES", 5 * 16)
    name = "encoder.layers.0.attention.qkv.weight"
    expected = load(tensors).get_parameter(name)
    assert torch.equal(stored(tensors).some_rows(name, [0, 15, 16, 47]), expected[[0, 15, 16, 47]])
    blocks = [block.clone() for block in stored(tensors).blocks(name)]
    assert [len(block) for block in blocks] == [5] * 9 + [3]
    assert torch.equal(torch.cat(blocks), expected)


def test_what_was_read_is_forgotten(tensors: dict[str, Tensor]) -> None:
    """Of tensors that lie in memory there are never two."""
    here = StoredTensors(dict(tensors))
    spec = spec_from_options(OPTIONS | {"dim-vocabs": [VOCAB_SIZE, VOCAB_SIZE]}, eos_token_id=0)
    network = StoredNetwork(spec, key_map(spec), here, origin="here")
    assert here.keys() == tensors.keys()
    list(network.blocks("encoder.embedding.weight"))
    assert here.keys() == tensors.keys() - {"Wemb"}
    network.fill(network.model.decoder.layers)
    network.fill(network.model.get_submodule("encoder.layers"))
    assert here.keys() == {"decoder_ff_logit_out_b"}
