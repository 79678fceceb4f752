"""Prefixes as T5's configuration has them, on tokenizers that have nothing of the kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.configs.task_settings import PrefixedTokenizer, TaskSettings
from crosslate.models.engine.request import GenerationParams
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.loading import load_model
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.tokenizer import Tokenizer
from tests.models.families.cases import T5_LIKE
from tests.models.families.parity import build_checkpoint, save_tokenizer

TO_GERMAN = "translate English to German: "
T5_CONFIG = {
    "task_specific_params": {
        "summarization": {"max_length": 200, "no_repeat_ngram_size": 3, "prefix": "summarize: "},
        "translation_en_to_de": {"max_length": 300, "num_beams": 4, "prefix": TO_GERMAN},
        "translation_en_to_fr": {"prefix": "translate English to French: "},
        "translation_no_prefix": {"num_beams": 4},
        "other": None,
    }
}


@pytest.fixture(scope="module", params=["bpe", "bytes"])
def inner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    if request.param == "bytes":
        return ByteTokenizer()
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(folder, ("<pad>", "</s>", "<unk>"))
    return load_tokenizer(folder)


@pytest.fixture(scope="module")
def prefixed(inner: Tokenizer) -> PrefixedTokenizer:
    return PrefixedTokenizer(inner, TaskSettings.of(T5_CONFIG).translation)


def test_prefixes_are_read_from_the_configuration() -> None:
    prefixes = TaskSettings.of(T5_CONFIG)
    assert prefixes.translation == {("en", "de"): TO_GERMAN, ("en", "fr"): "translate English to French: "}
    assert prefixes.summarization == "summarize: "


def test_how_a_task_searches_is_read_from_the_configuration() -> None:
    tasks = TaskSettings.of(T5_CONFIG)
    assert tasks.summarization_params == GenerationParams(max_new_tokens=199, no_repeat_ngram_size=3)
    assert tasks.translation_params["en", "de"] == GenerationParams(max_new_tokens=299, num_beams=4)
    assert tasks.translation_params["en", "fr"] == tasks.shared_params == GenerationParams()
    same = {
        name: {"num_beams": 4, "prefix": name} for name in ("translation_en_to_de", "translation_en_to_fr")
    }
    assert TaskSettings.of({"task_specific_params": same}).shared_params == GenerationParams(num_beams=4)


@pytest.mark.parametrize(
    "config", [{}, {"task_specific_params": None}, {"task_specific_params": {"summarization": {}}}]
)
def test_most_checkpoints_have_none(config: dict[str, object]) -> None:
    assert TaskSettings.of(config) == TaskSettings()


@pytest.mark.parametrize("text", ["The moon.", "", "  two  blanks ", "naïve ½ cup"])
def test_ids_are_those_of_prefix_and_text(inner: Tokenizer, prefixed: PrefixedTokenizer, text: str) -> None:
    assert prefixed.encode_source(text, "en", "de") == inner.encode_source(TO_GERMAN + text)
    assert prefixed.encode_source(text, "eng", "de-AT") == inner.encode_source(text)
    assert prefixed.encode_source(text, "eng", "deu") == inner.encode_source(TO_GERMAN + text)
    assert prefixed.encode_source(text) == inner.encode_source(text)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_spans_are_of_the_text_alone(inner: Tokenizer, prefixed: PrefixedTokenizer, text: str) -> None:
    tokens = prefixed.tokenize_source(text, "en", "de")
    assert tokens.text == text
    assert tokens.ids == prefixed.encode_source(text, "en", "de")
    assert len(tokens.spans) == len(tokens.ids)
    assert tokens.spans[-1] is None
    shown = [span for span in tokens.spans if span is not None]
    assert all(0 <= start <= end <= len(text) for start, end in shown)
    assert shown == sorted(shown)
    alone = inner.tokenize_source(text)
    if text[:1].isalnum():
        assert shown[0][0] == 0
        assert {at for a, b in shown for at in range(a, b)} >= {
            at for span in alone.spans if span is not None for at in range(*span)
        }


def test_the_prefix_stands_for_no_text(prefixed: PrefixedTokenizer) -> None:
    tokens = prefixed.tokenize_source("The moon.", "en", "de")
    first = next(i for i, span in enumerate(tokens.spans) if span is not None)
    assert first >= 3
    assert tokens.spans[first] is not None
    assert [span for span in tokens.spans[first:-1] if span is None] == []


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.tokenize_target("The moon.", "de"),
        lambda t: t.forced_bos_token_id("de"),
        lambda t: t.decode(t.encode_source("The moon.")),
        lambda t: t.detokenize(t.encode_source("The moon.")),
        lambda t: t.unknown_token_id,
    ],
)
def test_all_else_is_the_tokenizers(
    inner: Tokenizer, prefixed: PrefixedTokenizer, call: Callable[[Tokenizer], object]
) -> None:
    assert call(prefixed) == call(inner)


def test_a_prefix_takes_the_place_of_another(inner: Tokenizer, prefixed: PrefixedTokenizer) -> None:
    other = PrefixedTokenizer(prefixed, {}, "simplify: ")
    assert other.encode_source("The moon.", "en", "de") == inner.encode_source("simplify: The moon.")


def test_tasks_search_as_the_checkpoint_says(tmp_path: Path) -> None:
    build_checkpoint(T5_LIKE[0], tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | T5_CONFIG))
    loaded = load_model(str(tmp_path), dtype="float32")
    own = loaded.default_params
    summary = loaded.params_for("summarization")
    assert (summary.max_new_tokens, summary.no_repeat_ngram_size) == (199, 3)
    assert summary.bad_words_ids == own.bad_words_ids
    assert loaded.params_for("translation") == own  # its pairs differ


def test_a_checkpoint_names_its_pairs_by_its_prefixes(tmp_path: Path) -> None:
    checkpoint = build_checkpoint(T5_LIKE[0], tmp_path)
    plain = checkpoint.loaded.tokenizer
    assert checkpoint.loaded.pairs == ()
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | T5_CONFIG))
    loaded = load_model(str(tmp_path))
    assert loaded.pairs == (("en", "de"), ("en", "fr"))
    text = "the moon"
    assert loaded.tokenizer_for("translation").encode_source(text, "en", "de") == plain.encode_source(
        TO_GERMAN + text
    )
    assert loaded.tokenizer_for("summarization").encode_source(text) == plain.encode_source(
        "summarize: " + text
    )
    assert checkpoint.loaded.tokenizer_for("summarization").encode_source(text) == plain.encode_source(text)
