"""The trainer, on a tiny student: its loss and gradients, and that a resumed run is the same run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from crosslate.models.families import bergamot_folder
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.families.marian_student import NumpyStudent, continuations
from tests.models.marian_files import Student, make_student, write_student, write_vocabulary
from training import train
from training.batches import BROAD, TokenPair, make_batch
from training.network import Worker
from training.train import Trainer, start_from

PAIRS = [TokenPair([5, 9, 2, 9, 7, 0], [9, 2, 0]), TokenPair([4, 4, 0], [11, 3, 8, 0])]
FREQUENT = [0, 2, 3, 20, 21]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    write_student(folder / "model.bin", _student(folder))
    return folder


def _student(folder: Path) -> Student:
    return make_student(write_vocabulary(folder / "vocab.spm"), seed=1)


@pytest.fixture
def model(folder: Path) -> EncoderDecoder:
    return bergamot_folder.load(folder).network.filled(torch.float32)


def weights_of(model: EncoderDecoder) -> dict[str, Tensor]:
    return {name: parameter.data.clone() for name, parameter in model.named_parameters()}


def expected_loss(student: NumpyStudent, pair: TokenPair, vocabulary: list[int], copy_bias: float) -> float:
    logits = student.decode(pair.source, pair.target[:-1])[0]
    for step in range(len(pair.target)):
        logits[step, continuations(pair.source, pair.target[:step])] += copy_bias
    logits = logits[:, vocabulary]
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -float(
        sum(row[vocabulary.index(token)] for row, token in zip(log_probs, pair.target, strict=True))
    )


@pytest.mark.parametrize("copy_bias", [0.0, 2.0])
def test_the_loss_is_that_of_the_target_over_the_batch_vocabulary(
    folder: Path, model: EncoderDecoder, copy_bias: float
) -> None:
    batch = make_batch(PAIRS, FREQUENT)
    loss, _ = Worker(model.spec, weights_of(model), copy_bias=copy_bias).gradients(batch, 0.0, 1.0)
    vocabulary = sorted({*FREQUENT, *(t for pair in PAIRS for t in (*pair.source, *pair.target))})
    assert batch.vocabulary.tolist() == vocabulary
    student = NumpyStudent(_student(folder))
    expected = sum(expected_loss(student, pair, vocabulary, copy_bias) for pair in PAIRS)
    assert loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "encoder.embedding.weight",
        "encoder.layers.0.attention.qkv.weight",
        "decoder.layers.1.mixer.gates.weight",
    ],
)
def test_a_small_step_against_the_gradient_lowers_the_loss_as_it_says(
    model: EncoderDecoder, name: str
) -> None:
    weights = weights_of(model)
    worker = Worker(model.spec, weights)
    batch = make_batch(PAIRS, FREQUENT)
    before, gradients = worker.gradients(batch, 0.0, 1.0)
    gradient = gradients[name]
    step = 2e-3 / float(gradient.norm())
    if name == "encoder.embedding.weight":
        weights[name].index_add_(0, batch.vocabulary, gradient, alpha=-step)
    else:
        weights[name].sub_(step * gradient)
    after, _ = worker.gradients(batch, 0.0, 1.0)
    assert before - after == pytest.approx(step * float(gradient.norm()) ** 2, rel=0.1)


def trainer(model: EncoderDecoder, out: Path, steps: int) -> Trainer:
    pairs = dict.fromkeys(BROAD, PAIRS * 3)
    return Trainer(model, pairs, out, steps=steps, decay_steps=2, num_threads=2)


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    model: EncoderDecoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "REPORT_EVERY", 1)
    monkeypatch.setattr("training.batches.ROUND_TOKENS", 500)
    whole = trainer(model, tmp_path / "whole", steps=6)
    whole.run()
    interrupted = trainer(model, tmp_path / "parts", steps=6)
    interrupted.run(until=3)
    resumed = trainer(model, tmp_path / "parts", steps=6)
    resumed.resume()
    resumed.run()
    for name, weight in whole.weights.items():
        assert torch.equal(weight, resumed.weights[name]), name
        assert torch.equal(whole.average[name], resumed.average[name]), name
    assert (tmp_path / "whole" / "curve.csv").read_text().count("\n") == 7
    assert whole.tokens == resumed.tokens


def test_it_learns(model: EncoderDecoder, tmp_path: Path) -> None:
    learner = trainer(model, tmp_path, steps=40)
    losses = [learner.train_step(learner.next_groups()) for _ in range(40)]
    assert sum(losses[-10:]) < 0.97 * sum(losses[:10])


def test_a_second_run_starts_between_the_first_ones_average_and_the_initial_weights(
    model: EncoderDecoder, tmp_path: Path
) -> None:
    initial = weights_of(model)
    first = trainer(model, tmp_path, steps=3)
    first.train_step(first.next_groups())
    first.save()
    early = {name: weight.clone() for name, weight in first.average.items()}
    (tmp_path / "checkpoint.pt").rename(tmp_path / "early.pt")
    first.train_step(first.next_groups())
    first.save()
    start_from(model, [tmp_path / "early.pt", tmp_path / "checkpoint.pt"], share=0.75)
    for name, weight in weights_of(model).items():
        mean = (early[name] + first.average[name]) / 2
        torch.testing.assert_close(weight, 0.75 * mean + 0.25 * initial[name])
