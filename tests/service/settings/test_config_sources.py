from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.auth.hashing import hash_key
from crosslate.service.process.machine import available_cpus
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.config_sources import SettingsError, load_settings


def test_defaults_serve_the_starters() -> None:
    settings = load_settings(environ={})
    assert [model.id for model in settings.models] == [
        "starter/en-pt",
        "starter/pt-en",
        "starter/summarize-en",
    ]
    assert (settings.limits.max_texts, settings.limits.max_text_bytes) == (128, 131072)
    assert settings.models[0].location == "starter/en-pt"


def test_command_line_wins_over_environment_over_file(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("port: 1\nlimits: {max_texts: 1, max_text_bytes: 10}\nlog: {level: error}\n")
    settings = load_settings(
        config,
        {"port": 3},
        {"CROSSLATE_PORT": "2", "CROSSLATE_LIMITS__MAX_TEXTS": "2", "OTHER": "x"},
    )
    assert settings.port == 3
    assert settings.limits.max_texts == 2
    assert settings.limits.max_text_bytes == 10
    assert settings.log.level == "error"


def test_a_pair_of_languages_has_a_short_form(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("models: [{id: a, pairs: [en-pt, eng_Latn-por_Latn, [zh-Hans, pt-BR]]}]")
    pairs = load_settings(config, environ={}).models[0].pairs
    assert pairs == (("en", "pt"), ("eng_Latn", "por_Latn"), ("zh-Hans", "pt-BR"))


def test_a_list_is_asked_for_as_its_place_has_it() -> None:
    with pytest.raises(
        SettingsError, match=re.escape('(from CROSSLATE_MODELS): should be a list: in JSON, ["a"')
    ):
        load_settings(environ={"CROSSLATE_MODELS": "starter/en-pt"})


def test_values_may_stand_in_files(tmp_path: Path) -> None:
    secret = tmp_path / "port"
    secret.write_text("9000\n")
    assert load_settings(environ={"CROSSLATE_PORT_FILE": str(secret)}).port == 9000


def test_the_configuration_may_be_named_by_the_environment(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("port: 9001")
    assert load_settings(environ={"CROSSLATE_CONFIG": str(config)}).port == 9001


@pytest.mark.parametrize("models", [["./folder"], ["starter/en-pt"], ["starter/pt-en", "owner/name"]])
def test_the_same_models_give_the_same_settings_from_everywhere(tmp_path: Path, models: list[str]) -> None:
    """Also what is derived from them, such as the number of replicas."""
    listed = [{"id": name} for name in models]
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"models": listed, "port": 8001}))
    named = load_settings(overrides={"port": 8001}, environ={}, models=models)
    variables = {"CROSSLATE_MODELS": json.dumps(listed), "CROSSLATE_PORT": "8001"}
    assert named == load_settings(environ=variables) == load_settings(config, environ={})
    assert named == load_settings(config, environ={}, models=models)
    is_small = all(name.startswith("starter/") for name in models)
    assert named.gateway.num_replicas == (min(2, available_cpus()) if is_small else 1)


@pytest.mark.parametrize(
    ("gateway", "replicas"),
    [
        ({}, 2),
        ({"num_threads": 1}, 2),
        ({"num_replicas": 1}, 1),
        ({"num_gpus": 1}, 1),
        ({"autoscaling": {}}, 1),
    ],
    ids=str,
)
def test_other_keys_of_the_gateway_leave_the_number_of_its_replicas(
    monkeypatch: pytest.MonkeyPatch, gateway: dict[str, object], replicas: int
) -> None:
    monkeypatch.setattr("crosslate.service.settings.config.available_cpus", lambda: 2)
    assert Settings.model_validate({"gateway": gateway}).gateway.num_replicas == replicas
    with_others = {"gateway": gateway, "models": ["starter/en-pt", "./folder"]}
    assert Settings.model_validate(with_others).gateway.num_replicas == 1


