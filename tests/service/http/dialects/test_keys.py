"""A service that needs keys, as LibreTranslate's, DeepLX's, NLLB's and the Hub's clients meet it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import Settings
from tests.service.auth.accounts import SECRET, auth_settings, make_access, make_key
from tests.service.http.fakes import MODEL_ID, Service, create_service

BEARER = {"headers": {"authorization": f"Bearer {SECRET}"}}
LIBRE: dict[str, Any] = {"q": "ab", "source": "en", "target": "pt"}
Case = tuple[str, dict[str, Any], dict[str, Any], tuple[int, int]]
CASES: list[Case] = [
    ("/translate", {"json": LIBRE}, {"json": {**LIBRE, "api_key": SECRET}}, (400, 403)),
    ("/translate", {"data": LIBRE}, {"data": {**LIBRE, "api_key": SECRET}}, (400, 403)),
    ("/detect", {"data": {"q": "ab"}}, {"data": {"q": "ab", "api_key": SECRET}}, (400, 403)),
    ("/translate", {"json": {"text": "ab", "target_lang": "PT"}}, BEARER, (401, 401)),
    ("/translate", {"json": {"text": "ab", "target_lang": "PT"}}, {"params": {"token": SECRET}}, (401, 401)),
    ("/translate", {"json": {"source": ["ab"], "tgt_lang": "pt"}}, BEARER, (401, 401)),
    ("/translator", {"json": {"text": "ab", "target": "pt"}}, BEARER, (401, 401)),
    (f"/hf/{MODEL_ID}", {"json": {"inputs": "ab"}}, BEARER, (401, 401)),
]
"""A path, a request to it, what it has with the key, and the statuses without one and with a wrong one."""


@pytest.fixture
async def service() -> Service:
    settings = Settings(auth=auth_settings({"name": "a", "key": SECRET}))
    key = make_key(requests_per_minute=1)
    return create_service(settings, dialects=DIALECTS, access=make_access(key))


def wrong(sent: object) -> Any:
    """With another key in its place."""
    if isinstance(sent, dict):
        return {name: wrong(value) for name, value in sent.items()}
    return sent.replace(SECRET, "another-key") if isinstance(sent, str) else sent


@pytest.mark.parametrize("case", CASES)
async def test_each_reads_and_refuses_keys_in_its_own_way(
    client: httpx.AsyncClient, service: Service, case: Case
) -> None:
    path, asked, keyed, statuses = case
    answers = [await client.post(path, **{**asked, **sent}) for sent in ({}, wrong(keyed), keyed, keyed)]
    assert [answer.status_code for answer in answers] == [*statuses, 200, 429]
    assert "retry-after" in answers[-1].headers
    assert service.translator.calls == ([] if path == "/detect" else [1])
    for text in (*(answer.text for answer in answers), service.log.getvalue()):
        assert SECRET not in text
        assert "another-key" not in text


async def test_what_is_served_is_told_without_a_key(client: httpx.AsyncClient) -> None:
    settings = (await client.get("/frontend/settings")).json()
    assert (settings["apiKeys"], settings["keyRequired"]) == (True, True)
    for path in ("/languages", "/health"):
        assert (await client.get(path)).status_code == 200
