"""The `libretranslatepy` package against a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.running import running

libretranslatepy = pytest.importorskip("libretranslatepy", reason="needs: uv sync --group clients")


@dataclass(frozen=True)
class Running:
    service: Service
    url: str

    def client(self, key: str | None = None) -> Any:
        return libretranslatepy.LibreTranslateAPI(self.url, key)


@pytest.fixture(scope="module")
def under_way() -> Iterator[Running]:
    service = create_service(dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield Running(service, url)


def test_it_translates_detects_and_lists(under_way: Running) -> None:
    client = under_way.client("k")
    assert client.translate("Olá & <b>", "en", "pt") == "OLÁ & <B>"
    assert client.translate("a\nb", "auto", "pt") == "A\nB"
    assert client.detect("hello") == [{"confidence": 75, "language": "en"}]
    assert [language["code"] for language in client.languages()] == ["en", "pt"]


@pytest.mark.parametrize(
    ("failure", "status", "text"),
    [
        (ServiceError("key_invalid", "d"), 403, "Invalid API key"),
        (unavailable(), 429, "Slowdown: Too many requests wait."),
        (ServiceError("text_too_large", "Too large."), 400, "Too large."),
        (ServiceError("timeout", "Too slow."), 504, "Too slow."),
        (ServiceError("unsupported_language_pair", "Served: en to pt."), 400, "Served: en to pt."),
    ],
)
def test_it_is_told_what_went_wrong(
    under_way: Running, failure: ServiceError, status: int, text: str
) -> None:
    under_way.service.translator.failures["bad"] = failure
    with pytest.raises(HTTPError) as raised:
        under_way.client().translate("bad", "en", "pt")
    with raised.value as answer:
        assert (answer.status, json.load(answer)) == (status, {"error": text})
