"""Amazon Translate's API: which operations there are, how they are told, and what each says."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import botocore.session
import httpx
import pytest
from starlette.datastructures import Headers

from crosslate.service.documents.jobs.settings import DocumentSettings
from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.amazon.cbor import read_cbor, write_cbor
from crosslate.service.http.dialects.amazon.dialects import AMAZON
from crosslate.service.http.dialects.amazon.keys import read_key
from crosslate.service.http.dialects.amazon.markup import format_of
from crosslate.service.http.dialects.amazon.operations import REFUSED
from crosslate.service.http.dialects.amazon.terms import NamedTerms
from crosslate.service.http.dialects.paths import AMAZON_OPERATIONS
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.uploads import FORM_BYTES
from crosslate.service.pipeline.glossary.terms import GlossaryEntry, PlacedTerm
from crosslate.service.problems import PROBLEMS
from crosslate.service.settings.config import CorsSettings, LimitSettings, Settings
from tests.service.auth.accounts import SECRET, make_access, make_key
from tests.service.http.dialects.amazon import credential, target
from tests.service.http.fakes import Service, create_service

PAIR = {"SourceLanguageCode": "en", "TargetLanguageCode": "pt"}
TEXT = {"Text": "ab", **PAIR}
SERVED = (
    *("TranslateText", "TranslateDocument", "ListLanguages", "ImportTerminology", "GetTerminology"),
    *("ListTerminologies", "DeleteTerminology"),
)
MAX_BYTES = 60_000


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(
        state_dir=tmp_path,
        documents=DocumentSettings(max_bytes=MAX_BYTES),
        limits=LimitSettings(max_body_bytes=MAX_BYTES // 2),
        glossaries=GlossarySettings(enabled=True, max_entries=3, max_glossaries=2),
        cors=CorsSettings(allow_origins=("https://a.example",)),
    )
    made = create_service(settings, dialects=DIALECTS)
    yield made
    await made.close()


async def ask(client: httpx.AsyncClient, operation: str, body: Any, **headers: str) -> httpx.Response:
    return await client.post("/", json=body, headers={**target(operation), **headers})


def data(content: bytes, form: str = "CSV", **more: str) -> dict[str, Any]:
    return {"File": base64.b64encode(content).decode(), "Format": form, **more}


async def keep(client: httpx.AsyncClient, name: str, content: bytes, **more: str) -> httpx.Response:
    asked = {"Name": name, "MergeStrategy": "OVERWRITE", "TerminologyData": data(content, **more)}
    return await ask(client, "ImportTerminology", asked)


def service_model() -> dict[str, Any]:
    loader = botocore.session.Session().get_component("data_loader")
    model: dict[str, Any] = loader.load_service_model("translate", "service-2")
    return model


def test_every_operation_of_amazon_s_is_served_or_refused() -> None:
    assert sorted([*SERVED, *REFUSED]) == sorted(service_model()["operations"])


def test_errors_have_the_names_and_statuses_of_amazon_s_model() -> None:
    """Where it has them; others are those that all of AWS' services have."""
    shapes, common = service_model()["shapes"], set()
    for code in PROBLEMS:
        answer = AMAZON.error_response(ServiceError(code, "Why."), "r")
        name = httpx.Response(200, content=bytes(answer.body)).json()["__type"]
        if name in shapes:
            expected = shapes[name]["error"]["httpStatusCode"]
            assert answer.status_code == expected or (answer.status_code, expected) == (502, 500)
        else:
            common.add(name)
    assert common == {
        *("AccessDeniedException", "MissingAuthenticationTokenException", "RequestTimeoutException"),
        *("ServiceQuotaExceededException", "UnknownOperationException", "UnrecognizedClientException"),
        "UnsupportedOperationException",
    }


