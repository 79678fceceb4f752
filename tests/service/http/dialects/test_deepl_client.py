"""DeepL's own clients, for Python and for Node, against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

pytest.importorskip("deepl", reason="uv sync --group clients")
import deepl

SCRIPT = """
import * as deepl from "deepl-node";
const [serverUrl] = process.argv.slice(1);
const client = new deepl.DeepLClient("secret-key", { serverUrl, maxRetries: 1, minTimeout: 600 });
const caught = async (work) => {
  try { await work(); } catch (error) { return [error.constructor.name, error.message]; }
};
const say = (text) => caught(() => client.translateText(text, null, "pt-PT"));
const options = { formality: "prefer_more", context: "c", splitSentences: "off", ignoreTags: ["x"] };
const several = await client.translateText(["a", "b"], "en", "pt-BR", options);
console.log(JSON.stringify({
  one: await client.translateText("Hello", null, "pt-PT", { modelType: "latency_optimized" }),
  several: several.map((result) => result.text),
  sources: (await client.getSourceLanguages()).map((language) => language.code),
  targets: (await client.getTargetLanguages()).map((language) => language.code),
  usage: (await client.getUsage()).anyLimitReached(),
  denied: await say("denied"),
  used: await say("used"),
  unserved: await say("unserved"),
  late: (await client.translateText("late", null, "pt-PT")).text,
  late_failure: (await say("late failure"))[0],
}));
"""


@dataclass(frozen=True)
class Running:
    service: Service
    client: deepl.DeepLClient
    url: str


@pytest.fixture(scope="module")
def under_way() -> Iterator[Running]:
    settings = Settings(limits=LimitSettings(max_text_bytes=100), keepalive_s=0.3)
    service = create_service(settings, dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield Running(service, deepl.DeepLClient("secret-key", server_url=url), url)


@pytest.fixture
def client(under_way: Running, monkeypatch: pytest.MonkeyPatch) -> deepl.DeepLClient:
    """It sends again at once, and once only."""
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 1)
    monkeypatch.setattr(deepl.http_client._BackoffTimer, "BACKOFF_INITIAL", 0.01)
    translator = under_way.service.translator
    for kept in (translator.failures, translator.delays_s, translator.calls):
        kept.clear()
    return under_way.client


def num_requests(service: Service) -> int:
    """Those that joined another's work too."""
    return service.log.getvalue().count('"/v2/translate"')


def translated(client: deepl.DeepLClient, text: str, **options: Any) -> deepl.TextResult:
    result = client.translate_text(text, **{"target_lang": "PT-PT", **options})
    assert isinstance(result, deepl.TextResult)
    return result


def test_translates_a_text_and_a_list(client: deepl.DeepLClient, under_way: Running) -> None:
    one = translated(client, "Hello", target_lang="PT-BR")
    assert (one.text, one.detected_source_lang, one.billed_characters) == ("HELLO", "EN", 5)
    many = client.translate_text(["a", "", "b c"], source_lang="EN", target_lang="pt-PT")
    assert isinstance(many, list)
    assert [result.text for result in many] == ["A", "", "B C"]
    assert under_way.service.translator.calls == [1, 3]


def test_takes_every_option(client: deepl.DeepLClient) -> None:
    result = translated(
        client,
        "Hello &amp; goodbye",
        source_lang="EN",
        target_lang="PT-PT",
        context="A greeting.",
        split_sentences=deepl.SplitSentences.NO_NEWLINES,
        preserve_formatting=True,
        formality=deepl.Formality.PREFER_MORE,
        tag_handling="xml",
        tag_handling_version="v2",
        outline_detection=False,
        non_splitting_tags="a,b",
        splitting_tags=["p"],
        ignore_tags=["x"],
        model_type="prefer_quality_optimized",
        style_rule="7ff9bfd6",
        translation_memory="7ff9bfd7",
        custom_instructions=["Be brief"],
        extra_body_parameters={"enable_beta_languages": True, "unheard_of": 1},
    )
    assert result.text == "HELLO &amp; GOODBYE"
    assert result.model_type_used == "quality_optimized"


