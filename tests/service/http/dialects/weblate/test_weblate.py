"""Weblate's own classes, as they are installed, against a running service over the starters."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.service.http.running import running
from tests.service.http.starters import loaded_starters, starter_gateway

ROOT = Path(__file__).parents[5]
PYTHON = ROOT / ".weblate" / "bin" / "python"
FOLDER = "tests/service/http/dialects/weblate"
INSTALL = (
    "uv venv .weblate && "
    f"uv pip install --python .weblate -r {FOLDER}/needs.txt --override {FOLDER}/left_out.txt"
)
"""With libraries of the system left out that translating does without."""
_TIMEOUT_S = 120


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    if not PYTHON.exists():
        pytest.skip(f"needs Weblate in an environment of its own: {INSTALL}")
    with loaded_starters() as loaded:
        state = tmp_path_factory.mktemp("state")
        gateway = asyncio.run(starter_gateway([model.served for model in loaded], state))
        with running(gateway.app, gateway.close) as url:
            done = subprocess.run(
                [PYTHON, Path(__file__).parent / "driver.py", url],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("service", ["libretranslate", "deepl"])
def test_strings_come_back_with_their_placeholders(said: Any, service: str) -> None:
    translations = said[service]
    assert translations["Save"] in ("Guardar", "Salvar", "Salve", "Poupe", "Economizar")
    assert "%s" in translations["The file %s was deleted."]
    hello = translations["Hello {name}, <b>welcome</b> home!"]
    assert "{name}" in hello
    assert hello.count("<b>") == hello.count("</b>") == 1
    assert "&" in translations["Fish & chips"]
    assert "&amp;" not in translations["Fish & chips"]


def test_it_knows_which_pairs_there_are(said: Any) -> None:
    assert said["unserved"] == [True, True]


def test_its_glossary_is_kept_and_held_to(said: Any) -> None:
    sentence = "The bridge is closed."
    assert "viaduto" not in said["deepl"][sentence]
    assert "viaduto" in said["deepl_with_terms"][sentence]
    assert len(said["glossaries"]) == 1
