"""What the pages show of Crosslate's own clients runs, and prints what stands there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from tests.service.http.running import running
from tests.service.http.starters import loaded_starters, starter_gateway

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
PLACE = "http://localhost:8000"
PYTHON = ROOT / ".recipes" / "bin" / "python"
INSTALL = "uv venv .recipes && uv pip install --python .recipes -r tests/client/recipes/needs.txt"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the starters, behind a real server."""
    with loaded_starters() as models:
        served = [model.served for model in models]
        gateway = asyncio.run(starter_gateway(served, tmp_path_factory.mktemp("state")))
        with running(gateway.app, gateway.close) as url:
            yield url


def shown(language: str, page: str = PAGE) -> tuple[str, str]:
    """The first block in a language, and what it prints."""
    found = re.search(rf"```{language}\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert found is not None
    return found[1], found[2]


def test_the_python_client_prints_what_is_shown(url: str) -> None:
    program, printed = shown("python")
    assert PLACE in program
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(program.replace(PLACE, url), {})
    assert output.getvalue().strip() == printed.strip()


CURL = re.compile(r"```\n(curl [^`]*)```\n\n```json\n(.*?)```", re.DOTALL)
ANSWERED = [
    (name, command, answer)
    for name in ("README.md", "docs/api.md", "docs/clients.md", "docs/summaries.md")
    for command, answer in CURL.findall((ROOT / name).read_text(encoding="utf-8"))
]


CHANGING = ("request_id", "id", "characters")
"""What another request, or another letter, has otherwise."""


def form_of(answer: Any) -> Any:
    """All of it but the digits that depend on the CPU, and what is another each time."""
    match answer:
        case dict():
            return {name: form_of(value) for name, value in answer.items() if name not in CHANGING}
        case list():
            return [form_of(value) for value in answer]
    return "a number" if isinstance(answer, float) else answer


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(("page", "command", "shown_answer"), ANSWERED)
async def test_curl_gets_what_is_shown(url: str, page: str, command: str, shown_answer: str) -> None:
    answer = json.loads(await output_of(command.replace(PLACE.removeprefix("http://"), url)))
    assert form_of(json.loads(shown_answer)) == form_of(answer)


async def output_of(command: str, folder: Path = ROOT) -> str:
    process = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE, cwd=folder)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_a_document_goes_its_way_as_shown(url: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    sent, looked, fetched, deleted = re.findall(r"^\$ (curl .*)\n(\{.*\})?", page, re.MULTILINE)
    letter = docx.Document()
    letter.add_paragraph("The black cat sleeps.")
    letter.save(str(tmp_path / "letter.docx"))
    document_id = "4b1f…"

    async def ask(command: str) -> str:
        here = command.replace(PLACE.removeprefix("http://"), url).replace("4b1f…", document_id)
        return await output_of(here, tmp_path)

    answer = json.loads(await ask(sent[0]))
    assert form_of(answer) == form_of(json.loads(sent[1]))
    document_id = answer["id"]
    while answer["state"] in {"queued", "running"}:
        answer = json.loads(await ask(looked[0]))
    assert form_of(answer) == form_of(json.loads(looked[1]))
    assert await ask(fetched[0]) == await ask(deleted[0]) == ""
    translated = docx.Document(str(tmp_path / "letter.pt.docx"))
    assert [paragraph.text for paragraph in translated.paragraphs] == ["O gato preto dorme."]


async def test_the_javascript_client_prints_what_is_shown(url: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    program, printed = shown("js")
    module = (ROOT / "clients" / "javascript" / "crosslate.js").as_uri()
    script = program.replace("crosslate-client", module).replace(PLACE, url)
    process = await asyncio.create_subprocess_exec(
        "node", "--input-type=module", "--eval", script, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == printed.strip()


@pytest.mark.parametrize("library", ["LangChain", "Haystack"])
def test_a_recipe_prints_what_is_shown(url: str, library: str) -> None:
    program, printed = shown("python", RECIPES.split(f"## {library}\n")[1])
    assert PLACE in program
    if not PYTHON.exists():
        pytest.skip(f"needs the libraries in an environment of their own: {INSTALL}")
    done = subprocess.run(
        [PYTHON, "-c", program.replace(PLACE, url)],
        cwd=ROOT,  # where the client is
        env={**os.environ, "HAYSTACK_TELEMETRY_ENABLED": "False"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == printed.strip()
