"""A Hugging Face checkpoint's own generation settings, as `GenerationParams`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.specs.spec_numbers import is_whole_number

SCALARS = (
    "num_beams",
    "num_return_sequences",
    "max_new_tokens",
    "min_new_tokens",
    "length_penalty",
    "early_stopping",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "forced_bos_token_id",
)

LENGTHS = ("max_length", "min_length")
TOKENS = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "forced_eos_token_id")
SETTINGS = (*SCALARS, *LENGTHS, *TOKENS)
"""All that is read."""
IDS = ("decoder_start_token_id", "bos_token_id", "eos_token_id")


def with_generation_ids(folder: Path, config: dict[str, Any], start: int | None) -> dict[str, Any]:
    """The configuration with the ids that `generate` goes by: `generation_config.json` wins.

    Where neither says what decoding begins with, it is the token of beginnings, or where there is only the
    configuration, the family's `start`.
    """
    path = folder / "generation_config.json"
    settings = read_json(path) if path.exists() else {}
    merged = config | {name: settings[name] for name in IDS if settings.get(name) is not None}
    if merged.get("decoder_start_token_id") is None:
        bos = merged.get("bos_token_id")
        merged["decoder_start_token_id"] = bos if start is None or path.exists() else start
    return merged


def read_generation_params(folder: Path, config: dict[str, Any]) -> GenerationParams:
    """From `generation_config.json`, or from `config.json`, where older checkpoints keep them.

    Up to version 4, `transformers` went by `config.json` where it had itself made the other file of it: who
    changed a setting there finds it in that file alone.
    """
    path = folder / "generation_config.json"
    if not path.exists():
        return _params_at(folder / "config.json", config)
    settings = read_json(path)
    version = str(settings.get("transformers_version", ""))
    if settings.get("_from_model_config") and version.startswith("4."):
        settings |= {name: config[name] for name in SETTINGS if config.get(name) is not None}
    return _params_at(path, settings)


def _params_at(path: Path, settings: dict[str, Any]) -> GenerationParams:
    try:
        return params_from_config(settings)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def params_from_config(settings: dict[str, Any]) -> GenerationParams:
    """Translate. `max_length` counts the start token, `max_new_tokens` does not and wins over it.

    Raises:
        CheckpointError: one of them is of another kind than it has to be.
    """
    _check_kinds(settings)
    values = {name: settings[name] for name in SCALARS if settings.get(name) is not None}
    if "max_new_tokens" not in values and settings.get("max_length") is not None:
        values["max_new_tokens"] = settings["max_length"] - 1
    if "min_new_tokens" not in values and settings.get("min_length"):
        values["min_new_tokens"] = settings["min_length"] - 1
    for name in ("suppress_tokens", "begin_suppress_tokens"):
        if settings.get(name):
            values[name] = tuple(settings[name])
    if settings.get("bad_words_ids"):
        values["bad_words_ids"] = tuple(tuple(word) for word in settings["bad_words_ids"])
    forced_eos = settings.get("forced_eos_token_id")
    if forced_eos is not None:
        values["forced_eos_token_id"] = forced_eos[0] if isinstance(forced_eos, list) else forced_eos
    return GenerationParams(**values)


def _is_list_of(check: Callable[[object], bool], value: object) -> bool:
    return isinstance(value, list) and all(map(check, value))


_Kind = tuple[str, Callable[[object], bool]]
_WHOLE: _Kind = ("a whole number", is_whole_number)
_NUMBER: _Kind = ("a number", lambda value: is_whole_number(value) or isinstance(value, float))
_FLAG: _Kind = ("true or false", lambda value: value in (True, False))
_IDS: _Kind = ("a list of token ids", lambda value: _is_list_of(is_whole_number, value))
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(SETTINGS, _WHOLE),
    **dict.fromkeys(("length_penalty", "repetition_penalty", "temperature", "top_p"), _NUMBER),
    **dict.fromkeys(("suppress_tokens", "begin_suppress_tokens"), _IDS),
    "do_sample": _FLAG,
    "early_stopping": ('true, false or "never"', lambda value: value in (True, False, "never")),
    "bad_words_ids": (
        "a list of lists of token ids",
        lambda value: _is_list_of(lambda word: _is_list_of(is_whole_number, word), value),
    ),
    "forced_eos_token_id": (
        "a token id or a list of them",
        lambda value: is_whole_number(value) or (_is_list_of(is_whole_number, value) and bool(value)),
    ),
}


def _check_kinds(settings: dict[str, Any]) -> None:
    for name, (kind, is_one) in _KINDS.items():
        value = settings.get(name)
        if value is not None and not is_one(value):
            raise CheckpointError(f"{name} is {value!r}, expected {kind} (generation settings)")
