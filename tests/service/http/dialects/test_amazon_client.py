"""Amazon's own SDKs, for Python and Node, against a running service."""

from __future__ import annotations

import functools
import io
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import docx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.dialects.office_files import letter
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAIR = {"SourceLanguageCode": "en", "TargetLanguageCode": "pt"}
PACKAGE = "@aws-sdk/client-translate"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    settings = Settings(
        limits=LimitSettings(max_text_bytes=20_000),
        state_dir=tmp_path_factory.mktemp("state"),
        glossaries=GlossarySettings(enabled=True),
        keepalive_s=0.3,
    )
    service = create_service(settings, dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield service, url


@pytest.fixture
def service(started: tuple[Service, str]) -> Service:
    translator = started[0].translator
    translator.failures.clear()
    translator.delays_s.clear()
    translator.calls.clear()
    translator.requests.clear()
    return started[0]


@pytest.fixture(scope="module", autouse=True)
def environment(started: tuple[Service, str]) -> Iterator[None]:
    """Which says where programs go, and with which key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_TRANSLATE", started[1])
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "any")
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "eu-west-1")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/nowhere")
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
        patch.setattr("botocore.retryhandler.delay_exponential", lambda *_, **__: 0.0)
        yield


Made = Callable[[str, str], Any]


@pytest.fixture(scope="module")
def made(environment: None) -> Made:
    """Makes a client that speaks a protocol, and asks again in a way."""

    @functools.cache
    def make(protocol: str, mode: str) -> Any:
        session = botocore.session.Session()
        model = session.get_component("data_loader").load_service_model("translate", "service-2")
        model["metadata"]["protocols"] = [protocol]  # in what the loader keeps
        config = Config(retries={"mode": mode, "total_max_attempts": 2}, read_timeout=1)
        return boto3.Session(botocore_session=session).client("translate", config=config)

    return make


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def client(made: Made, request: pytest.FixtureRequest) -> Any:
    found = made(request.param, "standard")
    assert found.meta.service_model.resolved_protocol == request.param
    return found


def test_a_text_is_translated(client: Any, service: Service) -> None:
    answer = client.translate_text(Text="a < b 😀", SourceLanguageCode="auto", TargetLanguageCode="pt")
    about = answer.pop("ResponseMetadata")
    assert answer == {"TranslatedText": "A < B 😀", **PAIR}
    assert about["RequestId"] == about["HTTPHeaders"]["x-request-id"]
    assert about["RetryAttempts"] == 0
    assert service.translator.calls == [1]
    assert service.translator.requests[0].source_lang is None


def test_html_is_told_by_elements_that_end(client: Any, service: Service) -> None:
    page = '<p translate="no">a</p> &amp; b'
    assert client.translate_text(Text=page, **PAIR)["TranslatedText"] == '<p translate="no">A</p> &amp; B'
    client.translate_text(Text="a <b> c & d", **PAIR)
    assert [request.text_format for request in service.translator.requests] == ["html", "text"]


def test_what_has_no_effect_is_said(client: Any) -> None:
    settings = {"Formality": "FORMAL", "Profanity": "MASK", "Brevity": "ON"}
    answer = client.translate_text(Text="a", Settings=settings, **PAIR)
    assert answer["AppliedSettings"] == {}
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-crosslate-warning"] == (
        "Settings.Formality has no effect; Settings.Profanity has no effect; Settings.Brevity has no effect"
    )


@pytest.mark.parametrize(
    ("media_type", "content"), [("text/plain", b"some words"), ("text/html", b"<p>a</p>")]
)
def test_a_document_is_translated(client: Any, media_type: str, content: bytes) -> None:
    document = {"Content": content, "ContentType": media_type}
    answer = client.translate_document(Document=document, SourceLanguageCode="auto", TargetLanguageCode="pt")
    assert answer["TranslatedDocument"]["Content"] == content.upper().replace(b"P>", b"p>")
    assert answer["SourceLanguageCode"] == "en"


def test_a_letter_is_translated(client: Any, service: Service) -> None:
    document = {"Content": letter(), "ContentType": DOCX}
    answer = client.translate_document(Document=document, Settings={"Formality": "FORMAL"}, **PAIR)
    read = docx.Document(io.BytesIO(answer["TranslatedDocument"]["Content"]))
    assert any(paragraph.text.isupper() for paragraph in read.paragraphs)
    assert "Settings.Formality" in answer["ResponseMetadata"]["HTTPHeaders"]["x-crosslate-warning"]


def test_languages_are_listed_in_pages(client: Any) -> None:
    pages = [client.list_languages(DisplayLanguageCode="de", MaxResults=2)]
    pages.append(
        client.list_languages(DisplayLanguageCode="de", MaxResults=2, NextToken=pages[0]["NextToken"])
    )
    assert [[(one["LanguageCode"], one["LanguageName"]) for one in page["Languages"]] for page in pages] == [
        [("auto", "Auto"), ("en", "Englisch")],
        [("pt", "Portugiesisch")],
    ]
    assert [page["DisplayLanguageCode"] for page in pages] == ["de", "de"]
    assert "NextToken" not in pages[1]


def test_the_life_of_a_terminology(client: Any, service: Service) -> None:
    for content in (b"en,fr\nold,vieux\n", b'en,pt,fr\n"cat",gato,chat\nbig dog,,"gros, chien"\n'):
        data = {"File": content, "Format": "CSV", "Directionality": "UNI"}
        kept = client.import_terminology(Name="animals", MergeStrategy="OVERWRITE", TerminologyData=data)
    about = kept["TerminologyProperties"]
    assert (about["Name"], about["SourceLanguageCode"], about["TermCount"]) == ("animals", "en", 3)
    assert (about["TargetLanguageCodes"], about["Directionality"]) == (["fr", "pt"], "UNI")
    shown = client.get_terminology(Name="animals", TerminologyDataFormat="TSV")
    assert shown["TerminologyProperties"]["CreatedAt"] == about["CreatedAt"]
    with urllib.request.urlopen(shown["TerminologyDataLocation"]["Location"]) as file:
        content = file.read().decode()
    assert content == "en\tfr\tpt\ncat\tchat\tgato\nbig dog\tgros, chien\t\n"
    answer = client.translate_text(Text="cat", TerminologyNames=["animals"], **PAIR)
    assert answer["AppliedTerminologies"] == [{"Name": "animals", "Terms": []}]
    assert service.translator.requests[-1].glossary == (GlossaryEntry("cat", "gato"),)
    listed = client.get_paginator("list_terminologies").paginate().build_full_result()
    assert [one["Name"] for one in listed["TerminologyPropertiesList"]] == ["animals"]
    client.delete_terminology(Name="animals")
    for ask in (client.get_terminology, client.delete_terminology):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            ask(Name="animals")


@pytest.fixture(params=["legacy", "standard"])
def asking_again(made: Made, request: pytest.FixtureRequest) -> Any:
    return made("json", request.param)


@pytest.mark.parametrize(
    ("failure", "told", "num_calls"),
    [
        (unavailable(), ("TooManyRequestsException", 429), 2),
        (ServiceError("rate_limited", "Too fast."), ("TooManyRequestsException", 429), 2),
        (ServiceError("loading", "Come later."), ("ServiceUnavailableException", 503), 2),
        (ValueError("the secret text"), ("InternalServerException", 500), 2),
        (ServiceError("timeout", "Send less."), ("InvalidRequestException", 400), 1),
        (ServiceError("quota_exceeded", "All used."), ("ServiceQuotaExceededException", 400), 1),
        (ServiceError("key_invalid", "No."), ("UnrecognizedClientException", 400), 1),
        (ServiceError("key_not_for_model", "No."), ("AccessDeniedException", 400), 1),
        (ServiceError("text_too_long", "Split it."), ("TextSizeLimitExceededException", 400), 1),
        (ServiceError("invalid_markup", "No."), ("InvalidRequestException", 400), 1),
    ],
)
def test_only_what_may_succeed_is_asked_again(
    asking_again: Any, service: Service, failure: Exception, told: tuple[str, int], num_calls: int
) -> None:
    service.translator.failures["bad"] = failure
    with pytest.raises(ClientError) as raised:
        asking_again.translate_text(Text="bad", **PAIR)
    response = raised.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == told
    assert "secret" not in response["Error"]["Message"]
    assert len(service.translator.calls) == num_calls


def test_refusals_have_the_classes_and_members_that_programs_catch(client: Any, service: Service) -> None:
    known = client.exceptions
    service.translator.refused_targets["xx"] = ServiceError(
        "unsupported_language_pair", "Not target_lang xx."
    )
    with pytest.raises(known.UnsupportedLanguagePairException, match="TargetLanguageCode xx") as raised:
        client.translate_text(Text="a", SourceLanguageCode="en", TargetLanguageCode="xx")
    assert raised.value.response["TargetLanguageCode"] == "xx"
    assert raised.value.response["SourceLanguageCode"] == "en"
    with pytest.raises(known.TextSizeLimitExceededException, match="sent to TranslateDocument"):
        client.translate_text(Text="a" * 20_001, **PAIR)
    with pytest.raises(known.UnsupportedDisplayLanguageCodeException) as display:
        client.list_languages(DisplayLanguageCode="no language")
    assert display.value.response["DisplayLanguageCode"] == "no language"
    with pytest.raises(known.InvalidParameterValueException, match="NextToken"):
        client.list_terminologies(NextToken="else")
    with pytest.raises(known.ResourceNotFoundException):
        client.translate_text(Text="a", TerminologyNames=["none"], **PAIR)
    with pytest.raises(known.InvalidRequestException, match="ContentType"):
        client.translate_document(Document={"Content": b"a", "ContentType": "image/png"}, **PAIR)
    with pytest.raises(ClientError, match=r"UnsupportedOperationException.*TranslateDocument"):
        client.list_text_translation_jobs()


def test_python_waits_for_what_takes_long(made: Made, service: Service) -> None:
    """Longer than it does without a byte; of what fails late it is told when it asks again."""
    client = made("json", "legacy")
    for text in ("slow", "slow and bad"):
        service.translator.delays_s[text] = 1.3
    service.translator.failures["slow and bad"] = ServiceError("timeout", "Send less.")
    assert client.translate_text(Text="slow", **PAIR)["TranslatedText"] == "SLOW"
    with pytest.raises(client.exceptions.InvalidRequestException, match="Send less") as raised:
        client.translate_text(Text="slow and bad", **PAIR)
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 1
    assert service.translator.calls == [1, 1]


SCRIPT = """
import { Translate } from "@aws-sdk/client-translate";
const client = new Translate({ maxAttempts: 2, retryMode: "standard" });
const pair = { SourceLanguageCode: "en", TargetLanguageCode: "pt" };
const { TranslatedText } = await client.translateText({ Text: "it's 😀", ...pair });
const TerminologyData = { File: Buffer.from("en,pt\\ncat,gato\\n"), Format: "CSV" };
await client.importTerminology({ Name: "node", MergeStrategy: "OVERWRITE", TerminologyData });
const { TerminologyProperties: kept } = await client.getTerminology({ Name: "node" });
await client.deleteTerminology({ Name: "node" });
const Document = { Content: Buffer.from("some words"), ContentType: "text/plain" };
const { TranslatedDocument } = await client.translateDocument({ Document, ...pair });
const { Languages } = await client.listLanguages({ DisplayLanguageCode: "de" });
const failed = [];
for (const Text of ["slow", "full", "used"]) {
  await client.translateText({ Text, ...pair }).catch((error) =>
    failed.push([error.name, error.message, error.$metadata.httpStatusCode, error.$metadata.attempts]));
}
console.log(JSON.stringify({
  TranslatedText, document: Buffer.from(TranslatedDocument.Content).toString(), failed,
  kept: [kept.TermCount, kept.CreatedAt instanceof Date], languages: Languages.map((one) => one.LanguageName),
}));
"""


async def test_the_client_for_node(service: Service) -> None:
    """What would fail again is not sent again."""
    require_package(PACKAGE)
    service.translator.failures["slow"] = ServiceError("timeout", "Send less.")
    service.translator.failures["full"] = ServiceError("queue_full", "Too many.", retry_after_s=0.1)
    service.translator.failures["used"] = ServiceError("quota_exceeded", "All used.")
    assert await run_node(SCRIPT) == {
        "TranslatedText": "IT'S 😀",
        "document": "SOME WORDS",
        "failed": [
            ["InvalidRequestException", "Send less.", 400, 1],
            ["TooManyRequestsException", "Too many.", 429, 2],
            ["ServiceQuotaExceededException", "All used.", 400, 1],
        ],
        "kept": [1, True],
        "languages": ["Auto", "Englisch", "Portugiesisch"],
    }
    assert service.translator.calls == [1] * 6  # the document, and the full queue twice
