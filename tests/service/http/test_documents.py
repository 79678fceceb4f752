"""`/v1/documents`, with the fake translator behind real jobs."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import docx
import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.serving.metrics import render_metrics
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import make_access, make_key
from tests.service.http.fakes import Service, create_service

FORM = {"target_lang": "pt", "source_lang": "en"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    made = create_service(Settings(state_dir=tmp_path))
    yield made
    await made.close()


def letter() -> bytes:
    document = docx.Document()
    document.add_paragraph("Some words")
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


async def send(client: httpx.AsyncClient, name: str, data: bytes, **fields: object) -> httpx.Response:
    return await client.post("/v1/documents", files={"file": (name, data)}, data={**FORM, **fields})


async def finished(client: httpx.AsyncClient, document: str) -> dict[str, object]:
    async with asyncio.timeout(120):
        while True:
            answer = (await client.get(f"/v1/documents/{document}")).json()
            if answer["state"] in {"done", "failed"}:
                return dict(answer)
            await asyncio.sleep(0.01)


async def test_a_document_is_sent_looked_at_fetched_and_deleted(client: httpx.AsyncClient) -> None:
    sent = await send(client, "Olá.docx", letter())
    assert sent.status_code == 202
    document = sent.json()["id"]
    assert sent.json() == {
        "id": document, "state": "queued", "progress": 0.0, "characters": 10, "warnings": [],
        "terms": None, "error": None,
    }  # fmt: skip
    assert await finished(client, document) == {**sent.json(), "state": "done", "progress": 1.0}
    result = await client.get(f"/v1/documents/{document}/result")
    assert result.headers["content-disposition"] == "attachment; filename*=UTF-8''Ol%C3%A1.pt.docx"
    assert docx.Document(io.BytesIO(result.content)).paragraphs[0].text == "SOME WORDS"
    assert (await client.delete(f"/v1/documents/{document}")).status_code == 204
    for path in ("", "/result"):
        gone = await client.get(f"/v1/documents/{document}{path}")
        assert (gone.status_code, gone.json()["code"]) == (404, "document_not_found")


async def test_fields_that_are_lists_stand_there_several_times(client: httpx.AsyncClient) -> None:
    sent = await send(client, "a.csv", b"a,b,c\nx,y,z\n", columns=["a", "3"])
    await finished(client, sent.json()["id"])
    result = await client.get(f"/v1/documents/{sent.json()['id']}/result")
    assert result.content == b"a,b,c\nX,y,Z\n"


@pytest.mark.parametrize(
    ("name", "data", "fields", "refusal"),
    [
        ("a.png", b"x", {}, (415, "document_unsupported")),
        ("a.docx", b"x", {}, (422, "document_unreadable")),
        ("a.docm", b"x", {}, (415, "document_unsupported")),
        ("a.txt", b"words", {"target_lang": "xx"}, (400, "unsupported_language_pair")),
        ("a.txt", b"words", {"model": "none"}, (404, "model_not_found")),
        ("a.txt", b"words", {"protect": ["("]}, (422, "invalid_pattern")),
        ("a.txt", b"words", {"colums": "a"}, (422, "malformed_request")),
        ("a.txt", b"words", {"target_lang": ["pt", "en"]}, (422, "malformed_request")),
        ("a.csv", b"a,b\n", {"columns": ["c"]}, (422, "malformed_request")),
        ("a.csv", b"a,b\n", {"paths": ["a"]}, (422, "malformed_request")),
        ("a.arb", b"{}", {"paths": ["a"]}, (422, "malformed_request")),
        ("a.txt", b"words", {"columns": ["1"]}, (422, "malformed_request")),
        ("a.txt", b"words", {"glossary": "a\tb"}, (422, "malformed_request")),
        ("a.txt", b"words", {"glossary": '[{"source": "", "target": "b"}]'}, (422, "malformed_request")),
        ("a.txt", b"words", {"glossary_id": "unknown"}, (404, "glossary_not_found")),
        ("a.txt", b"words", {"glossary_id": "unknown", "source_lang": ""}, (422, "malformed_request")),
    ],
)
async def test_what_cannot_be_done_is_refused_at_once(
    client: httpx.AsyncClient, name: str, data: bytes, fields: dict[str, object], refusal: tuple[int, str]
) -> None:
    answer = await send(client, name, data, **fields)
    assert (answer.status_code, answer.json()["code"]) == refusal, answer.text


async def test_a_form_s_field_that_is_no_json_is_named(client: httpx.AsyncClient) -> None:
    problem = (await send(client, "a.txt", b"words", glossary="a\tb")).json()
    assert problem["detail"].startswith("glossary: is not valid JSON: ")
    assert problem["errors"][0]["loc"] == ["body", "glossary"]
    mapping = (await send(client, "a.txt", b"words", glossary='{"a": "b"}')).json()
    assert (
        mapping["detail"] == "glossary: Input should be a valid array of objects with 'source' and 'target'"
    )


async def test_a_document_is_translated_with_what_was_sent_and_what_is_kept(
    service: Service, client: httpx.AsyncClient
) -> None:
    listed = [{"source": "words", "target": "palavras"}, {"source": "some", "target": "umas"}]
    made = await client.post(
        "/v1/glossaries",
        json={
            "name": "kept",
            "dictionaries": [{"source_lang": "en", "target_lang": "pt", "entries": listed}],
        },
    )
    own = json.dumps([{"source": "words", "target": "termos"}])
    sent = await send(client, "a.docx", letter(), glossary=own, glossary_id=made.json()["id"])
    # It is the glossary as it was when the document came.
    await client.delete(f"/v1/glossaries/{made.json()['id']}")
    answer = await finished(client, sent.json()["id"])
    assert answer["terms"] == {"found": 0, "enforced": 0}
    assert service.translator.requests[-1].glossary == (
        GlossaryEntry("words", "termos"),
        GlossaryEntry("some", "umas"),
    )


async def test_a_form_without_a_file_and_what_is_no_form_are_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/documents", files={"other": b"x"}, data=FORM)).status_code == 422
    assert (await client.post("/v1/documents", json=FORM)).status_code == 415


async def test_a_file_may_be_larger_than_other_bodies_and_not_larger_than_the_setting(tmp_path: Path) -> None:
    settings = {"max_bytes": 300_000, "max_characters": 10**9}
    limits = {"max_body_bytes": 1000}
    service = create_service(
        Settings.model_validate({"state_dir": tmp_path, "documents": settings, "limits": limits})
    )
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await send(client, "a.txt", b"word " * 59_000)).status_code == 202
        for size in (70_000, 200_000):
            answer = await send(client, "a.txt", b"word " * size)
            assert answer.status_code == 413
            assert "documents.max_bytes" in answer.json()["detail"]
        assert (await client.post("/v1/detect", json={"text": "x" * 2000})).status_code == 413
    await service.close()


async def test_auto_has_a_document_s_language_detected(client: httpx.AsyncClient, service: Service) -> None:
    sent = await send(client, "a.txt", b"ab", source_lang="auto")
    await finished(client, sent.json()["id"])
    assert [request.source_lang for request in service.translator.requests] == ["en"]


@pytest.mark.parametrize("name", ["book.txt", "book.html"])
async def test_a_megabyte_is_refused_as_a_text_and_translated_as_a_document(
    client: httpx.AsyncClient, name: str
) -> None:
    page = "".join(f"<p>Paragraph {number} has words, {'and more, ' * 17}</p>\n\n" for number in range(5000))
    text = {"text": page, **FORM, "format": "html" if name.endswith("html") else "text"}
    refused = await client.post("/v1/translate", json=text)
    assert (refused.status_code, refused.json()["code"]) == (413, "text_too_large")
    assert "limits.max_text_bytes" in refused.json()["detail"]
    assert "/v1/documents" in refused.json()["detail"]
    sent = await send(client, name, page.encode())
    assert sent.json()["characters"] == len(page) > 1_000_000
    done = await finished(client, sent.json()["id"])
    assert (done["state"], done["progress"]) == ("done", 1.0)
    result = await client.get(f"/v1/documents/{sent.json()['id']}/result")
    assert result.text.count("HAS WORDS") == 5000
    assert len(result.content) == len(page)


async def test_what_fails_says_why(service: Service, client: httpx.AsyncClient) -> None:
    service.translator.refused_targets["pt"] = ServiceError("same_language", "It is the same.")
    sent = await send(client, "a.txt", b"words")
    answer = await finished(client, sent.json()["id"])
    assert answer["error"] == {"code": "same_language", "detail": "It is the same."}
    result = await client.get(f"/v1/documents/{sent.json()['id']}/result")
    assert (result.status_code, result.json()["detail"]) == (422, "It is the same.")


async def test_a_document_is_its_key_s_and_counted_for_it(tmp_path: Path) -> None:
    ann, bob = (make_key(name=name, secret=f"key-of-{name}") for name in ("ann", "bob"))
    access = make_access(ann, bob)
    service = create_service(Settings(state_dir=tmp_path), access=access)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await send(client, "a.txt", b"words")).status_code == 401
        client.headers["Authorization"] = "Bearer key-of-ann"
        sent = await send(client, "a.txt", b"words")
        document = sent.json()["id"]
        await finished(client, document)
        share = service.translator.allowances[0].share
        assert share is not None
        assert (share.owner, share.weight) == ("documents ann", 0.2)
        client.headers["Authorization"] = "Bearer key-of-bob"
        for path in ("", "/result"):
            assert (await client.get(f"/v1/documents/{document}{path}")).status_code == 404
        assert (await client.delete(f"/v1/documents/{document}")).status_code == 404
    await service.close()
    counted = render_metrics({"r1": service.metrics.snapshot()}).decode()
    assert [access.usage(key).characters for key in (ann, bob)] == [5, 0]
    assert 'crosslate_documents_total{replica="r1",state="done"} 1.0' in counted


async def test_documents_can_be_off(tmp_path: Path) -> None:
    service = create_service(Settings.model_validate({"documents": {"enabled": False}}))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await send(client, "a.txt", b"words")
    assert (answer.status_code, answer.json()["code"]) == (400, "documents_off")


async def test_without_a_home_folder_texts_are_served_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    service = create_service(Settings())
    await service.services.documents.resume()
    reason = "state_dir: this user has no home folder"
    assert reason in service.log.getvalue()
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await send(client, "a.txt", b"words")
    assert (answer.status_code, answer.json()["code"]) == (400, "documents_off")
    assert (reason in answer.text, service.log.getvalue().count(reason)) == (False, 2)


async def test_nothing_is_opened_before_somebody_sends_a_document(
    service: Service, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await service.services.documents.resume()
    assert list(tmp_path.iterdir()) == []
    await send(client, "a.txt", b"words")
    assert {path.name for path in tmp_path.iterdir()} >= {"crosslate.db", "documents"}


async def test_a_user_s_words_and_names_are_in_no_log(service: Service, client: httpx.AsyncClient) -> None:
    sent = await send(client, "secret.txt", b"hidden words")
    await finished(client, sent.json()["id"])
    async with asyncio.timeout(120):
        while "document_done" not in service.log.getvalue():
            await asyncio.sleep(0.01)
    log = service.log.getvalue().lower()
    assert "secret" not in log
    assert "hidden" not in log
    assert sent.json()["id"].lower() not in log
