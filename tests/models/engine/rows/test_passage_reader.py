"""Passages are read as they would be written: every token as probable as in a step of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.passage_reader import MAX_TOKENS, PassagePass, groups_to_read
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scores.copy_rule import CopyRule
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.sequence import Sequence
from crosslate.models.layers.layers import START
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import load_model
from crosslate.models.network.transformer import EncoderDecoder
from tests.models.engine.rows.forced_decoding import make_sequence, ragged
from tests.models.network.test_transformer import DECODERS, SPEC, build, teacher_forced

CPU = torch.device("cpu")


def read(
    model: EncoderDecoder,
    source: list[int],
    targets: list[list[int]],
    *,
    shortlist: LexicalShortlist | None = None,
    copying: CopyRule | None = None,
) -> list[torch.Tensor]:
    packing = Packing.of([len(source)], CPU)
    memories = model.project_sources(model.encode(pack_ids([source], CPU), packing), packing)
    reader = PassagePass(Network(model=model, shortlist=shortlist, copying=copying))
    return [torch.from_numpy(values) for values in reader.log_probs(source, targets, memories)]


@pytest.mark.parametrize("name", list(DECODERS))
@pytest.mark.parametrize("starts_from_zero", [False, True])
@torch.inference_mode()
def test_each_target_is_read_as_if_it_were_alone(name: str, *, starts_from_zero: bool) -> None:
    start = START if starts_from_zero else 3
    model = build(
        replace(SPEC, decoder=DECODERS[name], decoder_start_token_id=None if starts_from_zero else 3)
    )
    targets = [[4, 5, 6, 7, 8], [9], [11, 12, 13, 0]]
    for target, found in zip(targets, read(model, [5, 6, 7, 0], targets), strict=True):
        states = teacher_forced(model, [[5, 6, 7, 0]], torch.tensor([[start, *target[:-1]]]))
        expected = model.logits(states)[0].log_softmax(dim=1)
        torch.testing.assert_close(found, expected[range(len(target)), target], rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_the_starter_reads_by_the_rules_that_it_writes_by() -> None:
    """In int8, with a shortlist, and favouring what continues its source."""
    loaded = load_model("starter/summarize-en")
    source = loaded.tokenizer.encode_source("The council closed Ryleigh Bridge. A ferry runs instead.")
    assert loaded.shortlist is not None
    assert loaded.copying is not None
    runner = ModelRunner(loaded.model, shortlist=loaded.shortlist, copying=loaded.copying)
    targets = [source[2:7], source[:4]]
    found = read(runner.model, source, targets, shortlist=loaded.shortlist, copying=loaded.copying)
    for target, values in zip(targets, found, strict=True):
        expected = written(runner, make_sequence(source), target)
        torch.testing.assert_close(values, expected, rtol=0.02, atol=0.02)


def written(runner: ModelRunner, sequence: Sequence, target: list[int]) -> torch.Tensor:
    """The log-probabilities of a target's tokens, step by step: (T,)."""
    runner.join([sequence])
    (batch,) = map(ragged, runner.batches)
    values = []
    for token in target:
        scores = batch.decode().over_vocabulary(slice(0, 1), runner.limits.vocab_size)
        values.append(scores[0].log_softmax(dim=0)[token])
        batch.advance([[token]], None)
    runner.leave([sequence])
    return torch.stack(values)


def test_groups_are_of_like_length_and_bounded() -> None:
    lengths = [3, 400, 5, MAX_TOKENS + 1, 200, 4, 250, 260]
    groups = list(groups_to_read(lengths))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    assert groups == [[0, 5, 2], [4, 6], [7], [1], [3]]
