"""`/v1/glossaries`: kept, listed, used, deleted; and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import Settings
from crosslate.service.store.settings import StoreSettings
from tests.service.http.fakes import Service, create_service
from tests.service.http.test_errors import check_problem

ENTRIES = [{"source": "bridge", "target": "viaduto"}, {"source": "river", "target": "ribeira"}]
BODY = {"name": "mine", "dictionaries": [{"source_lang": "en", "target_lang": "pt-BR", "entries": ENTRIES}]}


TMX = """<tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>bridge</seg></tuv><tuv xml:lang="pt"><seg>viaduto</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>river</seg></tuv><tuv xml:lang="pt"><seg>ribeira</seg></tuv></tu>
</body></tmx>"""


def client_of(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=service.app), base_url="http://test")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Service]:
    limits = GlossarySettings(max_glossaries=2, max_entries=3)
    made = create_service(Settings(state_dir=tmp_path, glossaries=limits))
    yield made
    await made.close()


async def test_the_life_of_a_glossary(kept: Service) -> None:
    async with client_of(kept) as client:
        made = await client.post("/v1/glossaries", json=BODY)
        assert made.status_code == 201
        answer = made.json()
        path = f"/v1/glossaries/{answer['id']}"
        assert answer["dictionaries"] == [{"source_lang": "en", "target_lang": "pt", "num_entries": 2}]
        assert (await client.get("/v1/glossaries")).json() == {"data": [answer]}
        assert (await client.get(path)).json() == answer
        languages = {"source_lang": "EN", "target_lang": "pt"}
        assert (await client.get(f"{path}/entries", params=languages)).json()["entries"] == ENTRIES
        accept = {"accept": "text/tab-separated-values"}
        file = await client.get(f"{path}/entries", params=languages, headers=accept)
        assert file.text == "bridge\tviaduto\nriver\tribeira"
        body = {"text": "a", "source_lang": "en", "target_lang": "pt", "glossary_id": answer["id"]}
        own = [{"source": "river", "target": "rio"}]
        assert (await client.post("/v1/translate", json={**body, "glossary": own})).status_code == 200
        assert kept.translator.requests[-1].glossary == (
            GlossaryEntry("river", "rio"),
            GlossaryEntry("bridge", "viaduto"),
        )
        assert (await client.delete(path)).status_code == 204
        for response in (await client.get(path), await client.delete(path)):
            assert check_problem(response, 404)["code"] == "glossary_not_found"
        assert (
            check_problem(await client.post("/v1/translate", json=body), 404)["code"] == "glossary_not_found"
        )


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/tab-separated-values", "bridge\tviaduto\r\n\nriver\tribeira\n"),
        ("text/csv; charset=utf-8", '\ufeffbridge,viaduto\nriver,"ribeira",en,pt\n'),
        ("text/csv; charset=utf-8", '\ufeffbridge;viaduto\r\nriver;"ribeira";\r\n'),
        ("application/x-tmx+xml", TMX),
    ],
)
async def test_files(kept: Service, media_type: str, content: str) -> None:
    async with client_of(kept) as client:
        query = {"name": "file", "source_lang": "en", "target_lang": "pt"}
        headers = {"content-type": media_type}
        made = await client.post("/v1/glossaries", params=query, content=content.encode(), headers=headers)
        assert (made.status_code, made.json()["warnings"]) == (201, [])
        path = f"/v1/glossaries/{made.json()['id']}/entries"
        found = await client.get(path, params={"source_lang": "en", "target_lang": "pt"})
        assert found.json()["entries"] == ENTRIES


@pytest.mark.parametrize(
    ("query", "content", "named"),
    [
        ({"name": "a", "source_lang": "en"}, "a\tb", "target_lang"),
        ({"name": "a", "source_lang": "en", "target_lang": "pt"}, "a\tb\nc", "line 2"),
        ({"name": "a", "source_lang": "en", "target_lang": "pt"}, "a\t!", "no letter or digit"),
        ({"name": "a", "source_lang": "en", "target_lang": "pt"}, "", "no entries"),
        ({"name": "a", "source_lang": "en", "target_lang": "EN-GB"}, "a\tb", "language of the terms"),
    ],
)
async def test_files_that_are_none(kept: Service, query: dict[str, str], content: str, named: str) -> None:
    async with client_of(kept) as client:
        headers = {"content-type": "text/tab-separated-values"}
        response = await client.post("/v1/glossaries", params=query, content=content, headers=headers)
        assert named in str(check_problem(response, 422)["errors"])


async def test_a_header_is_told(kept: Service) -> None:
    async with client_of(kept) as client:
        query = {"name": "file", "source_lang": "en", "target_lang": "pt"}
        headers = {"content-type": "text/csv"}
        made = await client.post(
            "/v1/glossaries", params=query, content="source,target\na,b", headers=headers
        )
        assert made.json()["dictionaries"][0]["num_entries"] == 1
        assert [one["code"] for one in made.json()["warnings"]] == ["glossary_header"]


async def test_what_is_neither_json_nor_a_file_is_told_what_is(kept: Service) -> None:
    async with client_of(kept) as client:
        headers = {"content-type": "application/vnd.ms-excel"}
        response = await client.post("/v1/glossaries", content=b"x", headers=headers)
        detail = check_problem(response, 415)["detail"]
        for media_type in (
            "application/json",
            "text/csv",
            "text/tab-separated-values",
            "application/x-tmx+xml",
        ):
            assert media_type in detail


async def test_limits(kept: Service) -> None:
    async with client_of(kept) as client:
        large = [{"source": f"a{number}", "target": "b"} for number in range(4)]
        body = {"name": "large", "dictionaries": [{**BODY["dictionaries"][0], "entries": large}]}  # type: ignore[dict-item]
        assert (
            check_problem(await client.post("/v1/glossaries", json=body), 413)["code"] == "glossary_too_large"
        )
        for _ in range(2):
            assert (await client.post("/v1/glossaries", json=BODY)).status_code == 201
        problem = check_problem(await client.post("/v1/glossaries", json=BODY), 413)
        assert problem["code"] == "too_many_glossaries"


async def test_a_glossary_that_is_not_for_the_languages(kept: Service) -> None:
    async with client_of(kept) as client:
        made = (await client.post("/v1/glossaries", json=BODY)).json()["id"]
        body = {"text": "a", "target_lang": "pt", "glossary_id": made}
        problem = check_problem(await client.post("/v1/translate", json=body), 422)
        assert problem["errors"] == [
            {"loc": ["body", "source_lang"], "msg": "is required with a stored glossary"}
        ]
        body = {**body, "source_lang": "pt", "target_lang": "en"}
        problem = check_problem(await client.post("/v1/translate", json=body), 400)
        assert problem["code"] == "glossary_not_for_pair"


async def test_without_a_store(tmp_path: Path) -> None:
    off = create_service(Settings(state_dir=tmp_path, glossaries=GlossarySettings(enabled=False)))
    async with client_of(off) as client:
        assert check_problem(await client.post("/v1/glossaries", json=BODY), 400)["code"] == "glossaries_off"
    (tmp_path / "file").write_text("no folder")
    away = create_service(Settings(store=StoreSettings(url=f"sqlite:///{tmp_path}/file/store.db")))
    async with client_of(away) as client:
        response = await client.post("/v1/glossaries", json=BODY)
        assert check_problem(response, 503)["code"] == "store_unavailable"
        assert response.headers["Retry-After"]
        assert str(tmp_path) not in response.text
    (line,) = (json.loads(line) for line in away.log.getvalue().splitlines() if '"request"' in line)
    assert f"{tmp_path}/file/store.db cannot be used" in line["reason"]  # the operator's to mend
