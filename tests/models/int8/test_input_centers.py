"""What is taken off a layer's inputs before they are rounded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from crosslate.models.int8.input_centers import Centers, center_of, input_centers
from crosslate.models.int8.quantization import Int8Linear
from crosslate.models.layers.layers import Linear
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import load_model
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.stored_networks import int8_of

SOURCE = [5, 9, 3, 12, 7, 0]


def outlying(folder: Path) -> EncoderDecoder:
    """A network with an input that is far from zero in every row, as trained ones have some."""
    model = load_model(str(folder), dtype="float32").model
    for name, parameter in model.named_parameters():
        if re.search(r"norm\.bias$", name):
            parameter[3] = 40.0
    return model


def centers_of(model: EncoderDecoder) -> Centers:
    return {linear: center for _, centers in input_centers(model) for linear, center in centers.items()}


def encoded(model: EncoderDecoder) -> Tensor:
    packing = Packing.of([len(SOURCE)], torch.device("cpu"))
    return model.encode(pack_ids([SOURCE], torch.device("cpu")), packing)


def test_centers_are_what_is_common_to_all_rows(marian_folder: Path) -> None:
    model = outlying(marian_folder)
    centers = centers_of(model)
    inner = model.get_submodule("encoder.layers.0.feed_forward.inner")
    assert centers[inner].shape == (model.spec.width,)
    assert centers[inner][3] == pytest.approx(40.0, abs=3.0)
    again = centers_of(model)
    assert list(again) == list(centers), "the same each time"
    assert all(torch.equal(again[linear], center) for linear, center in centers.items())


def test_they_are_the_same_in_a_process_of_more_threads(marian_folder: Path) -> None:
    """Replicas of one model round alike, whatever number of threads each has."""
    model, seen = outlying(marian_folder), set()
    inner = model.get_submodule("encoder.layers.0.feed_forward.inner")
    inner.register_forward_pre_hook(lambda *_: seen.add(torch.get_num_threads()))
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        centers_of(model)
        assert (seen, torch.get_num_threads()) == ({1}, 3)
    finally:
        torch.set_num_threads(before)


def test_what_has_no_narrower_range_is_left_alone() -> None:
    """What was rectified has its least entry, zero, in common: no center is better."""
    rows = torch.randn(50, 64, generator=torch.Generator().manual_seed(1))
    assert center_of(rows.relu()) is None
    assert center_of(rows) is None
    rows[:, 9] += 30.0
    center = center_of(rows)
    assert center is not None
    torch.testing.assert_close(center, rows.mean(dim=0))


def test_a_network_is_left_as_it_was(marian_folder: Path) -> None:
    model = outlying(marian_folder)
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    centers_of(model)
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())
    assert not any(module._forward_pre_hooks for module in model.modules() if isinstance(module, Linear))


@pytest.mark.skipif(load_kernels() is None, reason="the kernels are not compiled: no C compiler")
def test_int8_is_nearer_to_float32_with_them(marian_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = encoded(outlying(marian_folder))
    centered = int8_of(outlying(marian_folder))
    if all(m.packed.levels > 255 for m in centered.modules() if isinstance(m, Int8Linear)):
        pytest.skip("two bytes everywhere")
    monkeypatch.setattr("crosslate.models.int8.input_centers.center_of", lambda rows: None)
    plain = int8_of(outlying(marian_folder))
    errors = [(encoded(model) - exact).norm() for model in (centered, plain)]
    assert errors[0] < 0.7 * errors[1], "the rest is the rounding of weights"
