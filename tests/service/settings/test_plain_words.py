"""What is said of settings that cannot be used, whatever is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crosslate.service.settings.config_sources import SettingsError, load_settings

PYTHON = re.compile(
    r"Input should|default factory|valid (tuple|dictionary)|instance of|input_value|https://errors|type="
    r"|unable to|after validation|should match|Traceback|class|Value error|pydantic"
)

FAULTS = {
    "port: 99999": "port: should be at most 65535",
    "port: x": "port: should be a whole number",
    "port: null": "port: should be a whole number",
    "ports: 1": "ports: unknown key; did you mean 'port'?",
    "host: [1]": "host: should be text",
    "operation_port: 8000": "settings: operation_port is the same as port",
    "log: x": "log: should be a section of keys and values",
    "log: {level: loud}": "log.level: should be 'debug', 'info', 'warning' or 'error'",
    "limits: {max_texts: 0}": "limits.max_texts: should be more than 0",
    "limits: {max_texts: 1.5}": "limits.max_texts: should be a whole number",
    "limits: {default_timeout_s: .nan}": "limits.default_timeout_s: should be a finite number",
    "limits: {default_timeout_s: 400}": "limits: default_timeout_s is longer than max_timeout_s",
    "cors: {allow_origins: '*'}": (
        "cors.allow_origins: should be a list: [a, b], or a line with a dash for each"
    ),
    "detection: {min_confidence: 2}": "detection.min_confidence: should be at most 1",
    "models: x": "models: should be a list: [a, b], or a line with a dash for each",
    "models: [1]": "models.0: should be a section of keys and values",
    "models: [{}]": "models.0.id: is required",
    "models: [{id: ''}]": "models.0.id: should not be empty",
    "models: [{id: a}, {id: a}]": "settings: models: the id 'a' stands there more than once",
    "models: [{id: a, pairs: en-pt}]": (
        "models.0.pairs: should be a list: [a, b], or a line with a dash for each"
    ),
    **{
        f"models: [{{id: a, pairs: [{pair}]}}]": (
            "models.0.pairs.0: should be a pair of languages, such as [en, pt] or en-pt"
        )
        for pair in ("en", "zh-Hans-pt", "[en]", "[en, pt, de]", "[en, 1]", "en-", "3")
    },
    "models: [{id: a, prefix: 3}]": "models.0.prefix: should be text, or should be keys and values",
    "models: [{id: a, prefix: {x: y}}]": (
        "models.0.prefix: should be text, or should have pairs such as en-pt for keys"
    ),
    "gateway: {num_replicas: 0}": "gateway.num_replicas: should be more than 0",
    "gateway: {num_cpus: -1}": "gateway.num_cpus: should be at least 0",
    "pivot: perhaps": "pivot: should be true or false",
    "state_dir: 5": "state_dir: should be a path",
    "auth: {keys: [{name: ' ', key: abc}]}": (
        "auth.keys.0.name: should be of letters, digits and . _ -, at most 64 of them"
    ),
    "store: {url: 'x://y'}": "store: url: begins with sqlite:/// or postgresql://",
    "keepalive_s: x": "keepalive_s: should be a number",
    "port: 0\nlog: {level: 3}": (
        "port: should be at least 1\n  log.level: should be 'debug', 'info', 'warning' or 'error'"
    ),
}


@pytest.mark.parametrize("content", FAULTS)
def test_a_fault_is_told_in_the_words_of_who_made_it(tmp_path: Path, content: str) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as failure:
        load_settings(config, environ={})
    told = str(failure.value).replace(f" (in {config})", "")
    assert told == f"the settings cannot be used:\n  {FAULTS[content]}"
    assert not PYTHON.search(told)
