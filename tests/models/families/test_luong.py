"""Attention of Luong's that OpenNMT-py has not, in its files: as a plain network makes it, and with links."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from crosslate.models.errors import CheckpointError
from crosslate.models.families.opennmt_py import spec_from_options
from crosslate.models.families.parts import TokenIds
from crosslate.models.loading import DType, load_model
from crosslate.models.specs.recurrent_spec import LocalSpec
from tests.models.families.trained.luong import Luong
from tests.models.families.trained_models import (
    FOLDER,
    GREEDY,
    READ,
    Trained,
    alignment_error,
    check_as_trained,
    check_batching_is_invisible,
    check_fixed_shapes,
)

ARCHIVE = FOLDER / "luong.tar.xz"
NAMES = ("general", "monotone", "predictive")


class Network:
    """The network that was trained, as it was."""

    def __init__(self, folder: Path) -> None:
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(folder / "model.pt", weights_only=True)
        self.words: list[str] = content["vocab"]["tgt"]
        self.model = Luong(content["opt"], len(self.words)).eval()
        self.model.restore(content["model"], content["generator"])

    @torch.inference_mode()
    def decode(
        self, source: list[int], target: list[int], read: list[int] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """After the start and each of `target`: log-probabilities (T + 1, V), and the map (T + 1, S)."""
        inputs = torch.tensor([[self.words.index("<s>"), *target]])
        log_probs, maps = self.model(torch.tensor([source]), torch.tensor([len(source)]), inputs, read)
        return log_probs[0], maps[0]

    def greedy(self, source: list[int]) -> dict[str, Any]:
        target: list[int] = []
        while target[-1:] != [self.words.index("</s>")]:
            target.append(int(self.decode(source, target)[0][-1].argmax()))
        log_probs, maps = self.decode(source, target[:-1])
        words = [self.words[i].removeprefix("▁") for i in target[:-1]]
        score = float(log_probs[range(len(target)), target].sum())
        return {"text": " ".join(words), "score": score, "attention": maps.tolist()}


def unpack(root: Path, names: Sequence[str]) -> dict[str, Trained]:
    """Models with what their own networks make of the texts."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    tests = json.loads((root / "tests.json").read_text())
    found = {}
    for name in names:
        shutil.copy(root / "vocab.spm", root / name)
        network, words = Network(root / name), [test["source"].split() for test in tests]
        sources = [[network.words.index(f"▁{word}") for word in text] for text in words]
        outputs = [network.greedy(source) for source in sources]
        (root / name / "expected.json").write_text(json.dumps({"tests": tests, "outputs": {"1": outputs}}))
        found[name] = Trained(root / name)
    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    return unpack(tmp_path_factory.mktemp("trained"), NAMES)


@pytest.fixture(params=NAMES)
def trained(models: dict[str, Trained], request: pytest.FixtureRequest) -> Trained:
    return models[request.param]


def test_tokens_scores_and_attention(trained: Trained) -> None:
    check_as_trained(trained, 1, GREEDY)


@pytest.mark.parametrize("name", ["monotone", "predictive"])
def test_rows_that_come_and_go_beside_each_other(models: dict[str, Trained], name: str) -> None:
    check_batching_is_invisible(models[name])


def test_in_fixed_shapes_as_on_a_gpu(trained: Trained) -> None:
    check_fixed_shapes(trained)


def test_any_target_of_any_source(trained: Trained) -> None:
    """Shorter and longer ones than it was trained with, also far longer than their sources."""
    rng, network = random.Random(4), Network(trained.folder)
    engine, vocab_size = trained.loaded.make_engine(), len(network.words)
    for num_source, num_target in ((1, 6), (3, 15), (30, 4), (14, 30)):
        source, target = (
            [rng.randrange(4, vocab_size) for _ in range(length)] for length in (num_source, num_target)
        )
        expected = network.decode(source, target)[1][:-1]
        torch.testing.assert_close(engine.align(source, target, READ), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16"])
def test_planted_links_are_recovered(trained: Trained, dtype: DType) -> None:
    """Alignment error at most 0.02 (Och & Ney 2003)."""
    model = load_model(str(trained.folder), dtype=dtype)
    assert alignment_error(model, trained.expected["tests"]) <= 0.02


@pytest.mark.parametrize("name", ["monotone", "predictive"])
def test_nothing_is_seen_outside_of_the_window(models: dict[str, Trained], name: str) -> None:
    source = [4 + i for i in range(30)]
    spec = models[name].loaded.spec
    radius = {"monotone": 2, "predictive": 4}[name]
    for row in models[name].loaded.make_engine().align(source, source, READ):
        seen = torch.nonzero(row)
        assert len(seen) <= 2 * radius + 1 <= len(source), spec
        assert int(seen.max() - seen.min()) < 2 * radius + 1


def test_windows_are_read_from_options() -> None:
    options = {"layers": 1, "hidden_size": 4, "word_vec_size": 4}
    ids = TokenIds(source_size=9, target_size=9, start=2, end=3, pad=1)
    window = {"local_attention": "predictive", "local_attention_window": 10}
    assert spec_from_options(options, ids).local is None
    assert spec_from_options(options | window, ids).local == LocalSpec(radius=10, predicts=True)
    for name, value in (("local_attention", "both"), ("local_attention_window", 0)):
        with pytest.raises(CheckpointError, match=f"{name} is {value!r}"):
            spec_from_options(options | window | {name: value}, ids)
