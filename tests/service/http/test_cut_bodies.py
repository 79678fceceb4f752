"""Clients that leave in the middle of what they send: told in the log as such, and no defect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.types import Message

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import create_service

FORM = "multipart/form-data; boundary=q"
BEGUN = {
    "application/json": b'{"text": "a',
    "application/x-www-form-urlencoded": b"text=a",
    FORM: b'--q\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\na',
}


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/v1/translate", "application/json"),
        ("/v1/summarize", "application/json"),
        ("/v1/glossaries", "application/json"),
        ("/v1/documents", FORM),
        ("/v2/translate", "application/x-www-form-urlencoded"),
        ("/v2/document", FORM),
        ("/translate", "application/json"),
        ("/translate_file", FORM),
        ("/language/translate/v2", "application/x-www-form-urlencoded"),
        ("/v3/projects/p:translateText", "application/json"),
        ("/v3/projects/p/locations/global:translateDocument", "application/json"),
    ],
)
async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_defect(
    path: str, content_type: str, tmp_path: Path
) -> None:
    service = create_service(Settings(state_dir=tmp_path), dialects=DIALECTS)
    begun: Message = {"type": "http.request", "body": BEGUN[content_type], "more_body": True}
    left: Message = {"type": "http.disconnect"}
    messages = iter([begun])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages, left)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", content_type.encode()), (b"content-length", b"1000")]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "scheme": "http",
        "root_path": "",
    }
    await service.app(scope, receive, send)
    lines = [json.loads(line) for line in service.log.getvalue().splitlines()]
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]
    assert sent[0]["status"] == 499
