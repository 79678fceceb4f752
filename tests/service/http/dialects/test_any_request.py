"""Whatever is sent to a dialect's paths is answered in JSON, never as a defect nor in the native form."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.dialects.amazon import target
from tests.service.http.fakes import MODEL_ID, Service, create_service

NAMES = (
    *("q", "source", "target", "format", "alternatives", "api_key", "text", "source_lang", "target_lang"),
    *("tag_handling", "src_lang", "tgt_lang", "inputs", "parameters", "generate_parameters", "alignment"),
    *("num_beams", "max_length", "truncation", "options"),
    *("contents", "content", "targetLanguageCode", "source_language_code", "mimeType", "model"),
    *("glossaryConfig", "glossary", "documentInputConfig", "documentOutputConfig", "labels", "key"),
    *("Text", "SourceLanguageCode", "TargetLanguageCode", "TerminologyNames", "Settings", "Formality"),
    *("Document", "Content", "ContentType", "Name", "MaxResults", "NextToken", "TerminologyData"),
    *("split_sentences", "formality", "model_type", "glossary_ids", "ignore_tags", "outline_detection"),
)
AZURE = "/translator/text/v3.0/translate?api-version=3.0"
GOOGLE, PROJECT = "/language/translate/v2", "/v3/projects/p/locations/global"
AMAZON = "/#"
"""Before one of Amazon's operations, which a header names."""
PATHS = (
    *(f"{AMAZON}TranslateText", f"{AMAZON}ListLanguages", f"{AMAZON}none"),
    *("/translate", "/detect", "/translator", f"/hf/{MODEL_ID}", "/hf/none"),
    *("/v2/translate", "/v2/languages", f"{AZURE}&to=pt", "/detect?api-version=3.0"),
    *(GOOGLE, f"{GOOGLE}/detect", f"{GOOGLE}/languages", f"{PROJECT}:translateText"),
    *(f"{PROJECT}:detectLanguage", f"{PROJECT}:translateDocument"),
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
words = st.sampled_from(["en", "pt", "auto", "html", "a & b", "<b>", "0", "none", "links"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)
GOOD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/translate", {"q": "ab", "source": "en", "target": "pt"}),
    ("/translate", {"text": "ab", "target_lang": "pt"}),
    ("/translate", {"source": ["ab"], "tgt_lang": "pt"}),
    ("/detect", {"q": "ab"}),
    ("/translator", {"text": "ab", "target": "pt"}),
    (f"/hf/{MODEL_ID}", {"inputs": "ab", "parameters": {}}),
    ("/v2/translate", {"text": ["ab"], "target_lang": "PT"}),
    (
        f"{AMAZON}TranslateText",
        {"Text": "ab", "SourceLanguageCode": "en", "TargetLanguageCode": "pt", "Settings": {}},
    ),
    (
        f"{AMAZON}TranslateDocument",
        {"Document": {"ContentType": "none"}, "SourceLanguageCode": "en", "TargetLanguageCode": "pt"},
    ),
    (f"{AMAZON}ListLanguages", {}),
    (GOOGLE, {"q": "ab", "target": "pt"}),
    (f"{GOOGLE}/languages", {}),
    (f"{PROJECT}:translateText", {"contents": "ab", "targetLanguageCode": "pt"}),
    (f"{PROJECT}:detectLanguage", {"content": "ab"}),
    (f"{PROJECT}:translateDocument", {"targetLanguageCode": "xx", "documentInputConfig": {}}),
)
changes = st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
FORM = "application/x-www-form-urlencoded"
KINDS = (FORM, "multipart/form-data; boundary=b", "multipart/form-data", "application/json", "")
BYTES = (b"q=%ff&source=en&target=pt", b"--b\r\n\r\n--b--", b"q&q&q", b"\xff", b"{}", b"[]", b'"q"')


@pytest.fixture(scope="module")
def app() -> Service:
    return create_service(dialects=DIALECTS)


def check(answer: httpx.Response) -> None:
    content = answer.json()
    assert answer.status_code < 500, content
    if answer.status_code != 200:
        assert "type" not in content, "the native form"
        names = ("error", "message", "detail", "Message")
        said = next((content[name] for name in names if content.get(name)), None)
        said = said.get("message") if isinstance(said, dict) else said
        assert isinstance(said, str)


def ask(app: Service, path: str, **sent: Any) -> httpx.Response:
    if path.startswith(AMAZON):
        sent["headers"] |= target(path.removeprefix(AMAZON))

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app=app.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, **sent)

    return asyncio.run(answer())


