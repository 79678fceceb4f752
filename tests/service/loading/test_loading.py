"""From tiny checkpoints of multilingual families to models that answer."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from crosslate.models.engine.batch_costs import MIN_TARGET
from crosslate.models.errors import CheckpointError
from crosslate.models.loading import load_model
from crosslate.service.loading.loading import (
    LocalModel,
    default_cache_bytes,
    default_encoder_tokens,
    load_local_model,
    measured_target,
)
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.settings.config import ModelSettings
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.cases import T5_LIKE
from tests.models.families.parity import build_checkpoint

CODES = ("eng_Latn", "fra_Latn", "por_Latn")
PREFIX = "translate English to German: "


def change_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nllb")
    case = next(case for case in BART_LIKE if case.name == "m2m_100")
    build_checkpoint(dataclasses.replace(case, special_tokens=(*case.special_tokens, *CODES)), folder)
    change_json(folder / "tokenizer_config.json", tokenizer_class="NllbTokenizer", src_lang="eng_Latn")
    return folder


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("t5")
    build_checkpoint(T5_LIKE[0], folder)
    tasks = {"summarization": {"prefix": "summarize: "}, "translation_en_to_de": {"prefix": PREFIX}}
    change_json(folder / "config.json", task_specific_params=tasks)
    return folder


def load(path: Path, **settings: object) -> LocalModel:
    return load_local_model(
        ModelSettings.model_validate({"id": "tiny", "path": str(path), **settings}), num_threads=1
    )


def translate(model: LocalModel, text: str, target_lang: str) -> TranslationResult:
    request = TranslationRequest(text=text, source_lang="en", target_lang=target_lang, alignment="matrix")
    try:
        return asyncio.run(Translator(ModelCatalog([model.served])).translate(request))
    finally:
        model.engine.close()


def test_a_multilingual_model_serves_all_its_pairs(nllb: Path) -> None:
    model = load(nllb)
    assert len(model.served.pairs) == 6
    assert model.served.max_piece_tokens is None
    result = translate(model, "the moon", "pt-BR")
    assert (result.source_lang, result.target_lang) == ("en", "pt")


def test_pairs_that_a_checkpoint_lacks_are_refused_at_the_start(nllb: Path) -> None:
    with pytest.raises(CheckpointError, match=r"the pair \[en, tlh\] of the model 'tiny' cannot be served"):
        load(nllb, pairs=[["en", "pt"], ["en", "tlh"]])
    load(nllb, pairs=[["en", "pt-BR"]]).engine.close()


def test_a_model_that_names_no_languages_has_to_be_told_them(tmp_path: Path) -> None:
    build_checkpoint(T5_LIKE[0], tmp_path)
    with pytest.raises(CheckpointError, match="does not say which languages it translates: set pairs"):
        load(tmp_path)
    load(tmp_path, task="summarization").engine.close()
    load(tmp_path, pairs=[["en", "pt"]]).engine.close()


def test_configured_prefixes_come_before_every_sentence_and_into_no_span(t5: Path) -> None:
    model = load(t5, prefix={"en-fr": "to French: ", "en-de": "to German: "})
    assert model.served.pairs == (("en", "de"), ("en", "fr"))
    plain = load_model(str(t5)).tokenizer
    text = "the moon is small. the cat sat on the mat."
    sentences = ("the moon is small.", "the cat sat on the mat.")
    result = translate(model, text, "fr")
    expected = sum(len(plain.encode_source("to French: " + sentence)) for sentence in sentences)
    assert result.num_prompt_tokens == expected
    assert [text[slice(*segment.source)] for segment in result.segments] == list(sentences)
    assert result.alignment is not None
    assert all(text[slice(*span)] for span in result.alignment.source_words)


@pytest.mark.parametrize("key", ["en", "en-", "pt-BR-en", "en>de"])
def test_a_prefix_is_for_a_pair(key: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        ModelSettings.model_validate({"id": "tiny", "prefix": {key: "x: "}})


def test_a_prefix_for_all_texts_of_a_summarizer(t5: Path) -> None:
    plain = load_model(str(t5)).tokenizer
    for prefix in ("tl;dr: ", ""):
        model = load(t5, task="summarization", prefix=prefix)
        assert model.served.tokenizer.encode_source("the moon") == plain.encode_source(prefix + "the moon")
        model.engine.close()


def test_every_pair_searches_as_the_checkpoint_says(t5: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(t5, tmp_path / "t5"))
    tasks = {
        "summarization": {
            "prefix": "summarize: ",
            "num_beams": 4,
            "min_length": 30,
            "no_repeat_ngram_size": 3,
        },
        "translation_en_to_de": {"prefix": PREFIX, "max_length": 6},
        "translation_en_to_fr": {"prefix": "to French: ", "max_length": 4},
    }
    change_json(folder / "config.json", task_specific_params=tasks)
    for target, most in (("de", 5), ("fr", 3)):
        result = translate(load(folder), "the moon is small", target)
        assert result.num_generation_tokens <= most
    summarizer = load(folder, task="summarization")
    params = summarizer.served.default_params
    assert (params.num_beams, params.min_new_tokens, params.no_repeat_ngram_size) == (4, 29, 3)
    summarizer.engine.close()


def test_a_prefix_is_read_by_the_model_and_is_no_part_of_the_text(t5: Path) -> None:
    model = load(t5)
    assert model.served.pairs == (("en", "de"),)
    num_prefix_tokens = len(model.served.tokenizer.encode_source(PREFIX)) - 1
    text = "the moon is small"
    result = translate(model, text, "de")
    assert result.num_prompt_tokens == len(model.served.tokenizer.encode_source(PREFIX + text))
    assert result.segments[0].source == (0, len(text))
    alignment = result.alignment
    assert alignment is not None
    assert alignment.source_tokens is not None
    assert alignment.matrix is not None
    spans = [token.span for token in alignment.source_tokens]
    first = next(i for i, span in enumerate(spans) if span is not None)
    assert first >= num_prefix_tokens - 1
    assert spans[first] == (0, spans[first][1])  # type: ignore[index]
    assert not alignment.matrix[:, :first].any()
    assert alignment.source_words == [(0, 3), (4, 8), (9, 11), (12, 17)]


def test_a_summarizer_puts_its_own_prefix_first(t5: Path) -> None:
    translator, summarizer = load(t5), load(t5, task="summarization")
    text = "the moon is small"
    assert summarizer.served.tokenizer.encode_source(text) == translator.served.tokenizer.encode_source(
        "summarize: " + text
    )
    for model in (translator, summarizer):
        model.engine.close()


def test_the_batch_that_is_worth_its_while_is_measured_unless_it_is_set(nllb: Path) -> None:
    measured, chosen = load(nllb), load(nllb, target_batch=3)
    for model in (measured, chosen):
        model.engine.close()
    assert measured.target_batch is not None
    assert measured.target_batch >= MIN_TARGET
    assert chosen.target_batch == 3


def test_on_a_gpu_a_batch_is_never_too_wide(nllb: Path) -> None:
    loaded = load_model(str(nllb))
    on_gpu = dataclasses.replace(loaded, device="cuda")
    assert measured_target(on_gpu, num_threads=1) is None
    assert default_encoder_tokens(on_gpu) > default_encoder_tokens(loaded)


def test_engines_share_two_fifths_of_the_memory_that_is_left(
    nllb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_model(str(nllb))
    monkeypatch.setattr("crosslate.service.loading.loading.available_memory", lambda: 10_000_000)
    assert default_cache_bytes(loaded, num_engines=1) == 4_000_000
    assert default_cache_bytes(loaded, num_engines=4) == 1_000_000
    monkeypatch.setattr("crosslate.service.loading.loading.available_memory", lambda: None)
    assert default_cache_bytes(loaded, num_engines=1) is None
