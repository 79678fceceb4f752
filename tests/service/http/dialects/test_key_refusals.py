"""Each API refuses a key, and what it has used up, with the status that its clients know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, auth_settings, make_access, make_key
from tests.service.http.dialects.amazon import CBOR_PATH, credential, sent
from tests.service.http.fakes import Service, create_service

WRONG = "a-guessed-key"


@dataclass(frozen=True)
class Api:
    path: str
    body: Any
    missing: int
    invalid: int
    used_up: int
    key_field: str | None = None
    header: tuple[str, str] = ("Authorization", "Bearer {}")

    async def ask(self, client: httpx.AsyncClient, key: str | None) -> httpx.Response:
        asked = sent(self.path, self.body)
        if key is None:
            return await client.post(self.path, **asked)
        if self.key_field:
            return await client.post(self.path, json={**self.body, self.key_field: key})
        name, form = self.header
        return await client.post(
            self.path, **{**asked, "headers": {**asked["headers"], name: form.format(key)}}
        )


LIBRE = {"q": "ab", "source": "en", "target": "pt"}
AMAZON = {"Text": "ab", "SourceLanguageCode": "en", "TargetLanguageCode": "pt"}
APIS = {
    "libretranslate": Api("/translate", LIBRE, 400, 403, 403, "api_key"),
    "libretranslate detect": Api("/detect", {"q": "ab"}, 400, 403, 403, "api_key"),
    "deeplx": Api("/translate", {"text": "ab", "source_lang": "EN", "target_lang": "PT"}, 401, 401, 429),
    "nllb-serve": Api("/translate", {"source": ["ab"], "src_lang": "en", "tgt_lang": "pt"}, 401, 401, 429),
    "nllb-api": Api("/translator", {"text": "ab", "source": "en", "target": "pt"}, 401, 401, 429),
    "deepl": Api(
        "/v2/translate",
        {"text": ["ab"], "target_lang": "PT-PT"},
        *(403, 403, 456),
        header=("Authorization", "DeepL-Auth-Key {}"),
    ),
    "azure": Api(
        "/translate?api-version=3.0&to=pt",
        [{"Text": "ab"}],
        *(401, 401, 403),
        header=("Ocp-Apim-Subscription-Key", "{}"),
    ),
    "google v2": Api("/language/translate/v2", {"q": "ab", "target": "pt"}, 403, 400, 403, "key"),
    "google v3": Api(
        "/v3/projects/p:translateText",
        {"contents": ["ab"], "targetLanguageCode": "pt"},
        *(403, 400, 403),
        header=("X-Goog-Api-Key", "{}"),
    ),
    "google v3 token": Api(
        "/v3/projects/p:translateText", {"contents": ["ab"], "targetLanguageCode": "pt"}, 403, 400, 403
    ),
    "amazon": Api("/", AMAZON, 400, 400, 400, header=("Authorization", credential("{}"))),
    "amazon session": Api("/", AMAZON, 400, 400, 400, header=("X-Amz-Security-Token", "{}")),
    "amazon bearer": Api("/", AMAZON, 400, 400, 400),
    "amazon cbor": Api(CBOR_PATH, AMAZON, 400, 400, 400, header=("Authorization", credential("{}"))),
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
