"""Google's own clients, for Python and Node, against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

pytest.importorskip("google.cloud.translate_v3", reason="uv sync --group clients")
from google.api_core.exceptions import BadRequest, Forbidden, GoogleAPICallError, TooManyRequests
from google.auth.credentials import AnonymousCredentials
from google.cloud import translate_v3, translate_v3beta1
from google.cloud.translate_v2 import Client as BasicClient
from google.oauth2.credentials import Credentials

PARENT = "projects/p/locations/global"
PACKAGE = "@google-cloud/translate"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    settings = Settings(
        limits=LimitSettings(max_text_bytes=100),
        state_dir=tmp_path_factory.mktemp("state"),
        glossaries=GlossarySettings(enabled=True),
    )
    service = create_service(settings, dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(started: tuple[Service, str]) -> Service:
    translator = started[0].translator
    translator.failures.clear()
    translator.calls.clear()
    return started[0]


@pytest.fixture
def url(started: tuple[Service, str]) -> str:
    return started[1]


@pytest.fixture
def basic(url: str) -> BasicClient:
    return BasicClient(credentials=AnonymousCredentials(), client_options={"api_endpoint": url})


@pytest.fixture(params=[translate_v3, translate_v3beta1], ids=["v3", "v3beta1"])
def advanced(url: str, request: pytest.FixtureRequest) -> Any:
    return request.param.TranslationServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options={"api_endpoint": url}
    )


def test_the_basic_client_translates(basic: BasicClient, service: Service) -> None:
    assert basic.translate("it's <b>b</b>", target_language="pt") == {
        "translatedText": "IT&#39;S <b>B</b>",
        "detectedSourceLanguage": "en",
        "input": "it's <b>b</b>",
    }
    several = basic.translate(
        ["it's", "b"], target_language="pt", source_language="en", format_="text", model="nmt"
    )
    assert [one["translatedText"] for one in several] == ["IT'S", "B"]
    assert [one["model"] for one in several] == ["nmt", "nmt"]
    assert service.translator.calls == [1, 2]


def test_the_basic_client_lists_and_detects_languages(basic: BasicClient) -> None:
    assert basic.get_languages(target_language="de") == [
        {"language": "en", "name": "Englisch"},
        {"language": "pt", "name": "Portugiesisch"},
    ]
    assert basic.detect_language(["a", "b"])[1] == {"language": "en", "confidence": 0.75, "input": "b"}


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ServiceError("key_invalid", "No."), (BadRequest, 400)),
        (ServiceError("key_missing", "No."), (Forbidden, 403)),
        (ServiceError("quota_exceeded", "All used."), (Forbidden, 403)),
        (ServiceError("rate_limited", "Too fast."), (TooManyRequests, 429)),
        (ServiceError("timeout", "Send less."), (BadRequest, 400)),
        (ValueError("the secret text"), (GoogleAPICallError, 500)),
    ],
)
def test_the_basic_client_understands_what_went_wrong(
    basic: BasicClient, service: Service, failure: Exception, told: tuple[Any, int]
) -> None:
    service.translator.failures["bad"] = failure
    with pytest.raises(told[0]) as raised:
        basic.translate("bad", target_language="pt", format_="text")
    assert raised.value.code == told[1]
    assert raised.value.reason.isupper()
    assert service.translator.calls == [1]


def test_a_token_is_a_key(url: str) -> None:
    credentials = Credentials("any key")
    client = BasicClient(credentials=credentials, client_options={"api_endpoint": url})
    assert client.translate("a", target_language="pt")["translatedText"] == "A"


def test_the_advanced_client_translates(advanced: Any) -> None:
    asked = {"parent": PARENT, "contents": ["it's", "b"], "target_language_code": "pt"}
    answer = advanced.translate_text(request=asked)
    assert [one.translated_text for one in answer.translations] == ["IT&#39;S", "B"]
    assert answer.translations[0].detected_language_code == "en"
    model = f"{PARENT}/models/general/nmt"
    plain = advanced.translate_text(
        request={
            "parent": "projects/p",
            "contents": ["it's"],
            "mime_type": "text/plain",
            "source_language_code": "en",
            "target_language_code": "pt",
            "model": model,
            "labels": {"team": "a"},
        }
    )
    (one,) = plain.translations
    assert (one.translated_text, one.model, one.detected_language_code) == ("IT'S", model, "")


def test_the_advanced_client_lists_and_detects_languages(advanced: Any) -> None:
    text = {"parent": "projects/p", "content": "a", "mime_type": "text/plain"}
    (found,) = advanced.detect_language(request=text).languages
    assert (found.language_code, found.confidence) == ("en", 0.75)
    listed = advanced.get_supported_languages(
        request={"parent": PARENT, "display_language_code": "de"}
    ).languages
    assert [(one.language_code, one.display_name, one.support_target) for one in listed] == [
        ("en", "Englisch", False),
        ("pt", "Portugiesisch", True),
    ]


def test_the_advanced_client_translates_documents(advanced: Any) -> None:
    document = {"content": b"some words", "mime_type": "text/plain"}
    answer = advanced.translate_document(
        request={"parent": PARENT, "target_language_code": "pt", "document_input_config": document}
    )
    assert list(answer.document_translation.byte_stream_outputs) == [b"SOME WORDS"]
    assert answer.document_translation.detected_language_code == "en"


def test_the_advanced_client_has_glossaries(advanced: Any, url: str, service: Service) -> None:
    dictionary = {"source_lang": "en", "target_lang": "pt", "entries": [{"source": "a", "target": "b"}]}
    made = httpx.post(f"{url}/v1/glossaries", json={"name": "mine", "dictionaries": [dictionary]}).json()
    names = [one.name for one in advanced.list_glossaries(parent=PARENT)]
    assert f"{PARENT}/glossaries/{made['id']}" in names
    shown = advanced.get_glossary(name=names[-1])
    assert (shown.language_pair.target_language_code, shown.entry_count) == ("pt", 1)
    answer = advanced.translate_text(
        request={
            "parent": PARENT,
            "contents": ["a"],
            "source_language_code": "en",
            "target_language_code": "pt",
            "glossary_config": {"glossary": f"{PARENT}/glossaries/mine"},
        }
    )
    (one,) = answer.glossary_translations
    assert one.glossary_config.glossary == f"{PARENT}/glossaries/mine"
    assert len(answer.translations) == 1


def test_the_advanced_client_understands_what_went_wrong(advanced: Any, service: Service) -> None:
    service.translator.failures["bad"] = ServiceError("timeout", "Send less.")
    asked = {"parent": PARENT, "target_language_code": "pt"}
    with pytest.raises(GoogleAPICallError, match=r"Send less\.") as raised:
        advanced.translate_text(request={**asked, "contents": ["bad"]})
    assert (raised.value.code, raised.value.reason, service.translator.calls) == (504, "TIMEOUT", [1])
    with pytest.raises(BadRequest, match="max_text_bytes"):
        advanced.translate_text(request={**asked, "contents": ["a" * 101]})
    with pytest.raises(BadRequest, match="storage"):
        advanced.batch_translate_text(request={"parent": PARENT})


BASIC_SCRIPT = """
process.env.GOOGLE_CLOUD_TRANSLATE_ENDPOINT = process.argv.at(-1) + "/language/translate/v2";
const { v2 } = (await import("@google-cloud/translate")).default;
const client = new v2.Translate({ key: "k" });
const [several] = await client.translate(["it's", "b"], "pt");
const [page] = await client.translate("<p>it's</p>", { from: "en", to: "pt", model: "nmt" });
const [languages] = await client.getLanguages("de");
const [found] = await client.detect("a");
const failed = [];
for (const text of ["slow", "used"]) {
  await client.translate(text, "pt").catch((error) => failed.push([error.code, error.message]));
}
console.log(JSON.stringify({ several, page, languages, found, failed }));
"""


async def test_the_basic_client_for_node(url: str, service: Service) -> None:
    """What would fail again is not sent again."""
    require_package(PACKAGE)
    service.translator.failures["slow"] = ServiceError("timeout", "Send less.")
    service.translator.failures["used"] = ServiceError("quota_exceeded", "All used.")
    assert await run_node(BASIC_SCRIPT, url) == {
        "several": ["IT'S", "B"],
        "page": "<p>IT&#39;S</p>",
        "languages": [{"code": "en", "name": "Englisch"}, {"code": "pt", "name": "Portugiesisch"}],
        "found": {"confidence": 0.75, "language": "en", "input": "a"},
        "failed": [[400, "Send less."], [403, "All used."]],
    }
    assert service.translator.calls == [2, 1, 1, 1]


ADVANCED_SCRIPT = """
const { v3 } = (await import("@google-cloud/translate")).default;
const { hostname, port } = new URL(process.argv.at(-1));
const client = new v3.TranslationServiceClient({
  fallback: true, protocol: "http", apiEndpoint: hostname, port, apiKey: "k", projectId: "p",
});
const parent = "projects/p/locations/global", targetLanguageCode = "pt";
const [{ translations }] = await client.translateText({ parent, contents: ["it's"], targetLanguageCode });
const [{ languages }] = await client.getSupportedLanguages({ parent, displayLanguageCode: "de" });
const documentInputConfig = { content: Buffer.from("some words"), mimeType: "text/plain" };
const [answer] = await client.translateDocument({ parent, targetLanguageCode, documentInputConfig });
const document = answer.documentTranslation.byteStreamOutputs[0].toString();
let failed;
await client.translateText({ parent, contents: ["slow"], targetLanguageCode }).catch((error) => {
  failed = [Number(error.code), error.message.includes("Send less.")];
});
const [{ translatedText, detectedLanguageCode }] = translations;
console.log(JSON.stringify([
  translatedText, detectedLanguageCode, languages[0].displayName, document, failed,
]));
"""


async def test_the_advanced_client_for_node(url: str, service: Service) -> None:
    require_package(PACKAGE)
    service.translator.failures["slow"] = ServiceError("timeout", "Send less.")
    told = ["IT&#39;S", "en", "Englisch", "SOME WORDS", [504, True]]
    assert await run_node(ADVANCED_SCRIPT, url) == told