def test_a_model_may_be_its_id_alone(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("models: [starter/en-pt, {id: starter/pt-en, dtype: float32}]")
    first, second = load_settings(config, environ={}).models
    assert first == ModelSettings(id="starter/en-pt")
    assert second == ModelSettings(id="starter/pt-en", dtype="float32")


def test_a_named_model_is_the_configured_one_with_that_id(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("models: [{id: a, path: /models/a, max_slots: 3}, {id: b}]\ngateway: {num_cpus: 2}\n")
    settings = load_settings(config, environ={}, models=["c", "a", "c"])
    assert [(model.id, model.location, model.max_slots) for model in settings.models] == [
        ("c", "c", 64),
        ("a", "/models/a", 3),
    ]
    assert settings.gateway.num_cpus == 2
    with pytest.raises(SettingsError, match=r"models\.0\.id"):
        load_settings(config, environ={}, models=[""])


SCALARS: dict[str, list[object]] = {
    "host": ["0.0.0.0", "::1"],
    "port": [1, 65535],
    "log.level": ["debug"],
    "log.socket": [None, "/run/log"],
    "limits.max_timeout_s": [31.5],
    "guard": [False],
    "gateway.num_replicas": [3],
    "gateway.num_threads": [None, 2],
    "gateway.autoscaling": [None, {"max_replicas": 9}],
    "models": [[{"id": "a", "pairs": [["en", "pt"]]}]],
    "keepalive_s": [0.5],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in SCALARS for value in SCALARS[key]])
def test_a_value_means_the_same_from_everywhere(tmp_path: Path, key: str, value: object) -> None:
    nested: object = value
    for part in reversed(key.split(".")):
        nested = {part: nested}
    assert isinstance(nested, dict)
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(nested))
    variable = f"CROSSLATE_{key.upper().replace('.', '__')}"
    written = value if isinstance(value, str) else json.dumps(value)
    in_file = load_settings(config, environ={})
    assert in_file == load_settings(environ={variable: written})
    assert in_file == load_settings(overrides=nested, environ={})


def test_models_from_the_environment_are_json() -> None:
    settings = load_settings(environ={"CROSSLATE_MODELS": '[{"id": "a", "path": "/models/a"}]'})
    assert settings.models[0].location == "/models/a"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"CROSSLATE_PROT": "1"}, "did you mean CROSSLATE_PORT?"),
        ({"CROSSLATE_LIMITS__MAX_TXTS": "1"}, "unknown key; did you mean 'max_texts'?"),
        ({"CROSSLATE_PORT": "eighty"}, "port (from CROSSLATE_PORT)"),
        ({"CROSSLATE_PORT": "70000"}, "port (from CROSSLATE_PORT)"),
        ({"CROSSLATE_MODELS": "[{"}, "CROSSLATE_MODELS is not valid JSON"),
        ({"CROSSLATE_MODELS": "[]"}, "at least one model"),
        ({"CROSSLATE_PORT": "1", "CROSSLATE_PORT_FILE": "/nope"}, "CROSSLATE_PORT_FILE: cannot read"),
        ({"CROSSLATE_LIMITS": "3", "CROSSLATE_LIMITS__MAX_TEXTS": "3"}, "keep one"),
    ],
)
def test_faults_of_the_environment_are_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as failed:
        load_settings(environ=environ)
    assert said in str(failed.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"prot": 1}, ["prot (in ", "did you mean 'port'?"]),
        ({"models": [{"id": "a", "devcie": "cpu"}]}, ["models.0.devcie", "did you mean 'device'?"]),
        ({"models": [{"id": "a"}, {"id": "a"}]}, ["'a' stands there more than once"]),
        ({"models": [{"id": "a", "dtype": "int3"}], "port": -1}, ["models.0.dtype", "port"]),
        ({"models": [{"id": "a", "num_replicas": 2}]}, ["num_replicas needs placement: dedicated"]),
        ({"models": [{"id": "a", "device": "cuda"}]}, ["gateway.num_gpus"]),
        ({"models": [{"id": "a", "device": "gpu"}]}, ["models.0.device", "should be cpu, cuda or cuda:N"]),
        ({"limits": {"default_timeout_s": 500}}, ["default_timeout_s is longer"]),
        (
            {"gateway": {"autoscaling": {"min_replicas": 9}}},
            ["gateway.autoscaling", "more than max_replicas"],
        ),
        (["port"], ["must hold a mapping"]),
    ],
)
def test_faults_of_a_file_are_listed_together(tmp_path: Path, content: object, said: list[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(content))
    with pytest.raises(SettingsError) as failed:
        load_settings(config, environ={})
    assert all(words in str(failed.value) for words in said)
    assert "Traceback" not in str(failed.value)


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the configuration"):
        load_settings(tmp_path / "none.yaml", environ={})
    broken = tmp_path / "broken.yaml"
    broken.write_text("port: [")
    with pytest.raises(SettingsError, match="not valid YAML"):
        load_settings(broken, environ={})
    broken.write_text("\n")  # as whoever writes it anew leaves it for a moment: no wish for the defaults
    with pytest.raises(SettingsError, match=r"broken\.yaml is empty"):
        load_settings(broken, environ={})


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("port: 8000\nhost: 0.0.0.0\nport: 9000\n", "line 3, column 1"),
        ("limits:\n  max_texts: 1\n  max_texts: 2\n", "line 3, column 3"),
        ("models: [{id: starter/en-pt, id: starter/pt-en}]", "line 1, column 30"),
    ],
)
def test_of_two_values_for_a_key_none_is_ignored(tmp_path: Path, content: str, where: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(content)
    with pytest.raises(SettingsError, match=f"{where}: a key that stands there more than once"):
        load_settings(config, environ={})
    environ = {"CROSSLATE_LIMITS": '{"max_texts": 1, "max_texts": 2}'}
    with pytest.raises(SettingsError, match="CROSSLATE_LIMITS has a key that stands there more than once"):
        load_settings(environ=environ)


def test_what_is_merged_in_may_be_overruled(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "models:\n- &a {id: starter/en-pt, dtype: float32}\n- {<<: *a, id: b, path: starter/en-pt}\n"
    )
    settings = load_settings(config, environ={})
    assert [(model.id, model.dtype) for model in settings.models] == [
        ("starter/en-pt", "float32"),
        ("b", "float32"),
    ]


VALUES = st.one_of(st.none(), st.integers(), st.text(), st.lists(st.none()))


@settings(deadline=None)
@given(st.dictionaries(st.one_of(st.sampled_from(list(Settings.model_fields)), st.text()), VALUES))
def test_no_override_fails_in_another_way(overrides: dict[str, object]) -> None:
    try:
        settings = load_settings(overrides=overrides, environ={})
    except SettingsError:
        return
    assert isinstance(settings, Settings)


def test_settings_survive_the_way_to_a_replica() -> None:
    settings = Settings()
    assert Settings.model_validate(settings.model_dump(mode="json")) == settings


DEPLOY = Path(__file__).parents[3] / "deploy"


def test_the_commented_file_says_the_defaults() -> None:
    assert load_settings(DEPLOY / "crosslate.yaml", environ={}) == Settings()


def test_every_way_to_deploy_serves_what_the_command_serves() -> None:
    (application,) = yaml.safe_load((DEPLOY / "serve.yaml").read_text())["applications"]
    chart = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())
    for content in (application["args"], chart["settings"]):
        assert Settings.model_validate(content).models == Settings().models


