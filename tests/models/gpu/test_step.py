"""Fused steps of every kind of decoder beside those of its modules."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from crosslate.models.gpu.step import FusedStep
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.state import LayerState
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.cases import LONG_INPUTS, T5_LIKE
from tests.models.families.encoder_decoder_cases import BERT2BERT
from tests.models.families.parity import build_checkpoint
from tests.models.marian_files import make_student, write_student, write_vocabulary

CASES = {case.name: case for case in (*BART_LIKE, *T5_LIKE, LONG_INPUTS[0], BERT2BERT)}
STUDENTS = ("rnn", "self-attention")
ROWS, STEPS, SOURCE = 3, 2, 7


@pytest.fixture(scope="module", params=[*CASES, *STUDENTS])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder: Path = tmp_path_factory.mktemp("model")
    if request.param in STUDENTS:
        vocab_size = write_vocabulary(folder / "vocab.enpt.spm")
        student = make_student(vocab_size, transformer_decoder_autoreg=request.param)
        write_student(folder / "model.enpt.bin", student)
        return load_model(str(folder), dtype="float32")
    return build_checkpoint(CASES[request.param], folder).loaded


def new_states(model: EncoderDecoder, device: torch.device) -> list[LayerState]:
    """Without a target so far, and of random sources."""
    state = model.decoder.new_state(1, torch.float32, device)
    state.reserve(ROWS, 32, SOURCE)
    generator = torch.Generator(device).manual_seed(1)
    for layer in state.layers:
        for tensor in layer.source.used(ROWS, SOURCE).tensors.values():
            tensor.copy_(torch.randn(tensor.shape, device=device, generator=generator))
    return state.layers


@torch.inference_mode()
def test_fused_steps_are_the_modules_steps(loaded: LoadedModel, device: torch.device) -> None:
    model = loaded.model.to(device)
    fused, plain, states = FusedStep(model), new_states(model, device), new_states(model, device)
    lengths = torch.tensor([SOURCE, 1, 4], device=device)
    for step in range(STEPS):
        tokens = torch.tensor([[3 + step], [4], [5 + 2 * step]], device=device)
        positions = torch.full((ROWS,), step, device=device)
        with_masks = StepLayout(
            num_rows=ROWS,
            positions=positions,
            longest_target=32,
            longest_source=SOURCE,
            self_bias=key_padding_bias(positions + 1, 32, torch.float32),
            cross_bias=key_padding_bias(lengths, SOURCE, torch.float32),
        )
        with_lengths = dataclasses.replace(
            with_masks, self_bias=None, cross_bias=None, lane_lengths=positions + 1, source_lengths=lengths
        )
        expected = model.decoder.step(tokens, plain, with_masks)
        actual = model.decoder.step(tokens, states, with_lengths, fused)
        torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)
        scores = fused.scores(actual.flatten(0, 1))
        torch.testing.assert_close(scores, model.logits(expected.flatten(0, 1)), atol=1e-4, rtol=1e-4)
