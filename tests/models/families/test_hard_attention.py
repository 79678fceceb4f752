"""Models that read one source token a step: the likeliest, or one that is drawn."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import DType, load_model
from tests.models.families import test_marian_rnn
from tests.models.families.test_luong import Network, unpack
from tests.models.families.trained_models import (
    GREEDY,
    READ,
    Trained,
    alignment_error,
    attention,
    beside_each_other,
    changed_copy,
    check_as_trained,
    check_batching_is_invisible,
    check_fixed_shapes,
)


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained with links, its attention hard."""
    return unpack(tmp_path_factory.mktemp("trained"), ["hard"])["hard"]


@pytest.fixture(scope="module")
def unsure(hard: Trained, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """It draws now this, now that: its scores are a twentieth of what they were."""

    def blur(content: dict[str, Any]) -> None:
        content["model"]["decoder.attn.linear_in.weight"] /= 20

    return Trained(changed_copy(hard, tmp_path_factory.mktemp("unsure") / "hard", blur))


def test_tokens_scores_and_attention(hard: Trained) -> None:
    check_as_trained(hard, 1, GREEDY)


def test_rows_that_come_and_go_beside_each_other(hard: Trained) -> None:
    check_batching_is_invisible(hard)


def test_in_fixed_shapes_as_on_a_gpu(hard: Trained) -> None:
    check_fixed_shapes(hard)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16"])
def test_planted_links_are_recovered(hard: Trained, dtype: DType) -> None:
    """Alignment error at most 0.02 (Och & Ney 2003)."""
    model = load_model(str(hard.folder), dtype=dtype)
    assert alignment_error(model, hard.expected["tests"]) <= 0.02


def sampled(trained: Trained, seeds: list[int], **settings: Any) -> list[GenerationRequest]:
    """The texts in turn, one for each seed."""
    encode, texts = trained.loaded.tokenizer.encode_source, trained.texts
    return [
        GenerationRequest(
            source_ids=encode(texts[i % len(texts)]),
            params=GenerationParams(do_sample=True, seed=seed, max_new_tokens=12, **settings),
            attention=READ,
        )
        for i, seed in enumerate(seeds)
    ]


def test_a_map_shows_what_was_drawn_and_read(unsure: Trained) -> None:
    """The plain network, made to read what the map shows, gives each output the score that it has."""
    requests = sampled(unsure, list(range(8)), num_return_sequences=2)
    network, num_unlikely = Network(unsure.folder), 0
    for request, output in zip(requests, unsure.loaded.make_engine().generate(requests), strict=True):
        for hypothesis in output.hypotheses:
            assert hypothesis.attention is not None
            assert set(np.unique(hypothesis.attention)) <= {0, 1}
            assert (hypothesis.attention.sum(axis=1) == 1).all()
            target = hypothesis.token_ids
            read = hypothesis.attention.argmax(axis=1).tolist()
            log_probs, _ = network.decode(request.source_ids, target[:-1], read)
            score = float(log_probs[range(len(target)), target].mean())
            assert hypothesis.score == pytest.approx(score, abs=1e-4)
            _, likeliest = network.decode(request.source_ids, target[:1])
            num_unlikely += int(likeliest[0].argmax()) != read[0]
    assert num_unlikely > 3, "else nothing was drawn"


def test_a_seed_reads_the_same_alone_and_beside_others(unsure: Trained) -> None:
    # One token to choose from: what is read alone decides.
    requests = sampled(unsure, [3, 4, 5, 2**64 - 1] * 2, top_k=1)
    requests += sampled(unsure, [1], num_beams=3)
    for output, expected in beside_each_other(unsure.loaded, requests):
        np.testing.assert_array_equal(attention(output), attention(expected))


def test_other_seeds_read_other_tokens(unsure: Trained) -> None:
    requests = [replace(r, source_ids=[5, 6, 7, 8, 9]) for r in sampled(unsure, list(range(20)), top_k=1)]
    outputs = unsure.loaded.make_engine().generate(requests)
    assert len({attention(output)[:2].tobytes() for output in outputs}) > 5


def test_without_a_seed_reading_differs_from_one_time_to_the_next(unsure: Trained) -> None:
    request = sampled(unsure, [0], top_k=1)[0]
    unseeded = replace(request.params, seed=None)
    requests = [GenerationRequest(source_ids=[5, 6, 7, 8, 9], params=unseeded, attention=READ)] * 20
    requests = [replace(r, request_id=i) for i, r in enumerate(requests)]
    outputs = unsure.loaded.make_engine().generate(requests)
    assert len({attention(output)[:2].tobytes() for output in outputs}) > 1


def test_additive_attention_read_hard(tmp_path: Path) -> None:
    """A model of Marian's that was trained with links, told to read one token a step."""
    with tarfile.open(test_marian_rnn.ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    soft, folder = tmp_path / "planted", tmp_path / "hard"
    shutil.copy(tmp_path / "vocab.spm", soft / "vocab.xxyy.spm")
    shutil.copytree(soft, folder)
    (path,) = folder.glob("*.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    options = yaml.safe_load(arrays["special:model.yml"].tobytes().rstrip(b"\0")) | {"hard-attention": True}
    arrays["special:model.yml"] = np.frombuffer(yaml.safe_dump(options).encode() + b"\0", dtype=np.int8)
    np.savez(path, **arrays)
    tests = json.loads((folder / "expected.json").read_text())["tests"]
    models = [load_model(str(one), dtype="float32") for one in (soft, folder)]
    assert alignment_error(models[1], tests) <= 0.02
    for test in tests:
        source = models[0].tokenizer.encode_source(test["source"])
        target = models[0].tokenizer.tokenize_target(test["target"]).ids
        weights, one = (model.make_engine().align(source, target, READ) for model in models)
        assert torch.equal(one.sum(dim=1), torch.ones(len(target)))
        assert set(np.unique(one.numpy())) == {0, 1}
        # Nothing has been read before the first look.
        assert int(one[0].argmax()) == int(weights[0].argmax())