@pytest.mark.parametrize("operation", REFUSED)
async def test_what_is_not_offered_is_refused(client: httpx.AsyncClient, operation: str) -> None:
    answer = await ask(client, operation, {})
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnsupportedOperationException")
    assert REFUSED[operation] in answer.json()["Message"]
    other = await client.post(AMAZON_OPERATIONS + operation, content=write_cbor({}))
    name = "com.amazonaws.translate#UnsupportedOperationException"
    assert read_cbor(other.content) == {**answer.json(), "__type": name}


@pytest.mark.parametrize(
    "name", ["AWSShineFrontendService_20170701.Other", "DynamoDB_20120810.ListTables", "x"]
)
async def test_an_unknown_operation_is_said(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.post("/", json={}, headers={"X-Amz-Target": name})
    assert (answer.status_code, answer.json()["__type"]) == (404, "UnknownOperationException")


async def test_the_root_is_amazon_s_by_its_header_alone(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    bare = await client.post("/", json=TEXT)
    assert (bare.status_code, bare.json()["code"]) == (405, "method_not_allowed")
    for path in ("/", "//"):
        answer = await client.post(path, json=TEXT, headers=target("TranslateText"))
        assert answer.json() == {"TranslatedText": "AB", **PAIR}
        assert answer.headers["content-type"] == "application/x-amz-json-1.1"
        assert answer.headers["x-amzn-requestid"] == answer.headers["x-request-id"]
    got = await client.get("/", headers=target("TranslateText"))
    assert (got.status_code, got.json()["__type"]) == (405, "UnknownOperationException")
    assert "POST" in got.headers["allow"]


async def test_a_page_of_another_origin_may_ask(client: httpx.AsyncClient) -> None:
    origin = {"Origin": "https://a.example"}
    wanted = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target",
    }
    assert (await client.options("/", headers=wanted)).status_code == 200
    answer = await ask(client, "TranslateText", TEXT, **origin)
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": credential("AKIA1")}, "AKIA1"),
        ({"authorization": credential("a/key,with=signs")}, "a/key,with=signs"),
        ({"authorization": credential("AKIA1"), "x-amz-security-token": "token"}, "token"),
        ({"authorization": "Bearer token"}, "token"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=AKIA1/20261129, Signature=0"}, None),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=/20261129/a/translate/aws4_request"}, None),
        ({}, None),
    ],
)
def test_the_key_is_a_session_token_or_the_id_of_an_access_key(
    headers: dict[str, str], key: str | None
) -> None:
    assert read_key(Headers(headers), {}) == key


async def test_a_wrong_key_is_told_before_the_body_is_read(tmp_path: Path) -> None:
    made = create_service(Settings(state_dir=tmp_path), dialects=DIALECTS, access=make_access(make_key()))
    transport = httpx.ASGITransport(app=made.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for operation in SERVED:
            answer = await ask(client, operation, {}, Authorization=credential("wrong"))
            assert answer.json()["__type"] == "UnrecognizedClientException"
        asked = {"Name": "mine", "MergeStrategy": "OVERWRITE", "TerminologyData": data(b"en,pt\na,b\n")}
        await ask(client, "ImportTerminology", asked, Authorization=credential(SECRET))
        shown = await ask(client, "GetTerminology", asked, Authorization=credential(SECRET))
        location = shown.json()["TerminologyDataLocation"]["Location"]
        assert (await client.get(location)).json()["__type"] == "MissingAuthenticationTokenException"
        file = await client.get(location, headers={"Authorization": f"Bearer {SECRET}"})
        assert (file.text, file.headers["content-type"]) == ("en,pt\na,b\n", "text/csv; charset=utf-8")
    await made.close()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<p>a</p>", "html"),
        ('In <span translate="no">b</span> & c', "html"),
        ("a < b and c </ d", "text"),
        ("Use <b> for bold, </i> for none", "text"),
        ("line<br>line <br/> <img src=a>", "text"),
        ("vector<int> a;", "text"),
        ("", "text"),
    ],
)
def test_a_text_is_html_where_an_element_ends_in_it(text: str, form: str) -> None:
    assert format_of(text) == form


