"""Models that other programs trained, what these made of some texts, and what is asked of all of them."""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import (
    AttentionSelection,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.loading import DType, LoadedModel, load_model

FOLDER = Path(__file__).parent / "trained"
GREEDY, BEAMS = GenerationParams(), GenerationParams(num_beams=4, length_penalty=0.0)
READ = AttentionSelection(layer=0, heads=(0,), row="output")


@dataclass(frozen=True)
class Trained:
    """A model and what its program says, of the attention that `read` selects."""

    folder: Path
    read: AttentionSelection = READ

    @cached_property
    def loaded(self) -> LoadedModel:
        return load_model(str(self.folder), dtype="float32")

    @cached_property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "expected.json").read_text())
        return found

    @property
    def texts(self) -> list[str]:
        return [test["source"] for test in self.expected["tests"]]

    def requests(self, params: Sequence[GenerationParams]) -> list[GenerationRequest]:
        encode = self.loaded.tokenizer.encode_source
        return [
            GenerationRequest(source_ids=encode(text), params=one, attention=self.read)
            for text, one in zip(self.texts, params, strict=True)
        ]


def attention(output: GenerationOutput) -> npt.NDArray[np.float32]:
    found = output.hypotheses[0].attention
    assert found is not None
    return found


def check_as_trained(trained: Trained, num_beams: int, params: GenerationParams) -> None:
    """Tokens, scores and attention are those that are expected."""
    decode = trained.loaded.tokenizer.decode
    requests = trained.requests([params] * len(trained.texts))
    outputs = trained.loaded.make_engine().generate(requests)
    for output, expected in zip(outputs, trained.expected["outputs"][str(num_beams)], strict=True):
        assert decode(output.token_ids) == expected["text"]
        assert output.score * len(output.token_ids) == pytest.approx(expected["score"], abs=1e-4, rel=1e-5)
        if "attention" in expected:
            np.testing.assert_allclose(attention(output), expected["attention"], rtol=0, atol=1e-5)


def changed_copy(trained: Trained, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of a model in which `change` was made to what its `model.pt` holds."""
    shutil.copytree(trained.folder, folder)
    with torch.serialization.safe_globals([argparse.Namespace, set]):
        content = torch.load(folder / "model.pt", weights_only=True)
    change(content)
    torch.save(content, folder / "model.pt")
    return folder


def come_and_go(engine: Engine, requests: Sequence[GenerationRequest]) -> list[GenerationOutput]:
    """What each request gives among others that join and leave."""
    rng, pending = random.Random(0), list(requests)
    found: dict[int, GenerationOutput] = {}
    while pending or engine.has_work:
        if pending and rng.random() < 0.5:
            engine.add(pending.pop())
        found |= {e.request_id: e for e in engine.step() if isinstance(e, GenerationOutput)}
    return [found[request.request_id] for request in requests]


def beside_each_other(
    model: LoadedModel, requests: Sequence[GenerationRequest]
) -> Iterator[tuple[GenerationOutput, GenerationOutput]]:
    """What each request gives among others that come and go, and alone: tokens and scores are the same."""
    alone = [model.make_engine().generate([replace(request, request_id=-1)])[0] for request in requests]
    for output, expected in zip(come_and_go(model.make_engine(), requests), alone, strict=True):
        assert output.token_ids == expected.token_ids
        assert output.score == pytest.approx(expected.score, abs=1e-5)
        yield output, expected


def check_batching_is_invisible(trained: Trained) -> None:
    """Rows that come and go beside each other have what each has alone."""
    params = [GREEDY, BEAMS, GenerationParams(num_beams=2, max_new_tokens=4), GREEDY] * 3
    for output, expected in beside_each_other(trained.loaded, trained.requests(params)):
        np.testing.assert_allclose(attention(output), attention(expected), rtol=0, atol=1e-5)


def check_maps_with_fewer_bits(trained: Trained, dtype: DType) -> None:
    """It looks where it did in float32."""
    reduced = load_model(str(trained.folder), dtype=dtype)
    for test in trained.expected["tests"]:
        source = reduced.tokenizer.encode_source(test["source"])
        target = reduced.tokenizer.tokenize_target(test["target"]).ids
        found, expected = (
            model.make_engine().align(source, target, trained.read) for model in (reduced, trained.loaded)
        )
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.05)


def check_fixed_shapes(trained: Trained) -> None:
    """Rows of a static batch have what those of a ragged one have."""
    requests = trained.requests([GREEDY] * len(trained.texts))
    runner = ModelRunner(trained.loaded.model, is_static=True, max_rows=5)
    engine = Engine(runner, SchedulerConfig(max_slots=5), GREEDY, make_chooser)
    found = engine.generate([replace(request, request_id=-1 - i) for i, request in enumerate(requests)])
    for output, expected in zip(found, trained.loaded.make_engine().generate(requests), strict=True):
        assert output.token_ids == expected.token_ids
        assert output.score == pytest.approx(expected.score, abs=1e-5)
        np.testing.assert_allclose(attention(output), attention(expected), rtol=0, atol=1e-5)


def alignment_error(
    model: LoadedModel, tests: Sequence[dict[str, Any]], selection: AttentionSelection = READ
) -> float:
    """Of the links that a model shows, against those that its texts have (Och & Ney 2003)."""
    engine, num_shared, num_all = model.make_engine(), 0, 0
    for test in tests:
        source = model.tokenizer.tokenize_source(test["source"])
        target = model.tokenizer.tokenize_target(test["target"]).ids
        read = engine.align(source.ids, target, selection)
        num_words = sum(span is not None for span in source.spans)
        links = {(int(row[:num_words].argmax()), t) for t, row in enumerate(read[:-1])}
        gold = set(map(tuple, test["links"]))
        num_shared, num_all = num_shared + 2 * len(links & gold), num_all + len(links) + len(gold)
    return 1 - num_shared / num_all
