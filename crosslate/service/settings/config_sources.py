"""Where settings come from, command line, environment and file; and what is said of those that cannot be."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from crosslate.service.errors import FieldError, ToldError
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.plain_words import plainly
from crosslate.service.settings.unique_keys import RepeatedKeyError, load_json, load_yaml
from crosslate.service.settings.validation import field_errors, unknown_key

ENV_PREFIX = "CROSSLATE_"
CONFIG_VARIABLE = "CROSSLATE_CONFIG"


class SettingsError(ToldError, ValueError):
    """Settings that cannot be used; the message lists every fault and where it stands."""


def load_settings(
    config_file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    models: Sequence[str] = (),
) -> Settings:
    """Settings from `overrides`, then the environment, then the YAML file, then defaults.

    Args:
        config_file: YAML with the keys of `Settings`; by default the file that `CROSSLATE_CONFIG` names.
        overrides: nested values of the command line; they win over everything.
        environ: `CROSSLATE_A__B=value`, or `CROSSLATE_A__B_FILE=path` of a file that holds the value;
            lists, objects and null are JSON. By default the process's environment.
        models: only these, if any: each the id of a configured one, or a location.

    Raises:
        SettingsError: with one line for each fault.
    """
    environ = os.environ if environ is None else environ
    if config_file is None and environ.get(CONFIG_VARIABLE):
        config_file = Path(environ[CONFIG_VARIABLE])
    from_env, origins = _read_environment(environ)
    from_file = _read_yaml(config_file) if config_file else {}
    values = _merged(_merged(from_file, from_env), overrides or {})
    try:
        settings = Settings.model_validate(values)
        if not models:
            return settings
        # Validated again, as if the others had never been there: defaults depend on what is served.
        return Settings.model_validate({**values, "models": _chosen(settings.models, models)})
    except ValidationError as error:
        faults = _by_path(field_errors(error, Settings))
    lines = [_fault_line(path, words, origins, config_file) for path, words in faults.items()]
    raise SettingsError("\n".join(["the settings cannot be used:", *lines]))


def _chosen(
    configured: Iterable[ModelSettings], names: Iterable[str]
) -> list[ModelSettings | dict[str, str]]:
    by_id = {model.id: model for model in configured}
    return [by_id.get(name) or {"id": name} for name in dict.fromkeys(names)]


def _by_path(faults: Iterable[FieldError]) -> dict[str, str]:
    """What is wrong with each value. One that may be of two forms, and is of neither, has two faults."""
    by_path: dict[str, list[str]] = {}
    for fault in faults:
        by_path.setdefault(".".join(str(part) for part in fault.loc), []).append(plainly(fault.msg))
    return {path: ", or ".join(dict.fromkeys(words)) for path, words in by_path.items()}


def _fault_line(path: str, words: str, origins: Mapping[str, str], config_file: Path | None) -> str:
    variable = next((origins[key] for key in (path, path.partition(".")[0]) if key in origins), None)
    how = 'in JSON, ["a", "b"]' if variable else "[a, b], or a line with a dash for each"
    words = re.sub(r"^should be a list$", f"should be a list: {how}", words)
    if variable:
        where = f" (from {variable})"
    elif config_file:
        where = f" (in {config_file})"
    else:
        where = ""
    return f"  {path or 'settings'}{where}: {words}"


def _told(problem: str) -> str:
    """What is expected is said with kinds of tokens; all else may quote the file, and a key stand there."""
    return (
        problem
        if problem.startswith(("expected ", "could not find expected "))
        else re.sub(r"(['\"]).*\1", "…", problem)
    )


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        content = load_yaml(text)
    except OSError as error:
        raise SettingsError(f"cannot read the configuration {path}: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SettingsError(f"{path} is not valid YAML: {where}{_told(error.problem or 'a fault')}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not valid UTF-8: see byte {error.start}; save it in UTF-8") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not valid YAML: {type(error).__name__}") from None
    if not text.strip():  # as whoever is about to write it leaves it for a moment
        raise SettingsError(f"the configuration {path} is empty: write settings there, or name another file")
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold a mapping of settings, such as 'port: 8000'")
    return content


def _read_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The nested values, and for each dotted path the variable it came from."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in sorted(environ):
        if not name.startswith(ENV_PREFIX) or name == CONFIG_VARIABLE:
            continue
        key = name.removeprefix(ENV_PREFIX)
        text = environ[name]
        if key.endswith("_FILE"):
            key, text = key.removesuffix("_FILE"), _read_value_file(name, text)
        path = key.lower().split("__")
        _check_section(name, path[0])
        dotted = ".".join(path)
        if dotted in origins:
            raise SettingsError(f"{origins[dotted]} and {name} both set {dotted}: keep one of them")
        origins[dotted] = name
        _put(values, path, _parsed(name, text), name)
    return values, origins


def _check_section(name: str, section: str) -> None:
    if section in Settings.model_fields:
        return
    nearest = difflib.get_close_matches(section, Settings.model_fields, n=1, cutoff=0.5)
    if nearest:
        raise SettingsError(f"{name}: unknown variable; did you mean {ENV_PREFIX}{nearest[0].upper()}?")
    raise SettingsError(f"{name}: {unknown_key(section, Settings.model_fields)}")


def _read_value_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"{name}: cannot read the file that it names: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{name}: the file that it names is not valid UTF-8: see byte {error.start}"
        ) from None


def _parsed(name: str, text: str) -> Any:  # noqa: ANN401  (whatever JSON holds; the schema checks it)
    if not text.lstrip().startswith(("[", "{")):
        return None if text.strip() == "null" else text
    try:
        return load_json(text)
    except RepeatedKeyError as error:
        raise SettingsError(f"{name} has {error}") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"{name} is not valid JSON: {error.msg} at character {error.pos}") from None


def _put(values: dict[str, Any], path: list[str], value: object, name: str) -> None:
    *parents, last = path
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise SettingsError(
                f"{name} sets a part of {ENV_PREFIX}{path[0].upper()}, which is set whole: keep one"
            )
    values[last] = value


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; sections merge, lists are replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = (
            _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return result
