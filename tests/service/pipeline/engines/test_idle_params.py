"""Parameters that change nothing are named, unless one of the models heeds them."""

from __future__ import annotations

import dataclasses

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.idle_params import idle_params


def test_what_one_of_two_models_heeds_is_not_idle() -> None:
    given = GenerationParams(length_penalty=2.0)
    beams = [given, dataclasses.replace(given, num_beams=4)]
    assert idle_params(given, beams) == []
    (named,) = idle_params(given, beams[:1])
    assert named.message.partition(" ")[0] == "length_penalty"
