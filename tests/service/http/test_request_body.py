from __future__ import annotations

import codecs
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import create_service
from tests.service.http.test_errors import POSTS, check_problem

LIMIT = 1000
JSON = {"content-type": "application/json"}
GZIP = {**JSON, "content-encoding": "gzip"}


@pytest.fixture
async def limited() -> AsyncIterator[httpx.AsyncClient]:
    service = create_service(Settings(limits=LimitSettings(max_body_bytes=LIMIT)))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def body(text: str = "hello") -> bytes:
    return json.dumps({"text": text, "target_lang": "pt"}).encode()


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", " gzip "])
async def test_a_packed_body_is_read_as_the_plain_one(
    client: httpx.AsyncClient, path: str, encoding: str
) -> None:
    content = json.dumps(POSTS[path]).encode()
    plain = await client.post(path, content=content, headers=JSON)
    packed = await client.post(
        path, content=gzip.compress(content), headers={**JSON, "content-encoding": encoding}
    )
    assert (packed.status_code, packed.json()) == (200, plain.json())


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(num_bytes=st.integers(LIMIT - 40, LIMIT + 40), size=st.integers(1, 200), level=st.integers(0, 9))
async def test_the_limit_holds_after_unpacking_however_it_arrives(
    limited: httpx.AsyncClient, num_bytes: int, size: int, level: int
) -> None:
    content = body("a" * (num_bytes - len(body(""))))
    packed = gzip.compress(content, level)
    response = await limited.post("/v1/translate", content=in_pieces(packed, size), headers=GZIP)
    fits = max(num_bytes, len(packed)) <= LIMIT
    assert response.status_code == (200 if fits else 413), response.text


async def test_a_bomb_is_not_unpacked(limited: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = packer.compress(b" " * 800_000) + packer.flush()
    assert len(bomb) < LIMIT
    unpacked: list[int] = []
    create = zlib.decompressobj

    class Counting:
        def __init__(self, window: int) -> None:
            self._inner = create(window)

        def decompress(self, data: bytes, max_length: int) -> bytes:
            plain = self._inner.decompress(data, max_length)
            unpacked.append(len(plain))
            return plain

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    response = await limited.post("/v1/translate", content=bomb, headers=GZIP)
    check_problem(response, 413, "body_too_large")
    assert sum(unpacked) == LIMIT + 1


PACKED = gzip.compress(body(), mtime=0)
"""It names tests: the same at any time."""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "ends too early"),
        (b"\x1f", "ends too early"),
        (body(), "damaged"),
        (PACKED[:-1], "ends too early"),
        (PACKED[:-5] + b"\0\0\0\0\0", "damaged"),
        (PACKED + b"x", "follows its end"),
        (PACKED + gzip.compress(b"", mtime=0), "follows its end"),
        (zlib.compress(body()), "damaged"),
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
async def test_what_is_not_gzip_is_malformed(
    client: httpx.AsyncClient, content: bytes, why: str, size: int
) -> None:
    response = await client.post("/v1/translate", content=in_pieces(content, size), headers=GZIP)
    assert why in check_problem(response, 422, "malformed_request")["detail"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "\xff"])
async def test_other_encodings_are_named_unsupported(client: httpx.AsyncClient, encoding: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-encoding", encoding.encode("latin-1"))]
    response = await client.post("/v1/translate", content=body(), headers=headers)
    assert "gzip" in check_problem(response, 415, "unsupported_media_type")["detail"]


async def test_identity_is_no_encoding(client: httpx.AsyncClient) -> None:
    headers = {**JSON, "content-encoding": "identity"}
    assert (await client.post("/v1/translate", content=body(), headers=headers)).status_code == 200


async def test_a_byte_order_mark_is_no_fault(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/translate", content=codecs.BOM_UTF8 + body(), headers=JSON)
    assert response.status_code == 200
    twice = await client.post("/v1/translate", content=codecs.BOM_UTF8 * 2 + body(), headers=JSON)
    check_problem(twice, 422)
    check_problem(await client.post("/v1/translate", content=codecs.BOM_UTF8, headers=JSON), 422)


@pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "utf8", "us-ascii"])
async def test_charsets_within_utf8_are_read(client: httpx.AsyncClient, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}
    assert (await client.post("/v1/translate", content=body(), headers=headers)).status_code == 200


DEEP = "[" * 50_000 + "]" * 50_000


@pytest.mark.parametrize(
    "fields",
    [
        '"timeout_s": NaN',
        '"timeout_s": Infinity',
        '"timeout_s": 1e999',
        f'"timeout_s": {"9" * 5000}',
        f'"timeout_s": {"9" * 400}',
        f'"generation": {{"seed": {"9" * 5000}}}',
        f'"generation": {{"num_beams": -{"9" * 400}}}',
        '"generation": {"seed": 1.5}',
        '"generation": []',
        f'"x": {DEEP}',
        f'"generation": {DEEP}',
        f'"text": {DEEP}',
        '"model": "\\ud800"',
        '"\\ud800": 1',
        '"source_lang": "\\udfff"',
        '"source_lang": ""',
        '"target_lang": "pt"',
        '"generation": {"seed": 1, "seed": 2}',
        '"glossary": [{"source": "a", "target": "b", "target": "c"}]',
        "1: 2",
        "",
    ],
)
async def test_odd_json_is_the_clients_fault(client: httpx.AsyncClient, fields: str) -> None:
    content = f'{{"text": "a", "target_lang": "pt", {fields}}}'.encode()
    check_problem(await client.post("/v1/translate", content=content, headers=JSON), 422)


async def test_a_whole_number_may_have_a_point(client: httpx.AsyncClient) -> None:
    content = b'{"text": "a", "target_lang": "pt", "num_alternatives": 1.0, "generation": {"num_beams": 4.0}}'
    assert (await client.post("/v1/translate", content=content, headers=JSON)).status_code == 200
    for other in (b"1.5", b"true", b'"1"', b"1e400"):
        changed = content.replace(b"4.0", other)
        problem = check_problem(await client.post("/v1/translate", content=changed, headers=JSON), 422)
        assert problem["detail"].startswith("generation.num_beams: Input should be a valid integer")


@pytest.mark.parametrize(
    "content",
    [
        '{"text": [' + "1," * 100_000 + "1]}",
        '{"glossary": [' + "{}," * 100_000 + "1]}",
        "{" + ",".join(f'"k{number}": 1' for number in range(20_000)) + "}",
        "{" + ",".join(f'"{"targt_lang" * 50}{number}": 1' for number in range(1000)) + "}",
        '{"' + "target_lang" * 50_000 + '": 1}',
    ],
    ids=["texts", "entries", "keys", "long keys", "a long key"],
)
async def test_a_body_full_of_faults_has_a_short_answer(client: httpx.AsyncClient, content: str) -> None:
    response = await client.post("/v1/translate", content=content.encode(), headers=JSON)
    problem = check_problem(response, 422)
    assert len(problem["errors"]) <= 21
    assert len(response.content) < 10_000