async def test_what_was_sent_in_vain_is_said(client: httpx.AsyncClient) -> None:
    settings = {"Formality": "INFORMAL", "Tone": "x"}
    answer = await ask(client, "TranslateText", {**TEXT, "Settings": settings, "Other": 1})
    said = ["Other has no effect", "Settings.Formality has no effect", "Tone has no effect"]
    assert answer.json() == {"TranslatedText": "AB", **PAIR, "AppliedSettings": {}, "Warnings": said}
    assert answer.headers["x-crosslate-warning"] == "; ".join(said)


async def test_another_variety_of_the_language_is_said(client: httpx.AsyncClient, service: Service) -> None:
    service.translator.names |= {"pt-PT": "pt", "zh-TW": "zh-Hant"}
    answer = await ask(client, "TranslateText", {**TEXT, "TargetLanguageCode": "pt-PT"})
    assert answer.json()["TargetLanguageCode"] == "pt-PT"
    assert "pt-PT was asked for and pt given" in answer.headers["x-crosslate-warning"]
    answer = await ask(client, "TranslateText", {**TEXT, "TargetLanguageCode": "zh-TW"})
    assert "x-crosslate-warning" not in answer.headers


@pytest.mark.parametrize(
    ("operation", "body", "name", "where"),
    [
        ("TranslateText", {**PAIR}, "InvalidRequestException", "Text: is required"),
        (
            "TranslateText",
            {"Text": "a", "TargetLanguageCode": "pt"},
            "InvalidRequestException",
            "SourceLanguageCode",
        ),
        (
            "TranslateText",
            {**TEXT, "Settings": {"Formality": "x"}},
            "InvalidRequestException",
            "Settings.Formality",
        ),
        (
            "TranslateText",
            {**TEXT, "TerminologyNames": ["a"] * 6},
            "InvalidRequestException",
            "TerminologyNames",
        ),
        ("TranslateText", {**TEXT, "Text": "a" * 40_000}, "TextSizeLimitExceededException", "max_body_bytes"),
        ("ListLanguages", {"MaxResults": 0}, "InvalidParameterValueException", "MaxResults"),
        ("ListTerminologies", {"NextToken": "-1"}, "InvalidParameterValueException", "NextToken"),
        ("GetTerminology", {}, "InvalidParameterValueException", "Name"),
        ("GetTerminology", {"Name": "a\u0000"}, "ResourceNotFoundException", "no terminology"),
        (
            "TranslateDocument",
            {"Document": {"Content": "?", "ContentType": "text/plain"}, **PAIR},
            *("InvalidRequestException", "base64"),
        ),
        (
            "TranslateDocument",
            {
                "Document": {"Content": "YQ==", "ContentType": "text/plain"},
                "SourceLanguageCode": "auto",
                "TargetLanguageCode": "pt",
                "TerminologyNames": ["none"],
            },
            *("ResourceNotFoundException", "no terminology"),
        ),
    ],
)
async def test_faults_are_named(
    client: httpx.AsyncClient, operation: str, body: dict[str, Any], name: str, where: str
) -> None:
    answer = await ask(client, operation, body)
    assert (answer.json()["__type"], where in answer.json()["Message"]) == (name, True), answer.text


