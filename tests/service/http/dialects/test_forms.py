"""Forms and queries are read whole and in UTF-8, or refused with what is wrong."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Message

from tests.service.http.fakes import Service

KIND = {"content-type": "multipart/form-data; boundary=b"}
END = b"--b--\r\n"


def part(head: bytes, content: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"


TEXT = part(b'name="text"', "Olá 🐈".encode())
TARGET = part(b'name="target_lang"', b"PT")
FILE = part(b'name="file"; filename="a.txt"', b"A cat.")


@pytest.mark.parametrize("more", ["", ";", "; charset=utf-8", '; charset="UTF-8"'])
async def test_a_multipart_form_is_in_utf8(client: httpx.AsyncClient, more: str) -> None:
    headers = {"content-type": KIND["content-type"] + more}
    answer = await client.post("/v2/translate", content=TEXT + TARGET + END, headers=headers)
    assert answer.json()["translations"][0]["text"] == "OLÁ 🐈"
    latin = TEXT.replace("Olá 🐈".encode(), b"Ol\xe1")
    answer = await client.post("/v2/translate", content=latin + TARGET + END, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (400, "text: the field is not in UTF-8")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (TEXT + TARGET, "its closing boundary is not there"),
        (TEXT + TARGET[:-6], "its closing boundary is not there"),
        (TEXT + b"--b\r\nContent-Disp", "its closing boundary is not there"),
        (TEXT + part(b'name="\xff"', b"x") + END, "the name of a field is not in UTF-8"),
        (b"text=a", "at index"),
        (part(b"x", b"a") + END, '"name" must be provided'),
        (FILE + FILE + END, "Too many files"),
    ],
)
async def test_a_form_that_cannot_be_read_whole_is_refused(
    client: httpx.AsyncClient, content: bytes, fault: str
) -> None:
    answer = await client.post("/v2/translate", content=content, headers=KIND)
    assert (answer.status_code, fault in answer.json()["message"]) == (400, True)
    answer = await client.post("/v1/documents", content=content.replace(b"text", b"file"), headers=KIND)
    assert answer.status_code in {400, 422}


async def test_no_body_is_no_form_that_is_cut(client: httpx.AsyncClient) -> None:
    answer = await client.get("/translator", params={"text": "a", "target": "pt"}, headers=KIND)
    assert answer.json() == {"result": "A"}


async def test_a_file_has_a_name_that_need_not_be_in_utf8(client: httpx.AsyncClient) -> None:
    sent = await client.post(
        "/v1/documents", content=FILE.replace(b"a.txt", b"\xe1.txt") + TARGET + END, headers=KIND
    )
    assert sent.status_code == 202
    nameless = part(b'name="file"', b"A cat.") + TARGET + END
    refused = await client.post("/v1/documents", content=nameless, headers=KIND)
    assert refused.json()["detail"] == "file: needs a file name"


async def test_a_glossary_of_a_form_has_no_key_twice(client: httpx.AsyncClient) -> None:
    glossary = part(b'name="glossary"', b'[{"source": "cat", "target": "felino", "target": "gato"}]')
    answer = await client.post("/v1/documents", content=FILE + TARGET + glossary + END, headers=KIND)
    assert (answer.status_code, "'target'" in answer.json()["detail"]) == (422, True)


async def queried(service: Service, path: str, query: bytes) -> tuple[int, str]:
    """The answer to a query of these bytes, which `httpx` would not send."""
    answer: list[Message] = []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": []}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    await service.app(scope, receive, send)
    return answer[0]["status"], answer[1]["body"].decode()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/translator", "text={}&target=pt"),
        ("/language/translate/v2", "q={}&target=pt"),
        ("/v2/translate", "text={}&target_lang=PT"),
    ],
)
async def test_a_query_is_in_utf8_escaped_or_not(service: Service, path: str, query: str) -> None:
    for text in ("olá", quote("olá")):
        status, answer = await queried(service, path, query.format(text).encode())
        assert (status, "OLÁ" in json.dumps(json.loads(answer), ensure_ascii=False)) == (200, True)
    for wrong in (b"%e1", b"\xe1"):
        status, answer = await queried(service, path, query.encode().replace(b"{}", wrong))
        assert (status, "is not in UTF-8" in answer) == (400, True)
