"""Networks read layer by layer are, to the last bit, those that were whole before they were rounded."""

from __future__ import annotations

import dataclasses
import shutil
import tarfile
from pathlib import Path
from weakref import WeakSet

import pytest
import torch
from torch import nn

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.families import bergamot_folder
from crosslate.models.int8.input_centers import probing_pairs
from crosslate.models.int8.int8_network import read_int8
from crosslate.models.int8.quantization import Int8Linear
from crosslate.models.layers.layers import Linear
from crosslate.models.loading import load_model
from crosslate.models.native.kernels import load_kernels
from tests.models.families.cases import CASES, EXPERTS
from tests.models.families.encoder_decoder_cases import UNLIKE
from tests.models.families.parity import Case, ReferenceModel, build_checkpoint
from tests.models.families.trained_models import FOLDER
from tests.models.marian_files import make_student, write_student, write_vocabulary
from tests.models.stored_networks import stored
from tests.models.whole_int8 import assert_is_whole_int8, whole_centers

NAMES = ("bart", "pegasus_x", "umt5", "t5gemma", "t5gemma, wider encoder", "prophetnet")
OUTLYING = (*(case for case in CASES if case.name in NAMES), *EXPERTS, UNLIKE)


def far_from_zero(model: ReferenceModel) -> None:
    """One input of most layers is so in every row, as in trained networks."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.bias") or name.endswith("LayerNorm.bias"):
                parameter[3] = 40.0
            if parameter.dim() == 2 and ("embed" in name or "shared" in name):
                parameter[:, 3] += 20.0


@pytest.mark.parametrize("case", OUTLYING, ids=str)
def test_each_family(case: Case, tmp_path: Path) -> None:
    built = build_checkpoint(dataclasses.replace(case, before_saving=far_from_zero), tmp_path)
    place = tmp_path / "kept"
    for weights_dir in (None, place, place):  # packed; packed and kept; mapped
        int8 = load_model(str(tmp_path), dtype="int8", weights_dir=weights_dir).model
        assert_is_whole_int8(int8, built.loaded.model)
    if load_kernels() is not None:
        assert len(whole_centers(built.loaded.model)) > 2, "there is something to compare"


@pytest.mark.parametrize("tied", [True, False])
def test_integers_that_a_file_holds(tied: bool, tmp_path: Path) -> None:
    student = make_student(write_vocabulary(tmp_path / "vocab.enpt.spm"), tied_embeddings_all=tied)
    write_student(tmp_path / "model.enpt.bin", student, int8=student.matrices)
    names = [name for name, _ in load_model(str(tmp_path), dtype="float32").model.named_parameters()]
    network = bergamot_folder.load(tmp_path).network
    steps = {name: found for name in names if (found := network.row_steps(name)) is not None}
    assert len(steps) > 10
    whole = load_model(str(tmp_path), dtype="float32").model
    for weights_dir in (None, tmp_path / "kept", tmp_path / "kept"):
        int8 = load_model(str(tmp_path), dtype="int8", weights_dir=weights_dir).model
        assert_is_whole_int8(int8, whole, steps)


def test_a_recurrent_network(tmp_path: Path) -> None:
    with tarfile.open(FOLDER / "marian-1.12.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "lstm"
    shutil.copy(tmp_path / "vocab.spm", folder / "vocab.xxyy.spm")
    int8, whole = (load_model(str(folder), dtype=dtype).model for dtype in ("int8", "float32"))
    assert_is_whole_int8(int8, whole)


class Watched(StoredNetwork):
    """Knows how many linear layers stand in memory in float32 whenever some are read."""

    layers: WeakSet[nn.Module]
    most: int

    def fill(self, module: nn.Module, *args: object, **options: object) -> None:
        super().fill(module, *args, **options)  # type: ignore[arg-type]
        self.layers.update(m for m in module.modules() if isinstance(m, Linear) and not m.weight.is_meta)
        self.most = max(self.most, len([m for m in self.layers if m is not self.model.output]))


def test_one_layer_at_a_time_is_there_in_float32(marian_folder: Path) -> None:
    """Its linear layers go as the next one's come; the tables of tokens never come."""
    network = stored(load_model(str(marian_folder), dtype="float32").model, Watched)
    network.layers, network.most = WeakSet(), 0
    model = read_int8(network)
    assert network.most <= 7 + 1  # of a decoder's layer, and the one that a loop has just left
    assert not [layer for layer in network.layers if layer.weight.device.type == "cpu"]
    assert sum(isinstance(module, Int8Linear) for module in model.modules()) == 2 * 4 + 2 * 7 + 1
    assert all(parameter.dim() == 1 for parameter in model.parameters())


def test_what_is_read_to_find_centers_is_always_the_same(marian_folder: Path) -> None:
    model = load_model(str(marian_folder), dtype="float32").model
    pairs = probing_pairs(model)
    assert pairs == probing_pairs(stored(model, StoredNetwork).model), "also of a network without values"
    assert len(pairs) == 8
