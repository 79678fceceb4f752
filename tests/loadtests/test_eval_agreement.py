"""Agreement with float32: of a model with itself, of one that differs, and of the starter in int8."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.loading import LoadedModel, load_model
from crosslate.models.native import library
from crosslate.models.native.kernels import load_kernels
from crosslate.models.native.library import FALLBACKS, load_library
from loadtests.eval_agreement import agreement, forced_picks, greedy_outputs, main, share_equal
from loadtests.everyday_sentences import everyday_sentences

LOADED = load_library()
FAST = [isa for isa in FALLBACKS["generic" if LOADED is None else LOADED.isa] if isa != "generic"]
NUM_SENTENCES = 60


@pytest.fixture(scope="module")
def whole() -> LoadedModel:
    return load_model("starter/en-pt", dtype="float32")


def test_there_are_a_thousand_sentences() -> None:
    sentences = everyday_sentences(1000)
    assert len(set(sentences)) == 1000
    assert sentences[:50] == everyday_sentences(1000)[:50]
    with pytest.raises(ValueError, match="there are"):
        everyday_sentences(10**6)


def test_a_model_agrees_with_itself(whole: LoadedModel) -> None:
    positions, sentences, expected, found = agreement(whole, whole, everyday_sentences(70))
    assert (positions, sentences) == (1.0, 1.0)
    assert expected == found


def test_forced_positions_read_the_target_and_not_the_pick(whole: LoadedModel) -> None:
    """After a prefix that the model would not write it goes on as it would after that prefix."""
    source = whole.tokenizer.encode_source("The house is small.")
    (target,) = greedy_outputs(whole, [source])
    changed = [target[1], *target[1:]]
    runner = ModelRunner(whole.model, dtype=torch.float32, shortlist=whole.shortlist)
    (picks,) = forced_picks(runner, [source], [changed])
    assert len(picks) == len(changed)
    assert picks[0] == target[0] != changed[0]
    assert share_equal(picks, target) < 1.0


@pytest.mark.skipif(not FAST, reason="the kernels are not compiled, or for another CPU")
@pytest.mark.parametrize("isa", FAST)
def test_int8_decides_like_float32(isa: str, whole: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """On every kind of machine that this one can stand for; with 7 bits the house was pleasant."""
    monkeypatch.setattr(library, "_best_isa", lambda generic: isa)
    load_library.cache_clear()
    load_kernels.cache_clear()
    try:
        int8 = load_model("starter/en-pt", dtype="int8")
        texts = ["The house is small.", *everyday_sentences(NUM_SENTENCES)]
        positions, sentences, expected, found = agreement(whole, int8, texts)
    finally:
        load_library.cache_clear()
        load_kernels.cache_clear()
    assert found[0] == expected[0] == "A casa é pequena."
    assert sentences >= 0.85
    assert positions >= 0.98


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("en", "Good morning.\nThe end.\nNot read."), ("pt", "Bom dia.\nFim.\nNada.")):
        (tmp_path / f"few.{name}").write_text(text, encoding="utf-8")
    files = ["--sources", str(tmp_path / "few.en"), "--references", str(tmp_path / "few.pt")]
    main(["starter/en-pt", *files, "--limit", "2"])
    printed = capsys.readouterr().out
    assert "2 sentences: int8 picks float32's token at" in printed
    assert "BLEU: float32 " in printed