async def test_a_document_may_be_as_large_as_elsewhere(client: httpx.AsyncClient) -> None:
    content = b"a " * (MAX_BYTES // 2)
    document = {"Content": base64.b64encode(content).decode(), "ContentType": "text/plain"}
    answer = await ask(client, "TranslateDocument", {"Document": document, **PAIR})
    assert base64.b64decode(answer.json()["TranslatedDocument"]["Content"]) == content.upper()
    raw = {"Document": {"Content": content, "ContentType": "text/plain"}, **PAIR}
    packed = await client.post(f"{AMAZON_OPERATIONS}TranslateDocument", content=write_cbor(raw))
    assert read_cbor(packed.content)["TranslatedDocument"]["Content"] == content.upper()
    document["Content"] = "a" * (MAX_BYTES * 4 // 3 + FORM_BYTES)
    refused = await ask(client, "TranslateDocument", {"Document": document, **PAIR})
    assert (refused.status_code, refused.json()["__type"]) == (400, "InvalidRequestException")
    assert "documents.max_bytes" in refused.json()["Message"]


async def test_terms_are_those_of_the_language_that_is_found(
    client: httpx.AsyncClient, service: Service
) -> None:
    await keep(client, "one", b"en,pt\nab,X\n")
    await keep(client, "two", b"en\tpt\nab\tY\ncd\tZ\n", form="TSV")
    asked = {**TEXT, "SourceLanguageCode": "auto", "TerminologyNames": ["one", "two"]}
    answer = await ask(client, "TranslateText", asked)
    assert answer.json()["SourceLanguageCode"] == "en"
    assert service.translator.requests[-1].glossary == (GlossaryEntry("ab", "X"), GlossaryEntry("cd", "Z"))
    other = await ask(
        client, "TranslateText", {**TEXT, "TargetLanguageCode": "fr", "TerminologyNames": ["one"]}
    )
    assert other.json()["__type"] == "InvalidRequestException"
    assert "from en to fr" in other.json()["Message"]
    same = await ask(client, "TranslateText", {**asked, "TargetLanguageCode": "en"})
    assert "AppliedTerminologies" in same.json()


def test_terms_that_stand_in_a_translation_are_those_of_their_terminologies() -> None:
    cat, dog, cats = (
        GlossaryEntry("cat", "gato"),
        GlossaryEntry("dog", "cão"),
        GlossaryEntry("Catalogue", "lista"),
    )
    terms = NamedTerms({"a": (cat, dog), "b": (cats, GlossaryEntry("cat", "felino")), "c": ()})
    assert terms.entries == (cat, dog, cats)
    placed = [
        PlacedTerm("Cats", "Gatos", (0, 4), (0, 5)),
        PlacedTerm("Cats", "Gatos", (9, 13), (9, 14)),
        PlacedTerm("catalogues", "listas", (5, 8), (5, 8)),
        PlacedTerm("dog", "cão", (20, 23), None, "not_linked"),
    ]
    assert terms.applied(placed) == [
        {"Name": "a", "Terms": [{"SourceText": "cat", "TargetText": "gato"}]},
        {"Name": "b", "Terms": [{"SourceText": "Catalogue", "TargetText": "lista"}]},
        {"Name": "c", "Terms": []},
    ]


async def test_a_terminology_of_all_languages_has_all_pairs(client: httpx.AsyncClient) -> None:
    answer = await keep(client, "all", b"en,pt\ncat,gato\n", Directionality="MULTI")
    about = answer.json()["TerminologyProperties"]
    assert (about["Directionality"], about["TermCount"], about["SourceLanguageCode"]) == ("MULTI", 2, "en")
    shown = await client.get("/v1/glossaries")
    (kept,) = shown.json()["data"]
    assert [(one["source_lang"], one["target_lang"]) for one in kept["dictionaries"]] == [
        ("en", "pt"),
        ("pt", "en"),
    ]


async def test_a_terminology_comes_and_goes_as_tmx(client: httpx.AsyncClient) -> None:
    units = "<tu><tuv xml:lang='pt-BR'><seg>gato</seg></tuv><tuv xml:lang='en'><seg>cat</seg></tuv></tu>"
    content = f"<tmx version='1.4'><header srclang='en-US'/><body>{units}</body></tmx>".encode()
    kept = await keep(client, "mine", content, form="TMX")
    about = kept.json()["TerminologyProperties"]
    assert (about["SourceLanguageCode"], about["TargetLanguageCodes"], about["TermCount"]) == (
        "en",
        ["pt"],
        1,
    )
    shown = await ask(client, "GetTerminology", {"Name": "mine", "TerminologyDataFormat": "TMX"})
    file = await client.get(shown.json()["TerminologyDataLocation"]["Location"])
    assert file.headers["content-type"] == "application/xml"
    assert shown.json()["TerminologyProperties"]["SizeBytes"] == len(file.content)
    again = await keep(client, "again", file.content, form="TMX", Directionality="MULTI")
    assert again.json()["TerminologyProperties"]["TermCount"] == 2


@pytest.mark.parametrize(
    ("content", "more", "fault"),
    [
        (b"cat,gato\n", {}, "the first line has to name"),
        (b"en,pt\n", {}, "no terms"),
        (b"en,pt\n?,x\n", {}, "line 2: the term has no letter"),
        (b"en,pt\na,\xff\n", {}, "byte 8"),
        (b"en,pt\na,b\n", {"form": "TMX"}, "TerminologyData.File: is no valid XML"),
        (b"en,pt\na,b\nc,d\ne,f\ng,h\n", {}, "max_entries"),
    ],
)
async def test_a_terminology_that_cannot_be_kept_is_refused(
    client: httpx.AsyncClient, content: bytes, more: dict[str, str], fault: str
) -> None:
    answer = await keep(client, "mine", content, **more)
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterValueException")
    assert fault in answer.json()["Message"]


async def test_terminologies_have_limits_and_no_keys_of_their_own(client: httpx.AsyncClient) -> None:
    for name in ("a", "b", "a"):
        assert (await keep(client, name, b"en,pt\na,b\n")).status_code == 200
    full = await keep(client, "c", b"en,pt\na,b\n")
    assert (full.status_code, full.json()["__type"]) == (400, "InvalidParameterValueException")
    key = {"Type": "KMS", "Id": "x"}
    asked = {"Name": "a", "MergeStrategy": "OVERWRITE", "TerminologyData": data(b"en,pt\na,b\n")}
    refused = await ask(client, "ImportTerminology", {**asked, "EncryptionKey": key})
    assert refused.json()["__type"] == "UnsupportedOperationException"
    said = await ask(client, "ImportTerminology", {**asked, "Description": "x", "Tags": [{"Key": "a"}]})
    assert said.headers["x-crosslate-warning"] == "Description has no effect; Tags has no effect"


async def test_a_terminology_is_found_by_its_id_and_its_file_by_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    await keep(client, "mine", b"en,pt\na,b\n")
    (kept,) = (await client.get("/v1/glossaries")).json()["data"]
    shown = await ask(client, "GetTerminology", {"Name": kept["id"]})
    assert shown.json()["TerminologyProperties"]["Name"] == "mine"
    for name, status in (
        (f"{kept['id']}.tsv", 200),
        (f"{kept['id']}.tmx", 200),
        (f"{kept['id']}.xml", 404),
        ("none.csv", 404),
        ("x", 404),
    ):
        assert (await client.get(f"/terminologies/{name}")).status_code == status


@pytest.fixture
def off(tmp_path: Path) -> Service:
    return create_service(
        Settings(
            state_dir=tmp_path,
            glossaries=GlossarySettings(enabled=False),
            documents=DocumentSettings(enabled=False),
        ),
        dialects=DIALECTS,
    )


async def test_what_is_off_is_said(off: Service) -> None:
    transport = httpx.ASGITransport(app=off.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        listed = await ask(client, "ListTerminologies", {})
        assert listed.json() == {"TerminologyPropertiesList": []}
        kept = await keep(client, "mine", b"en,pt\na,b\n")
        assert (kept.json()["__type"], "glossaries.enabled" in kept.text) == (
            "InvalidParameterValueException",
            True,
        )
        document = {"Document": {"Content": "YQ==", "ContentType": "text/plain"}, **PAIR}
        answer = await ask(client, "TranslateDocument", document)
        assert answer.json()["__type"] == "UnsupportedOperationException"
