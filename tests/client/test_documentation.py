"""What the pages show of Crosslate's own clients runs, and prints what stands there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
        with running(gateway.app) as url:
            yield url
        asyncio.run(gateway.close())


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
