"""Each value of each API's bodies in the place of every other: never a defect, always in that API's form."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.http.dialects.amazon import target
from tests.service.http.fakes import MODEL_ID

TEXT, PROJECT = "The black cat sleeps.", "/v3/projects/p/locations/l"
FILE = base64.b64encode(b"A cat.").decode()
DICTIONARY = {"source_lang": "en", "target_lang": "pt", "entries": "cat\tfelino", "entries_format": "tsv"}
AMAZON_PAIR = {"SourceLanguageCode": "en", "TargetLanguageCode": "pt", "TerminologyNames": []}
TARGET = {"language": "pt", "tone": "formal", "allowFallback": True, "referenceTextPairs": [{"source": "a"}]}
HEADERS = {"content-type": "application/json"}
BODIES: dict[str, Any] = {
    "/translate": {"q": [TEXT], "source": "en", "target": "pt", "format": "text", "alternatives": 1},
    "/detect": {"q": TEXT, "api_key": "k"},
    "/translate#deeplx": {"text": TEXT, "source_lang": "EN", "target_lang": "PT", "tag_handling": "html"},
    "/translate#nllb": {"source": [TEXT], "src_lang": "eng_Latn", "tgt_lang": "por_Latn"},
    "/translator": {"text": TEXT, "source": "eng_Latn", "target": "por_Latn"},
    "/v2/translate": {
        **{"text": [TEXT], "source_lang": "EN", "target_lang": "PT-BR", "split_sentences": "nonewlines"},
        **{"tag_handling": "xml", "outline_detection": False, "ignore_tags": ["x"], "glossary_ids": []},
    },
    "/v2/languages": {"type": "target"},
    "/v2/glossaries": {"name": "n", **DICTIONARY},
    "/v3/glossaries": {"name": "n", "dictionaries": [DICTIONARY]},
    "/v2/document/A": {"document_key": "k"},
    f"/hf/{MODEL_ID}": {
        "inputs": TEXT,
        "parameters": {"src_lang": "en", "max_length": 9, "generate_parameters": {"top_p": 0.5, "seed": 1}},
        "options": {"wait_for_model": True},
    },
    "/translate?api-version=3.0&to=pt": [{"Text": TEXT}],
    "/translate?api-version=2026-06-06": {"inputs": [{"text": TEXT, "language": "en", "targets": [TARGET]}]},
    "/detect?api-version=3.0": [{"Text": TEXT}],
    "/language/translate/v2": {"q": [TEXT], "target": "pt", "source": "en", "format": "text", "model": "nmt"},
    f"{PROJECT}:translateText": {
        **{"contents": [TEXT], "targetLanguageCode": "pt", "sourceLanguageCode": "en", "labels": {"a": "b"}},
        "glossaryConfig": {"glossary": "projects/p/locations/l/glossaries/terms", "ignoreCase": True},
    },
    f"{PROJECT}:detectLanguage": {"content": TEXT, "mimeType": "text/plain"},
    f"{PROJECT}:translateDocument": {
        "documentInputConfig": {"mimeType": "text/plain", "content": FILE},
        "targetLanguageCode": "xx",
    },
    "/#TranslateText": {"Text": TEXT, **AMAZON_PAIR, "Settings": {"Formality": "FORMAL"}},
    "/#TranslateDocument": {**AMAZON_PAIR, "Document": {"Content": FILE, "ContentType": "none"}},
    "/#ListLanguages": {"DisplayLanguageCode": "en", "MaxResults": 5, "NextToken": "1"},
    "/#ImportTerminology": {
        **{"Name": "t", "MergeStrategy": "OVERWRITE"},
        "TerminologyData": {"File": FILE, "Format": "CSV", "Directionality": "UNI"},
    },
}
"""By path; what stands behind `#` tells of several that share one, and of Amazon's the operation."""
ODD = (
    *("null", "true", "-1", "1.5", "1e400", "NaN", "-Infinity", "9" * 4301, '""', '"a\\u0000b"', '"\\ud83d"'),
    *('"' + "x" * 3000 + '"', "[]", "[[]]", "[1]", "{}", '{"": {}}', "[" * 3000 + "]" * 3000),
)
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Of all values, and one of a member that nobody knows in each object."""
    yield at
    if isinstance(value, dict):
        for name, member in {**value, "unknown": 0}.items():
            yield from places(member, (*at, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*at, number))


def written(value: Any, at: Place, odd: str) -> str:
    """The value in JSON, with the odd one at its place."""
    if not at:
        return odd
    first, *rest = at
    if isinstance(value, list):
        items = [json.dumps(item) for item in value]
        items[int(first)] = written(value[int(first)], tuple(rest), odd)
        return f"[{','.join(items)}]"
    members = {name: json.dumps(member) for name, member in value.items()}
    members[str(first)] = written(value.get(first), tuple(rest), odd)
    return f"{{{','.join(f'{json.dumps(name)}:{member}' for name, member in members.items())}}}"


def fault_of(answer: httpx.Response) -> str:
    """What is said of it, in the form of any of the APIs but the native one."""
    content = answer.json()
    assert "type" not in content, "the native form"
    said = next(content[name] for name in ("error", "message", "detail", "Message") if name in content)
    return str(said["message"] if isinstance(said, dict) else said)


def no_number(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("path", BODIES)
async def test_what_is_odd_is_answered_or_refused(path: str, client: httpx.AsyncClient) -> None:
    dictionary = {"source_lang": "en", "target_lang": "pt", "entries": [{"source": "cat", "target": "gato"}]}
    await client.post("/v1/glossaries", json={"name": "terms", "dictionaries": [dictionary]})
    url, _, operation = path.partition("#")
    headers = {**HEADERS, **(target(operation) if url == "/" else {})}
    for at in places(BODIES[path]):
        for odd in ODD:
            content = written(BODIES[path], at, odd).encode()
            answer = await client.post(url, content=content, headers=headers)
            where = f"{at}: {odd[:20]}"
            assert answer.status_code < 500, where
            if answer.is_error:
                assert 0 < len(fault_of(answer)) < 1000, where
            else:
                json.loads(answer.content, parse_constant=no_number)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'{"q": "a",}', "see line 1, column 11"),
        (b'{"q": "caf\xe9"}', "it is not in UTF-8, see byte 10"),
        ('{"q": "a"}'.encode("utf-16"), "it is not in UTF-8, see byte 0"),
        (b'{"q": ' + b"9" * 5000 + b"}", "a number has 5000 digits"),
        (b'{"q": 1e999}', "a number is too large"),
        (b'{"q": NaN}', "NaN is no value in JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
    ],
    ids=["comma", "latin", "utf-16", "digits", "infinite", "nan", "deep"],
)
@pytest.mark.parametrize("path", ["/translate", "/v2/translate", "/translate?api-version=3.0&to=pt", "/"])
async def test_it_is_said_why_a_body_is_no_json(
    client: httpx.AsyncClient, path: str, content: bytes, fault: str
) -> None:
    headers = {**HEADERS, **(target("TranslateText") if path == "/" else {})}
    answer = await client.post(path, content=content, headers=headers)
    assert (answer.status_code, fault in answer.text) == (400, True)
