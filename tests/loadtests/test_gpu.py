"""The measurement of the GPU path, as far as a machine without one can run it."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from crosslate.models.engine.request import GenerationParams, GenerationRequest
from loadtests.gpu import bytes_per_step, main
from loadtests.gpu_parity import Parity, compare
from loadtests.random_models import (
    MARIAN_BASE,
    NLLB_600M,
    Reference,
    build_reference,
    our_engine,
    our_network,
    tiny,
)

ROOT = Path(__file__).parent.parent.parent
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def reference() -> Reference:
    return build_reference(tiny(MARIAN_BASE))


def test_without_a_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert isinstance(stopped.value.code, str), "which Python prints, and exits with 1"
    assert "no CUDA device" in stopped.value.code


def test_a_dry_run_does_everything(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--cpu-dry-run", "--rounds", "1", "--new-tokens", "5", "--source-tokens", "7"]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert "the figures mean nothing" in printed
    assert len(re.findall(r"24 of 24 equal, 0 part at a tie, 0 wrong", printed)) == 3
    assert re.findall(r"^ +(\d+) +[\d,]+ +[\d,]+ +\d+\.\d$", printed, re.MULTILINE) == ["1", "2", "4"] * 3
    assert len(re.findall(r"a step at batch 1: .* ratio [\d.]+$", printed, re.MULTILINE)) == 3


def test_it_needs_neither_ray_nor_a_tokenizer_library() -> None:
    absent = ("ray", "fastapi", "sentencepiece", "sacrebleu", "prometheus_client")
    script = f"import sys; sys.modules |= dict.fromkeys({absent!r}); import loadtests.gpu"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_outputs_may_part_at_a_tie_only(reference: Reference) -> None:
    sources = [[3, 4, 5, 0], [6, 7, 0]]
    engine = our_engine(
        our_network(reference, torch.float32), dtype=torch.float32, device=CPU, max_slots=2, is_static=False
    )
    params = GenerationParams(max_new_tokens=6)
    outputs = engine.generate([GenerationRequest(source_ids=source, params=params) for source in sources])
    expected = [output.token_ids for output in outputs]
    assert compare(reference, sources, expected, expected) == Parity(num_equal=2, num_ties=0, num_wrong=0)
    other = [[*expected[0][:2], 1 + expected[0][2]], expected[1][:-1]]
    assert compare(reference, sources, expected, other) == Parity(num_equal=0, num_ties=0, num_wrong=2)
    state = reference.state_dict()
    # Two tokens with the same vector and bias score the same.
    twin = expected[0][2] - 1
    saved = {name: state[name].clone() for name in ("model.shared.weight", "final_logits_bias")}
    with torch.no_grad():
        state["model.shared.weight"][twin] = state["model.shared.weight"][expected[0][2]]
        state["final_logits_bias"][0, twin] = state["final_logits_bias"][0, expected[0][2]]
    tied = [[*expected[0][:2], twin], expected[1]]
    assert compare(reference, sources, expected, tied) == Parity(num_equal=1, num_ties=1, num_wrong=0)
    with torch.no_grad():
        for name, value in saved.items():
            state[name].copy_(value)


def test_the_bytes_of_a_step() -> None:
    """By hand, 2 layers: 4 + 2 products of width x width, two of the feed-forward, and the output."""
    shape = tiny(NLLB_600M)
    width, inner = 64, 256
    settings = shape.settings | {"d_model": width, "decoder_ffn_dim": inner}
    wider = dataclasses.replace(shape, settings=settings)
    network = our_network(build_reference(wider), torch.float32)
    matrices = 2 * (6 * width * width + 2 * width * inner) + 101 * width
    vectors = 2 * (3 * 2 * width + 6 * width + inner + width)
    keys = 2 * 2 * width * 30
    assert bytes_per_step(network, 30) == 4 * (matrices + vectors + keys)
