"""What of the attention that a request asks for is refused before it is queued."""

from __future__ import annotations

import pytest

from crosslate.models.engine.request import AlignmentRequest, AttentionSelection, GenerationRequest
from crosslate.models.errors import InvalidParamsError
from tests.models.engine.fakes import NUM_HEADS, NUM_LAYERS, FakeRunner, make_engine


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        (AttentionSelection(layer=NUM_LAYERS), "layer 2: the decoder has layers 0 to 1"),
        (AttentionSelection(layer=-1), "layer -1"),
        (AttentionSelection(layer=0, heads=(0, NUM_HEADS)), r"heads \[0, 3\]: name one or more of 0 to 2"),
        (AttentionSelection(layer=0, heads=(-1,)), r"heads \[-1\]"),
        (AttentionSelection(layer=0, heads=()), r"heads \[\]"),
        (AttentionSelection(heads=(0,)), "need a layer"),
    ],
    ids=str,
)
def test_attention_that_the_model_does_not_have(selection: AttentionSelection, named: str) -> None:
    engine = make_engine(FakeRunner())
    for request in (
        GenerationRequest(source_ids=[5, 0], attention=selection),
        AlignmentRequest(source_ids=[5, 0], target_ids=[6, 0], attention=selection),
    ):
        with pytest.raises(InvalidParamsError, match=named):
            engine.prepare(request)
    assert not engine.has_work


@pytest.mark.parametrize(
    "selection",
    [
        AttentionSelection(),
        AttentionSelection(row="input"),
        AttentionSelection(layer=NUM_LAYERS - 1),
        AttentionSelection(layer=0, heads=(NUM_HEADS - 1, 0)),
    ],
    ids=str,
)
def test_attention_that_it_has(selection: AttentionSelection) -> None:
    engine = make_engine(FakeRunner())
    engine.prepare(AlignmentRequest(source_ids=[5, 0], target_ids=[6, 0], attention=selection))
