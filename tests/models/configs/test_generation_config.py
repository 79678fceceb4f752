from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import GenerationConfig

from crosslate.models.configs.generation_config import SETTINGS, params_from_config, read_generation_params
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json


def test_values_keep_their_names() -> None:
    reference = GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=4,
        num_return_sequences=2,
        max_new_tokens=50,
        min_new_tokens=3,
        length_penalty=0.8,
        early_stopping=True,
        repetition_penalty=1.2,
        no_repeat_ngram_size=3,
        do_sample=False,
        top_k=20,
        top_p=0.9,
        temperature=0.7,
        forced_bos_token_id=5,
    )
    params = params_from_config(reference.to_dict())
    for name in ("num_beams", "num_return_sequences", "max_new_tokens", "min_new_tokens", "length_penalty"):
        assert getattr(params, name) == getattr(reference, name)
    assert params.early_stopping is True
    assert params.do_sample is False
    assert (params.repetition_penalty, params.no_repeat_ngram_size) == (1.2, 3)
    assert (params.top_k, params.top_p, params.temperature) == (20, 0.9, 0.7)
    assert params.forced_bos_token_id == 5


def test_lengths_of_old_count_the_start_token() -> None:
    params = params_from_config({"max_length": 20, "min_length": 5})
    assert (params.max_new_tokens, params.min_new_tokens) == (19, 4)


def test_counts_of_new_tokens_win() -> None:
    params = params_from_config({"max_length": 20, "max_new_tokens": 7, "min_length": 5, "min_new_tokens": 2})
    assert (params.max_new_tokens, params.min_new_tokens) == (7, 2)


def test_no_minimum_is_no_minimum() -> None:
    assert params_from_config({"min_length": 0}).min_new_tokens is None


def test_lists_of_ids() -> None:
    params = params_from_config(
        {
            "bad_words_ids": [[1], [2, 3]],
            "suppress_tokens": [4, 5],
            "begin_suppress_tokens": [6],
            "forced_eos_token_id": [7],
        }
    )
    assert params.bad_words_ids == ((1,), (2, 3))
    assert params.suppress_tokens == (4, 5)
    assert params.begin_suppress_tokens == (6,)
    assert params.forced_eos_token_id == 7


def test_what_is_null_or_unknown_is_not_given() -> None:
    assert params_from_config({"num_beams": None, "bad_words_ids": None, "zzz": 1}) == GenerationParams()


def test_the_file_of_its_own_wins_over_config_json(tmp_path: Path) -> None:
    config = {"num_beams": 2}
    assert read_generation_params(tmp_path, config).num_beams == 2
    (tmp_path / "generation_config.json").write_text(json.dumps({"num_beams": 5}))
    assert read_generation_params(tmp_path, config).num_beams == 5


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read"):
        read_json(path)
    for content, match in [(b"{", "is not JSON"), (b'"text"', "JSON object"), (b"\xff\xfe", "is not JSON")]:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=match):
            read_json(path)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", ["x", {"a": 1}, [None], [[None]], [[1, "a"]], []])
def test_what_is_of_another_kind_is_named_with_its_file(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "generation_config.json"
    path.write_text(json.dumps({name: value}))
    if value == [] and name in {"bad_words_ids", "suppress_tokens", "begin_suppress_tokens"}:
        assert read_generation_params(tmp_path, {}) == GenerationParams()
        return
    with pytest.raises(CheckpointError) as raised:
        read_generation_params(tmp_path, {})
    assert str(raised.value).startswith(f"{path}: {name} is {value!r}, expected ")


def test_a_count_is_no_truth() -> None:
    with pytest.raises(CheckpointError, match="no_repeat_ngram_size is True, expected a whole number"):
        params_from_config({"no_repeat_ngram_size": True})
