"""Documents by other services' own clients, against a running service."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

pytest.importorskip("deepl", reason="uv sync --group clients")
import deepl


@dataclass(frozen=True)
class Running:
    service: Service
    url: str

    @property
    def deepl(self) -> deepl.DeepLClient:
        return deepl.DeepLClient("secret-key", server_url=self.url)


@pytest.fixture(scope="module")
def under_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"))
    service = create_service(settings, dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield Running(service, url)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, under_way: Running) -> None:
    """The clients look every few seconds."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.05)))
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    under_way.service.translator.refused_targets.clear()


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    document = docx.Document()
    paragraph = document.add_paragraph("Some ")
    paragraph.add_run("bold").bold = True
    paragraph.add_run(" words")
    document.save(str(tmp_path / "letter.docx"))
    return tmp_path / "letter.docx"


def test_deepl_translates_a_file(under_way: Running, letter: Path) -> None:
    output = letter.with_name("carta.docx")
    status = under_way.deepl.translate_document_from_filepath(
        letter, output, source_lang="EN", target_lang="PT-PT"
    )
    assert status.done
    assert status.billed_characters
    assert docx.Document(str(output)).paragraphs[0].text == "SOME BOLD WORDS"


def test_deepl_translates_a_file_with_a_glossary(under_way: Running, letter: Path) -> None:
    client = under_way.deepl
    glossary = client.create_glossary("kept", "EN", "PT", {"bold": "negrito"})
    output = io.BytesIO()
    with letter.open("rb") as file:
        client.translate_document(file, output, source_lang="EN", target_lang="PT-PT", glossary=glossary)
    assert docx.Document(output).paragraphs[0].text == "SOME BOLD WORDS"
    assert under_way.service.translator.requests[-1].glossary == (GlossaryEntry("bold", "negrito"),)


NODE_SCRIPT = """
import * as deepl from "deepl-node";
const [serverUrl, input, output] = process.argv.slice(1);
const client = new deepl.DeepLClient("secret-key", { serverUrl, maxRetries: 2 });
const status = await client.translateDocument(input, output, "en", "pt-PT");
console.log(JSON.stringify([status.status, status.billedCharacters]));
"""


async def test_deepl_for_node_translates_a_file(under_way: Running, letter: Path) -> None:
    require_package("deepl-node")
    output = letter.parent / "node.docx"
    status, billed = await run_node(NODE_SCRIPT, under_way.url, str(letter), str(output))
    assert (status, billed > 0) == ("done", True)
    assert docx.Document(str(output)).paragraphs[0].text == "SOME BOLD WORDS"


def test_deepl_fetches_a_document_once(under_way: Running) -> None:
    client = under_way.deepl
    handle = client.translate_document_upload(
        "some words", target_lang="PT-BR", source_lang="EN", filename="a.txt"
    )
    assert client.translate_document_wait_until_done(handle).done
    output = io.BytesIO()
    client.translate_document_download(handle, output)
    assert output.getvalue() == b"SOME WORDS"
    with pytest.raises(deepl.DeepLException, match="Not found"):
        client.translate_document_download(handle)
    with pytest.raises(deepl.DeepLException, match="no document"):
        client.translate_document_get_status(deepl.DocumentHandle("0" * 32, handle.document_key))


def test_deepl_waits_for_what_is_not_ready(under_way: Running) -> None:
    client, translator = under_way.deepl, under_way.service.translator
    translator.delays_s["slow"] = 1.0
    handle = client.translate_document_upload("slow", target_lang="PT-BR", source_lang="EN", filename="a.txt")
    with pytest.raises(deepl.DocumentNotReadyException):
        client.translate_document_download(handle)
    assert client.translate_document_wait_until_done(handle).done


def test_deepl_is_told_why_a_document_failed(under_way: Running) -> None:
    error = ServiceError("same_language", "It is the same language.")
    under_way.service.translator.refused_targets["PT-BR"] = error
    client = under_way.deepl
    handle = client.translate_document_upload("a", target_lang="PT-BR", source_lang="EN", filename="a.txt")
    status = client.translate_document_wait_until_done(handle)
    assert (status.status.value, str(status.error_message)) == ("error", "It is the same language.")


def test_deepl_is_refused_what_would_be_another_document(under_way: Running) -> None:
    client = under_way.deepl
    options: tuple[tuple[dict[str, Any], str], ...] = (
        ({"formality": "more"}, "formality"),
        ({"output_format": "pdf"}, "keeps its format"),
        ({"glossary": "7ff9bfd6"}, "no glossary with this id"),
    )
    for option, words in options:
        with pytest.raises(deepl.DeepLException, match=words):
            client.translate_document_upload(
                "a", target_lang="PT-BR", source_lang="EN", filename="a.txt", **option
            )
    with pytest.raises(deepl.DeepLException, match=r"ends in \.png"):
        client.translate_document_upload(b"a", target_lang="PT-BR", filename="a.png")


def test_libretranslate_translates_a_file(under_way: Running, letter: Path) -> None:
    """As its own page sends one: its Python client has no call for files."""
    fields = {"source": "en", "target": "pt", "api_key": ""}
    sent = httpx.post(
        f"{under_way.url}/translate_file",
        files={"file": ("letter.docx", letter.read_bytes())},
        data=fields,
        timeout=120,
    )
    url = sent.json()["translatedFileUrl"]
    assert url.startswith(f"{under_way.url}/download_file/")
    assert url.endswith(".docx")
    written = docx.Document(io.BytesIO(httpx.get(url).content))
    assert written.paragraphs[0].text == "SOME BOLD WORDS"
    gone = httpx.get(f"{under_way.url}/download_file/a.docx")
    assert (gone.status_code, set(gone.json())) == (404, {"error"})


def test_libretranslate_is_told_what_is_wrong(under_way: Running) -> None:
    def send(name: str, **fields: str) -> httpx.Response:
        url = f"{under_way.url}/translate_file"
        return httpx.post(url, files={"file": (name, b"words")}, data=fields, timeout=120)

    missing = send("a.txt", source="en")
    assert (missing.status_code, missing.json()["error"]) == (
        400,
        "Invalid request: missing target parameter",
    )
    assert send("a.png", source="en", target="pt").status_code == 415
    under_way.service.translator.refused_targets["pt"] = ServiceError("wrong_task", "It cannot be done.")
    failed = send("a.txt", source="en", target="pt")
    assert (failed.status_code, failed.json()["error"]) == (400, "It cannot be done.")
