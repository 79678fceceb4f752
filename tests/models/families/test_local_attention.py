"""Luong's windows with each of his scores and encoders, in random networks: as a plain network makes them."""

from __future__ import annotations

import random
import shutil
import tarfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.loading import load_model
from tests.models.families.test_luong import ARCHIVE, Network
from tests.models.families.trained.luong import Luong
from tests.models.families.trained_models import READ, attention, beside_each_other

EOS, FIRST_WORD = 3, 4
MAX_NEW_TOKENS = 12


@pytest.fixture(
    params=[
        ("mlp", "rnn", "monotone"),
        ("mlp", "rnn", "predictive"),
        ("mlp", "brnn", None),
        ("mlp", "brnn", "predictive"),
        ("general", "brnn", "monotone"),
        ("dot", "brnn", "predictive"),
    ],
    ids="-".join(["{0[0]}", "{0[1]}", "{0[2]}"]).format,
)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    score, encoder, window = request.param
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    trained = tmp_path / "predictive"
    shutil.copy(tmp_path / "vocab.spm", trained)
    with torch.serialization.safe_globals([Namespace]):
        content = torch.load(trained / "model.pt", weights_only=True)
    content["opt"] = Namespace(
        **vars(content["opt"])
        | {"global_attention": score, "encoder_type": encoder, "local_attention": window}
    )
    torch.manual_seed(0)
    network = Luong(content["opt"], len(content["vocab"]["tgt"]))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3.0)  # so that sources count
        network.generator.bias[:EOS] = -50.0  # what is no word, and is written by nobody
    content["model"], content["generator"] = network.saved()
    torch.save(content, trained / "model.pt")
    return trained


def test_tokens_scores_and_attention_alone_and_beside_others(folder: Path) -> None:
    network, model = Network(folder), load_model(str(folder), dtype="float32")
    rng = random.Random(2)
    requests = [
        GenerationRequest(
            source_ids=[rng.randrange(FIRST_WORD, len(network.words)) for _ in range(length)],
            params=GenerationParams(max_new_tokens=MAX_NEW_TOKENS),
            attention=READ,
        )
        for length in (1, 2, 5, 9, 14, 30)
    ]
    written = set()
    for (output, alone), request in zip(beside_each_other(model, requests), requests, strict=True):
        tokens = output.token_ids
        log_probs, maps = network.decode(request.source_ids, tokens[:-1])
        assert tokens == log_probs.argmax(dim=-1).tolist()
        assert tokens[-1] == EOS or len(tokens) == MAX_NEW_TOKENS
        assert output.score == pytest.approx(float(log_probs.amax(dim=-1).mean()), abs=1e-4)
        for found in (output, alone):
            np.testing.assert_allclose(attention(found), maps.numpy(), rtol=0, atol=1e-5)
        written.add(tuple(tokens))
    assert len(written) > 3, "else the comparison would show little"
