"""Azure's newest version, as its clients of 2026 speak it: on the wire, and by the one for JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrase
from tests.service.http.fakes import Service, create_service, served_model
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

VERSION = {"api-version": "2026-06-06"}
SCRIPT = """
import createClient, { isUnexpected } from "@azure-rest/ai-translation-text";
const [url] = process.argv.slice(1);
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
const client = createClient(url, { key: "k", region: "westeurope" }, options);
const translate = async (input) => {
  const answer = await client.path("/translate").post({ body: { inputs: [input] } });
  return isUnexpected(answer) ? [answer.status, answer.body.error.code] : answer.body.value[0];
};
const [pt, xx] = ["pt", "xx"].map((language) => ({ language }));
console.log(JSON.stringify({
  one: await translate({ text: "a b", language: "en", targets: [pt] }),
  detected: await translate({ text: "<b>a</b>", textType: "Html", targets: [pt, { language: "pt-BR" }] }),
  refused: await translate({ text: "a", targets: [xx] }),
  languages: Object.keys((await client.path("/languages").get()).body.translation),
}));
"""


def target(language: str, **options: Any) -> dict[str, Any]:
    return {"language": language, **options}


def asked(*inputs: object) -> dict[str, Any]:
    return {"inputs": list(inputs)}


def one(text: str = "a", **options: Any) -> dict[str, Any]:
    return {"text": text, "targets": [target("pt")], **options}


async def translate(client: httpx.AsyncClient, body: object, path: str = "/translate") -> httpx.Response:
    return await client.post(path, params=VERSION, json=body)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(create_service(dialects=DIALECTS).app) as url:
        yield url


async def test_azure_s_newest_client_translates(address: str) -> None:
    require_package("@azure-rest/ai-translation-text")
    assert await run_node(SCRIPT, address) == {
        "one": {"translations": [{"language": "pt", "sourceCharacters": 3, "text": "A B"}]},
        "detected": {
            "detectedLanguage": {"language": "en", "score": 0.9},
            "translations": [
                {"language": language, "sourceCharacters": 8, "text": "<b>A</b>"}
                for language in ("pt", "pt-BR")
            ],
        },
        "refused": ["400", 400036],
        "languages": ["en", "pt"],
    }


@pytest.mark.parametrize("path", ["/translate", "/translator/text/v3.0/translate"])
async def test_each_text_has_its_own_languages(
    client: httpx.AsyncClient, service: Service, path: str
) -> None:
    body = asked(one("a"), one("b", language="en", textType="html"))
    answer = await translate(client, body, path)
    assert [len(item) for item in answer.json()["value"]] == [2, 1]
    assert answer.headers["x-metered-usage"] == "2"
    assert [(r.source_lang, r.text_format) for r in service.translator.requests] == [
        (None, "text"),
        ("en", "html"),
    ]
    assert service.translator.calls == [2]


async def test_a_dictionary_stands_in_the_text_here_too(client: httpx.AsyncClient, service: Service) -> None:
    marked = 'a <mstrans:dictionary translation="x">b</mstrans:dictionary>'
    await translate(client, asked(one(marked, language="en")))
    (request,) = service.translator.requests
    assert (request.text, request.phrases) == ("a b", (GivenPhrase((2, 3), "x"),))


async def test_what_has_no_effect_on_a_target_is_said(client: httpx.AsyncClient) -> None:
    styles = {"tone": "formal", "gender": "female", "adaptiveDatasetId": "1", "referenceTextPairs": []}
    models = {"deploymentName": "gpt-4o", "profanityAction": "marked", "profanityMarker": "Tag"}
    answer = await translate(client, asked(one(targets=[target("pt", **styles, **models)])))
    assert answer.json()["value"][0]["translations"][0]["text"] == "A"
    for name in {*styles, *models} - {"profanityMarker"}:
        assert f"{name} has no effect" in answer.headers["x-crosslate-warning"]
    neutral = {"tone": "neutral", "gender": "neutral", "deploymentName": "general", "allowFallback": False}
    answer = await translate(client, asked(one(targets=[target("pt", **neutral)])))
    assert "x-crosslate-warning" not in answer.headers


@pytest.mark.parametrize(
    ("body", "number", "named"),
    [
        ([{"Text": "a"}], 400074, "inputs"),
        ({}, 400000, "inputs"),
        (asked(), 400000, "inputs"),
        (asked({"text": "a"}), 400000, "inputs.0.targets"),
        (asked(one(targets=[])), 400000, "inputs.0.targets"),
        (asked({"targets": [target("pt")]}), 400000, "inputs.0.text"),
        (asked(one(targets=[{}])), 400000, "inputs.0.targets.0.language"),
        (asked(one(targets=[target("pt", allowFallback="perhaps")])), 400000, "targets.0.allowFallback"),
        (asked(one(language="de")), 400035, "(language)"),
        (asked(one(targets=[target("xx")])), 400036, "(targets.language)"),
        (asked(one(script="Latn")), 400080, "script"),
        (asked(one(targets=[target("pt", script="Latn")])), 400080, "script"),
        (asked(one(textType="md")), 400071, "textType"),
        (asked(one(targets=[target("pt", profanityAction="x")])), 400042, "profanityAction"),
        (asked(one(targets=[target("pt", deploymentName="x", allowFallback=False)])), 400002, "deployment"),
    ],
)
async def test_faults_of_inputs_have_numbers_and_names(
    client: httpx.AsyncClient, service: Service, body: object, number: int, named: str
) -> None:
    answer = await translate(client, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, number)
    assert named in answer.json()["error"]["message"]
    assert not service.translator.requests


@pytest.fixture
async def both_ways() -> AsyncIterator[httpx.AsyncClient]:
    service = create_service(
        models=[replace(served_model(), pairs=(("en", "pt"), ("pt", "en")))], dialects=DIALECTS
    )
    service.translator.refused_targets["en"] = ServiceError("same_language", "Nothing to do.")
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_a_text_that_is_in_one_of_its_languages_stays_there(both_ways: httpx.AsyncClient) -> None:
    targets = [target("en"), target("pt")]
    answer = await translate(both_ways, asked(one("a", language="en", targets=targets)))
    stays, goes = answer.json()["value"][0]["translations"]
    assert (stays["text"], goes["text"]) == ("a", "A")
    assert "already" in stays["warnings"][0]
    assert "warnings" not in goes


async def test_its_languages_have_no_dictionaries(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/languages", params=VERSION)).json()
    assert listed.keys() == {"translation", "transliteration", "models"}
    assert listed["translation"]["pt"]["models"] == listed["models"] == []
    refused = await client.get("/languages", params={**VERSION, "scope": "dictionary"})
    assert refused.json()["error"]["code"] == 400001
    # deep-translator sends a blank at the end.
    older = await client.get("/languages", params={"api-version": "3.0", "scope": "translation "})
    assert older.json().keys() == {"translation"}


@pytest.mark.parametrize("path", ["/detect", "/translate"])
@pytest.mark.parametrize("version", ["2.0", "4.0", ""])
async def test_other_versions_are_not_taken(client: httpx.AsyncClient, path: str, version: str) -> None:
    answer = await client.post(path, params={"api-version": version}, json=[{"Text": "a"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400021)
