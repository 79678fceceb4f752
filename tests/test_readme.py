"""README and `docs/` tell the truth about commands, settings and paths, and their blocks are well formed."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command
from typer.testing import CliRunner

from crosslate.models.families.supported import NATIVE, supported_families
from crosslate.service.auth.settings import KeySettings
from crosslate.service.commands.cli import app
from crosslate.service.http.requests import GenerationBody, SummarizeBody, TranslateBody
from crosslate.service.settings.config import ModelSettings, Settings
from crosslate.service.settings.replica_settings import AutoscalingSettings, ReplicaSettings
from loadtests.in_process import in_process_client

ROOT = Path(__file__).parent.parent
PAGES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES[Path("README.md")]
MAX_LINES = 200
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_NAMES = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def section(heading: str) -> str:
    """What stands under a heading of README, or in the page with this title."""
    if f"\n## {heading}\n" in README:
        return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (found,) = (page for page in PAGES.values() if page.startswith(f"# {heading}\n"))
    return found


def blocks_of(page: str, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page) if name == language]


def blocks(language: str) -> list[str]:
    return [text for page in PAGES.values() for text in blocks_of(page, language)]


def shell_lines() -> Iterator[list[str]]:
    """The words of each command in a plain block, continued lines joined."""
    for text in blocks(""):
        for line in text.replace("\\\n", " ").splitlines():
            if found := re.match(r"(?:\$ )?(uv run crosslate .*)", line):
                yield shlex.split(found[1])


@pytest.mark.parametrize(
    ("heading", "command"),
    [("Run", "pip install uv && uv run crosslate serve"), ("Test", "pip install uv && uv run pytest")],
)
def test_run_and_test_open_with_the_one_command(heading: str, command: str) -> None:
    assert section(heading).lstrip().splitlines()[:2] == ["```", command]


@pytest.mark.parametrize("text", blocks(""))
def test_blocks_run_as_they_stand_in_a_clone(text: str) -> None:
    assert not re.search(r"^(\$ )?(crosslate|python) ", text, re.MULTILINE)


@pytest.mark.parametrize("text", blocks("python"))
def test_python_blocks_compile(text: str) -> None:
    compile(text, "README.md", "exec")


@pytest.mark.parametrize("text", blocks("json"))
def test_json_blocks_parse(text: str) -> None:
    json.loads(text)


def requests_and_answers() -> Iterator[tuple[str, object, object]]:
    """Path and body of each curl, and the JSON that is printed after it."""
    for page in PAGES.values():
        curls = [text for text in blocks_of(page, "") if text.startswith("curl ")]
        for curl, printed in zip(curls, blocks_of(page, "json"), strict=True):
            words = shlex.split(curl.replace("\\\n", " "))
            yield words[2].removeprefix("localhost:8000"), json.loads(words[-1]), json.loads(printed)


def assert_printed(printed: object, answer: object) -> None:
    """Equal but for the last digits, which the CPU has a say in, and for what is null and left out."""
    if isinstance(printed, dict) and isinstance(answer, dict):
        assert set(printed) <= set(answer)
        assert [key for key, value in answer.items() if key not in printed and value is not None] == []
        for key, value in printed.items():
            assert_printed(value, answer[key])
    elif isinstance(printed, list) and isinstance(answer, list):
        assert len(printed) == len(answer)
        for one, other in zip(printed, answer, strict=True):
            assert_printed(one, other)
    elif isinstance(printed, float):
        assert answer == pytest.approx(printed, abs=0.02)
    else:
        assert answer == printed


async def test_requests_are_answered_as_printed() -> None:
    models = tuple(
        ModelSettings(id=f"starter/{name}", dtype="float32", target_batch=8)
        for name in ("en-pt", "summarize-en")
    )
    async with in_process_client(Settings(models=models)) as client:
        for path, body, printed in requests_and_answers():
            answer = (await client.post(path, json=body)).json()
            if isinstance(printed, dict) and "request_id" in printed:
                answer["request_id"] = printed["request_id"]
            if isinstance(printed, dict) and "links" in printed:  # the one part that is printed
                answer = answer["translations"][0]["alignment"]
            assert_printed(printed, answer)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_yaml_blocks_are_settings(text: str) -> None:
    Settings.model_validate(yaml.safe_load(text))


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_command_is_listed(name: str) -> None:
    assert f"`crosslate {name}`" in section("Operation")


@pytest.mark.parametrize("words", list(shell_lines()), ids=" ".join)
def test_commands_and_their_options_exist(words: list[str]) -> None:
    name, *arguments = words[words.index("crosslate") + 1 :]
    assert name in COMMAND_NAMES
    shown = CliRunner().invoke(app, [name, "--help"]).output
    assert [word for word in arguments if word.startswith("--") and word not in shown] == []


def settings_rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """The dotted key and the default of every setting outside the lists."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from settings_rows(annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


def of_replicas(key: str) -> str:
    """The gateway's replicas have the keys of every replica, which one table documents."""
    name = key.removeprefix("gateway.")
    return name if name in ReplicaSettings.model_fields else key


SETTINGS = [
    *((of_replicas(key), default) for key, default in settings_rows(Settings)),
    *settings_rows(ModelSettings),
    *settings_rows(AutoscalingSettings),
    *settings_rows(KeySettings),
]


@pytest.mark.parametrize(("key", "default"), SETTINGS, ids=[key for key, _ in SETTINGS])
def test_every_setting_is_documented_with_its_default(key: str, default: object) -> None:
    rows = [line for line in section("Configuration").splitlines() if f"`{key}`" in line]
    assert rows
    if isinstance(default, str | int | float):
        assert any(f"`{default}`" in row for row in rows), rows


@pytest.mark.parametrize("name", [*TranslateBody.model_fields, *GenerationBody.model_fields])
def test_every_field_of_a_translation_is_documented(name: str) -> None:
    assert re.search(rf'`"?{name}\b', section("The API") + section("Limits, said plainly"))


def test_the_table_of_families_is_the_registry() -> None:
    rows = re.findall(
        r"^\| (.*?) \| (.*?) \| .*? \|$", section("Models").split("Supported families")[1], re.M
    )
    named = {name for first, _ in rows for name in re.findall(r"`(\w[\w-]*)`", first)}
    shown = {example for _, second in rows for example in re.findall(r"`(\w[\w-]+/[\w.-]+)`", second)}
    families = supported_families()
    assert named == {family.name for family in families} - {*NATIVE}
    assert shown <= {example for family in families for example in family.examples}
    assert any(first.startswith("Bergamot") for first, _ in rows)


@pytest.mark.parametrize("name", list(SummarizeBody.model_fields))
def test_every_field_of_a_summary_is_documented(name: str) -> None:
    assert re.search(rf'`"?{name}\b', section("Summaries"))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_is_linked_exists(page: Path) -> None:
    said = re.sub(r"`[^`\n]*`", "", PAGES[page])  # what is code is no link
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", said):
        target = ROOT / page.parent / file if file else ROOT / page
        assert target.exists(), file
        if anchor:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [title.lower().replace(" ", "-") for title in titles]


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= MAX_LINES