def test_lists_languages_of_both_sides(client: deepl.DeepLClient) -> None:
    assert [(one.code, one.name) for one in client.get_source_languages()] == [("EN", "English")]
    targets = client.get_target_languages()
    assert [one.code for one in targets] == ["PT-BR", "PT-PT"]
    assert [one.supports_formality for one in targets] == [False, False]


def test_tells_the_usage(client: deepl.DeepLClient) -> None:
    usage = client.get_usage()
    assert usage.character.valid
    assert not usage.any_limit_reached


def test_finds_nothing_where_nothing_is_kept(client: deepl.DeepLClient) -> None:
    assert client.get_all_style_rules() == []


@pytest.mark.parametrize(
    ("failure", "exception", "num_calls"),
    [
        (ServiceError("key_invalid", "This key is not known."), "AuthorizationException", 1),
        (ServiceError("key_not_for_model", "Not for it."), "AuthorizationException", 1),
        (ServiceError("quota_exceeded", "All used."), "QuotaExceededException", 1),
        (ServiceError("unsupported_language_pair", "Not served."), "DeepLException", 1),
        (ServiceError("timeout", "Send less."), "DeepLException", 1),
        (unavailable(), "TooManyRequestsException", 2),
        (ServiceError("loading", "Come later."), "DeepLException", 2),
        (ValueError("the secret text"), "DeepLException", 2),
    ],
)
def test_understands_what_went_wrong(
    client: deepl.DeepLClient, under_way: Running, failure: Exception, exception: str, num_calls: int
) -> None:
    under_way.service.translator.failures["bad"] = failure
    with pytest.raises(deepl.DeepLException) as raised:
        client.translate_text("bad", target_lang="PT-PT")
    assert type(raised.value).__name__ == exception
    if isinstance(failure, ServiceError):
        assert failure.detail in str(raised.value)
    assert len(under_way.service.translator.calls) == num_calls


def test_a_text_that_is_too_large_is_refused_for_good(client: deepl.DeepLClient) -> None:
    with pytest.raises(deepl.DeepLException, match="413"):
        client.translate_text("a" * 101, target_lang="PT-PT")


def test_waits_for_what_takes_long_and_sends_nothing_twice(
    client: deepl.DeepLClient, under_way: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would give up long before the end, had it not seen the blanks."""
    translator = under_way.service.translator
    monkeypatch.setattr(deepl.http_client, "min_connection_timeout", 1.2)
    translator.delays_s.update(late=2.0, bad=2.0)
    num_before = num_requests(under_way.service)
    translator.failures["bad"] = ServiceError("timeout", "Send less.")
    assert translated(client, "late").text == "LATE"
    assert translator.calls == [1]
    with pytest.raises(deepl.ConnectionException, match="Request failed"):
        client.translate_text("bad", target_lang="PT-PT")
    assert translator.calls == [1, 1]
    assert num_requests(under_way.service) == num_before + 2


async def test_node_translates_lists_and_is_told(client: deepl.DeepLClient, under_way: Running) -> None:
    require_package("deepl-node")
    translator = under_way.service.translator
    translator.failures |= {
        "denied": ServiceError("key_invalid", "This key is not known."),
        "used": ServiceError("quota_exceeded", "All used."),
        "unserved": ServiceError("unsupported_language_pair", "Not served."),
        "late failure": ServiceError("timeout", "Send less."),
    }
    translator.delays_s |= {"late": 2.0, "late failure": 2.0}
    num_before = num_requests(under_way.service)
    assert await run_node(SCRIPT, under_way.url) == {
        "one": {
            "text": "HELLO",
            "detectedSourceLang": "en",
            "billedCharacters": 5,
            "modelTypeUsed": "latency_optimized",
        },
        "several": ["A", "B"],
        "sources": ["en"],
        "targets": ["pt-BR", "pt-PT"],
        "usage": False,
        "denied": [
            "AuthorizationError",
            "Authorization failure, check auth_key, message: This key is not known.",
        ],
        "used": ["QuotaExceededError", "Quota for this billing period has been exceeded, message: All used."],
        "unserved": ["DeepLError", "Bad request, message: Not served."],
        "late": "LATE",
        "late_failure": "ConnectionError",
    }
    assert translator.calls == [2, 1, 1, 1, 1, 1, 1]
    assert num_requests(under_way.service) == num_before + 7