@pytest.mark.parametrize("name", ["crosslate.yaml", "serve.yaml"])
def test_the_shipped_configurations_are_valid(name: str) -> None:
    content = yaml.safe_load((DEPLOY / name).read_text())
    if name == "serve.yaml":
        (application,) = content["applications"]
        assert application["import_path"] == "crosslate.service.app:build_app"
        content = application["args"]
    assert Settings.model_validate(content).models


def test_keys_come_from_a_file_of_the_environment_and_are_hashed(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text('[{"name": "a", "key": "a-secret-key"}]')
    settings = load_settings(environ={"CROSSLATE_AUTH__KEYS_FILE": str(tmp_path / "keys")})
    assert settings.auth.keys[0].key_hash == hash_key("a-secret-key")
    assert "a-secret-key" not in repr(settings)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("auth: {keys: [{name: a, key: a-secret-key, weigth: 2}]}", "did you mean 'weight'"),
        ("auth: {keys: [{name: a, key: [a-secret-key]}]}", "printable ASCII"),
        ("auth:\n  keys:\n    - {name: a, key: a-secret-key, models: [nope]}", "'nope' is not configured"),
        ("auth:\n  keys:\n    - name: a\n      key: a-secret-key: [", "line 4, column 24"),
        ("auth:\n  keys:\n\t- key: a-secret-key", "line 3, column 1"),
        ("auth: &a-secret-key [*b-secret-key]", "not valid YAML"),
        ("store: {url: 'mysql://u:a-secret-key@h/d'}", "begins with sqlite:/// or postgresql://"),
        ("store: {url: 'sqlite:///:memory:'}", "SQLite needs a file"),
    ],
)
def test_no_fault_in_the_settings_shows_a_key(tmp_path: Path, content: str, reason: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(content)
    with pytest.raises(SettingsError, match=re.escape(reason)) as refused:
        load_settings(config, environ={})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "a" * 257])
def test_a_pattern_that_is_none_is_a_fault_of_the_settings(pattern: str) -> None:
    assert load_settings(overrides={"protect": ["[A-Z]+-\\d+"]}, environ={}).protect == ("[A-Z]+-\\d+",)
    with pytest.raises(SettingsError, match=r"protect[^\n]*pattern 1"):
        load_settings(overrides={"protect": ["a", pattern]}, environ={})