@settings(max_examples=200)
@given(good=st.sampled_from(GOOD), change=changes)
def test_json_is_answered_or_refused(app: Service, good: tuple[str, dict[str, Any]], change: Any) -> None:
    path, body = good
    content = json.dumps({**body, **change})
    check(ask(app, path, content=content, headers={"content-type": "application/json"}))


@settings(max_examples=100)
@given(
    path=st.sampled_from(PATHS),
    kind=st.sampled_from(KINDS),
    content=st.binary(max_size=60)
    | st.sampled_from(BYTES)
    | values.map(lambda value: json.dumps(value).encode()),
)
def test_so_are_forms_and_bytes(app: Service, path: str, kind: str, content: bytes) -> None:
    check(ask(app, path, content=content, headers={"content-type": kind}))


@settings(max_examples=100)
@given(
    query=st.dictionaries(
        st.sampled_from(["to", "from", "textType", "includeAlignment", "allowFallback", "toScript", "other"]),
        words | st.sampled_from(["true", "html", "pt-PT"]) | st.text(max_size=5),
    ),
    items=st.lists(st.fixed_dictionaries({"Text": words | st.text(max_size=5)}, optional={"x": scalars}))
    | values,
)
def test_so_are_queries(app: Service, query: dict[str, str], items: Any) -> None:
    content = json.dumps(items)
    headers = {"content-type": "application/json"}
    check(ask(app, f"{AZURE}&{urlencode(query)}", content=content, headers=headers))


HALF = "\\ud83d"
GLOSSARY = f'"name": "a", "source_lang": "en", "target_lang": "pt", "entries": "a\\tb{HALF}"'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/glossaries", GLOSSARY),
        ("/v2/glossaries", GLOSSARY.replace(HALF, "").replace('"name": "a"', f'"name": "a{HALF}"')),
        (
            "/v2/translate",
            f'"text": ["a"], "target_lang": "PT", "source_lang": "EN", "glossary_id": "{HALF}"',
        ),
        ("/v2/translate", f'"text": ["a"], "target_lang": "PT", "source_lang": "{HALF}"'),
        ("/v2/translate", f'"text": ["a"], "target_lang": "PT", "auth_key": "{HALF}"'),
        ("/translate", f'"source": "a", "tgt_lang": "pt", "{HALF}": 1'),
        ("/translate", f'"text": "a", "target_lang": "{HALF}"'),
        (GOOGLE, f'"q": "a", "target": "{HALF}"'),
        (f"{PROJECT}:translateText", f'"contents": ["{HALF}"], "targetLanguageCode": "pt"'),
        ("/translate?api-version=2026-06-06", f'"inputs": [{{"text": "{HALF}"}}]'),
        ("/", f'"Text": "{HALF}", "SourceLanguageCode": "en", "TargetLanguageCode": "pt"'),
    ],
)
async def test_half_a_character_anywhere_is_a_fault_of_the_body(
    client: httpx.AsyncClient, path: str, body: str
) -> None:
    headers = target("TranslateText") if path == "/" else {"content-type": "application/json"}
    answer = await client.post(path, content=f"{{{body}}}", headers=headers)
    assert (answer.status_code // 100, "surrogate" in answer.text) == (4, True)


@pytest.mark.parametrize("charset", ["undefined", "punycode", "utf-7", "idna"])
@pytest.mark.parametrize(
    "path", ["/translate", "/detect", "/v2/translate", "/v2/document", "/v1/documents", GOOGLE]
)
async def test_a_form_in_an_encoding_of_python_s_is_refused(
    client: httpx.AsyncClient, path: str, charset: str
) -> None:
    part = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n\xfc'
    answer = await client.post(
        path,
        content=f"--b\r\n{part}\r\n--b--\r\n".encode("latin-1"),
        headers={"content-type": f'multipart/form-data; boundary=b; charset="{charset}"'},
    )
    assert answer.status_code in {400, 415}
    assert "UTF-8" in answer.text


async def test_a_whole_character_is_none(client: httpx.AsyncClient) -> None:
    body = '{"q": "\\ud83d\\ude00", "source": "en", "target": "pt"}'
    answer = await client.post("/translate", content=body)
    assert answer.json()["translatedText"] == "😀"
