"""How the weights by which sentences are chosen are fitted."""

from __future__ import annotations

import pytest
import torch

from training.salience.fit import fit_to_stories
from training.salience.lessons import Lesson

NUM_SENTENCES, NUM_FEATURES = 40, 4


def story(seed: int, weights: torch.Tensor) -> Lesson:
    """Whose sentences are worth just what these weights (F,) say."""
    features = torch.randn(NUM_SENTENCES, NUM_FEATURES, generator=torch.Generator().manual_seed(seed))
    return Lesson("story", features, features @ weights, [False] * NUM_SENTENCES, [])


def test_what_is_free_is_fitted_to_the_worth_of_sentences_and_the_rest_is_held() -> None:
    wanted = torch.tensor([0.0, 1.0, 0.0, -0.5])
    stories = [story(seed, wanted) for seed in range(5)]
    held = torch.tensor([7.0, 0.0, 0.0, 0.0])
    # A feature that is held, and would spoil the fit, is in none of these sentences.
    for lesson in stories:
        lesson.features[:, 0] = 0.0
    is_free = torch.tensor([False, True, False, True])
    found = fit_to_stories(stories, held, is_free)
    assert found[~is_free].tolist() == [7.0, 0.0]
    assert float(found[3] / found[1]) == pytest.approx(-0.5, abs=0.05)
    assert float(found[1]) > 0.5
