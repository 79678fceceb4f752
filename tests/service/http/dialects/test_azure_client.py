"""Azure's own Python client against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.running import running

pytest.importorskip("azure.ai.translation.text", reason="uv sync --group clients")
from azure.ai.translation.text import TextTranslationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Service, str]]:
    service = create_service(Settings(limits=LimitSettings(max_text_bytes=100)), dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(started: tuple[Service, str]) -> Service:
    translator = started[0].translator
    translator.failures.clear()
    translator.calls.clear()
    return started[0]


@pytest.fixture(params=["", "/translator/text/v3.0"], ids=["bare", "path"])
def client(started: tuple[Service, str], request: pytest.FixtureRequest) -> TextTranslationClient:
    return TextTranslationClient(
        endpoint=started[1] + request.param,
        credential=AzureKeyCredential("secret-key"),
        retry_backoff_factor=0.01,
        retry_status=1,
    )


def test_translates_texts_into_languages(client: TextTranslationClient, service: Service) -> None:
    results = client.translate(body=["a b", "c"], to_language=["pt", "pt-BR"])
    assert [[one.text for one in result.translations] for result in results] == [["A B"] * 2, ["C"] * 2]
    assert [one.to for one in results[0].translations] == ["pt", "pt-BR"]
    found = results[0].detected_language
    assert found is not None
    assert (found.language, found.score) == ("en", 0.9)
    assert service.translator.calls == [4]


def test_gives_alignment_and_lengths(client: TextTranslationClient, service: Service) -> None:
    (result,) = client.translate(
        body=["abc"],
        to_language=["pt"],
        from_language="en",
        include_alignment=True,
        include_sentence_length=True,
    )
    (translation,) = result.translations
    assert result.detected_language is None
    assert translation.alignment is not None
    assert translation.alignment.proj == "0:0-0:0"
    assert translation.sent_len is not None
    assert (translation.sent_len.src_sent_len, translation.sent_len.trans_sent_len) == ([3], [3])


def test_takes_every_option(client: TextTranslationClient, service: Service) -> None:
    (result,) = client.translate(
        body=["a &amp; b"],
        to_language=["pt"],
        text_type="Html",
        category="general",
        profanity_action="Marked",
        profanity_marker="Asterisk",
        include_alignment=False,
        suggested_from="en",
        allow_fallback=False,
    )
    assert result.translations[0].text == "A &amp; B"


def test_lists_languages(client: TextTranslationClient) -> None:
    listed = client.get_supported_languages()
    assert listed.translation is not None
    assert {code: one.name for code, one in listed.translation.items()} == {
        "en": "English",
        "pt": "Portuguese",
    }
    assert listed.translation["pt"].native_name == "português"
    named = client.get_supported_languages(scope="translation", accept_language="de")
    assert named.translation is not None
    assert named.translation["en"].name == "Englisch"


def test_detects_no_sentences(client: TextTranslationClient) -> None:
    with pytest.raises(HttpResponseError, match="includeSentenceLength") as raised:
        client.find_sentence_boundaries(body=["a"])
    assert raised.value.status_code == 400


@pytest.mark.parametrize(
    ("failure", "told", "num_calls"),
    [
        (ServiceError("key_invalid", "This key is not known."), (401, 401000), 1),
        (ServiceError("key_not_for_model", "Not for it."), (403, 403000), 1),
        (ServiceError("quota_exceeded", "All used."), (403, 403001), 1),
        (ServiceError("unsupported_language_pair", "Not served."), (400, 400023), 1),
        (ServiceError("timeout", "Send less."), (408, 408000), 1),
        (ServiceError("rate_limited", "Too fast."), (429, 429000), 1),
        (ServiceError("loading", "Come later."), (503, 503000), 2),
        (ValueError("the secret text"), (500, 500000), 2),
    ],
)
def test_understands_what_went_wrong(
    client: TextTranslationClient, service: Service, failure: Exception, told: tuple[int, int], num_calls: int
) -> None:
    service.translator.failures["bad"] = failure
    with pytest.raises(HttpResponseError) as raised:
        client.translate(body=["bad"], to_language=["pt"])
    assert raised.value.error is not None
    assert (raised.value.status_code, int(raised.value.error.code or 0)) == told
    assert isinstance(raised.value, ClientAuthenticationError) == (told[0] == 401)
    assert len(service.translator.calls) == num_calls


def test_waits_as_long_as_a_full_queue_says(client: TextTranslationClient, service: Service) -> None:
    """Its own pause is none: the second try comes after the second that `Retry-After` names."""
    failure = unavailable()
    failure.retry_after_s = 0.1
    service.translator.failures["bad"] = failure
    with pytest.raises(HttpResponseError) as raised:
        client.translate(body=["bad"], to_language=["pt"])
    assert raised.value.status_code == 429
    assert len(service.translator.calls) == 2


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"to_language": ["xx"]}, 400036),
        ({"to_language": ["pt"], "from_language": "de"}, 400035),
        ({"to_language": ["pt"], "from_script": "Latn"}, 400080),
        ({"to_language": ["pt"], "category": "mine", "allow_fallback": False}, 400002),
    ],
)
def test_refuses_by_number(
    client: TextTranslationClient, service: Service, options: dict[str, Any], number: int
) -> None:
    with pytest.raises(HttpResponseError) as raised:
        client.translate(body=["a"], **options)
    assert raised.value.error is not None
    assert int(raised.value.error.code or 0) == number
    assert service.translator.calls == []


def test_refuses_what_is_too_large(client: TextTranslationClient) -> None:
    with pytest.raises(HttpResponseError, match="max_text_bytes") as raised:
        client.translate(body=["a" * 101], to_language=["pt"])
    assert raised.value.status_code == 400
