"""Each API has its own place for a key, and its own refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from service.config import Settings
from service.http.dialects.registry import DIALECTS
from tests.service.auth.accounts import SECRET, auth_settings, make_access, make_key
from tests.service.http.fakes import Service, create_service

WRONG = "a-guessed-key"


@dataclass(frozen=True)
class Api:
    path: str
    body: dict[str, Any]
    missing: int
    invalid: int
    used_up: int
    key_field: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, client: httpx.AsyncClient, key: str | None) -> httpx.Response:
        body, headers = dict(self.body), dict(self.headers)
        if key is not None and self.key_field:
            body[self.key_field] = key
        elif key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return await client.post(self.path, json=body, headers=headers)


LIBRE = {"q": "ab", "source": "en", "target": "pt"}
APIS = {
    "libretranslate": Api("/translate", LIBRE, 400, 403, 403, "api_key"),
    "libretranslate detect": Api("/detect", {"q": "ab"}, 400, 403, 403, "api_key"),
    "deeplx": Api("/translate", {"text": "ab", "source_lang": "EN", "target_lang": "PT"}, 401, 401, 429),
    "nllb-serve": Api("/translate", {"source": ["ab"], "src_lang": "en", "tgt_lang": "pt"}, 401, 401, 429),
    "nllb-api": Api("/translator", {"text": "ab", "source": "en", "target": "pt"}, 401, 401, 429),
    "hugging-face": Api("/hf/starter/en-pt", {"inputs": "ab"}, 401, 401, 429),
}


@pytest.fixture
async def service() -> Service:
    settings = Settings(auth=auth_settings({"name": "a", "key": SECRET}))
    access = make_access(make_key(characters_per_month=2))
    return create_service(settings, dialects=DIALECTS, access=access)


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
async def test_an_api_lets_in_and_refuses_as_its_clients_know_it(
    service: Service, client: httpx.AsyncClient, api: Api
) -> None:
    missing, invalid = await api.ask(client, None), await api.ask(client, WRONG)
    assert (missing.status_code, invalid.status_code) == (api.missing, api.invalid)
    for refused in (missing, invalid):
        assert ("www-authenticate" in refused.headers) == (refused.status_code == 401)
        assert WRONG not in refused.text
    assert not service.translator.requests
    assert (await api.ask(client, SECRET)).status_code == 200
    assert (await api.ask(client, SECRET)).status_code == api.used_up
    for key in (SECRET, WRONG):
        assert key not in service.log.getvalue()


@pytest.mark.parametrize("key", [5, ["x"], {"a": 1}, True])
async def test_a_key_that_is_no_text_is_none(client: httpx.AsyncClient, key: object) -> None:
    answer = await client.post("/translate", json={**LIBRE, "api_key": key})
    assert answer.status_code in {400, 422}


async def test_a_page_is_told_that_a_key_is_needed(client: httpx.AsyncClient) -> None:
    settings = (await client.get("/frontend/settings")).json()
    assert (settings["apiKeys"], settings["keyRequired"]) == (True, True)
    assert (await client.get("/languages")).status_code == 200
