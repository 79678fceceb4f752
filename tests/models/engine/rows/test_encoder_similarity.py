"""The encoder's states of two texts, compared, against `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, AttentionSelection
from crosslate.models.engine.rows.encoder_similarity import similarity_map
from crosslate.models.errors import InvalidParamsError
from crosslate.models.loading import LoadedModel, load_model

LAST_LAYER = AttentionSelection(layer=1)
SOURCES, TARGETS = [[5, 9, 7, 0], [8, 0], [30, 31, 6, 12, 0]], [[6, 5, 0], [11, 8, 9, 7, 0], [4, 0]]


@pytest.fixture(scope="module")
def loaded(marian_folder: Path) -> LoadedModel:
    return load_model(str(marian_folder), dtype="float32")


def expected(reference: Any, source: list[int], target: list[int], scale: float) -> FloatArray:
    encoder = reference.get_encoder()
    with torch.inference_mode():
        ours, theirs = (encoder(torch.tensor([ids])).last_hidden_state[0] for ids in (source, target))
    cosines = torch.nn.functional.cosine_similarity(theirs[:, None], ours[None], dim=-1)
    weights = torch.exp(cosines * scale)
    normalised: FloatArray = (weights / weights.sum(dim=1, keepdim=True)).numpy()
    return normalised


@torch.inference_mode()
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_maps_are_those_of_the_published_encoder_whatever_else_is_asked(
    loaded: LoadedModel, marian_reference: Any, scale: float
) -> None:
    by_encoder = [
        AlignmentRequest(source_ids=source, target_ids=target, encoder_scale=scale)
        for source, target in zip(SOURCES, TARGETS, strict=True)
    ]
    attending = AlignmentRequest(source_ids=SOURCES[0], target_ids=TARGETS[0], attention=LAST_LAYER)
    runner = loaded.make_engine()._runner
    first, attended, *others = runner.align([by_encoder[0], attending, *by_encoder[1:]])
    for found, source, target in zip([first, *others], SOURCES, TARGETS, strict=True):
        np.testing.assert_allclose(found, expected(marian_reference, source, target, scale), atol=1e-5)
    np.testing.assert_allclose(attended, runner.align([attending])[0], atol=1e-6)


def test_states_without_length_say_nothing() -> None:
    weights = similarity_map(torch.zeros(3, 4), torch.ones(2, 4), 20.0)
    np.testing.assert_allclose(weights, np.full((2, 3), 1 / 3), atol=1e-6)


@pytest.mark.parametrize(
    ("target", "scale", "said"),
    [
        ([5, 0], 0.0, "encoder_scale is 0.0"),
        ([5, 0], float("nan"), "above 0"),
        ([10**6], 1.0, "the target has"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    loaded: LoadedModel, target: list[int], scale: float, said: str
) -> None:
    with pytest.raises(InvalidParamsError, match=said):
        loaded.make_engine().prepare(
            AlignmentRequest(source_ids=[5, 0], target_ids=target, encoder_scale=scale)
        )
