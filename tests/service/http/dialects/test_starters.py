"""Dialects over a real model, against what the native API says of the same text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from crosslate.service.settings.config import ModelSettings, Settings
from loadtests.in_process import in_process_client

TEXT = "The 😀 black cat sleeps. I saw 2 dogs, and they barked.\n\nGood morning!"
AZURE = "/translator/text/v3.0/translate"
GOOGLE = {"targetLanguageCode": "pt", "mimeType": "text/plain"}
QUERY = {"api-version": "3.0", "from": "en", "to": "pt"}


@pytest.fixture
async def starters() -> AsyncIterator[httpx.AsyncClient]:
    model = ModelSettings(id="starter/en-pt", dtype="float32", target_batch=8, num_engines=1)
    async with in_process_client(Settings(models=(model,))) as client:
        yield client


async def test_alignments_are_the_native_ones(starters: httpx.AsyncClient) -> None:
    native = await starters.post(
        "/v1/translate",
        json={
            "text": TEXT,
            "source_lang": "en",
            "target_lang": "pt",
            "alignment": "links",
            "offset_unit": "utf16",
        },
    )
    (expected,) = native.json()["translations"]
    azure = await starters.post(
        AZURE,
        params={**QUERY, "includeAlignment": "true", "includeSentenceLength": "true"},
        json=[{"Text": TEXT}],
    )
    (got,) = azure.json()[0]["translations"]
    assert got["text"] == expected["text"]
    spans = sorted(tuple(link["source"] + link["target"]) for link in expected["alignment"]["links"])
    projected = " ".join(f"{a}:{b - 1}-{c}:{d - 1}" for a, b, c, d in spans)
    assert got["alignment"]["proj"] == projected
    check_lengths(got["sentLen"], expected)


def check_lengths(lengths: dict[str, list[int]], native: dict[str, object]) -> None:
    """Sentences end where the next one begins."""
    segments = native["segments"]
    assert isinstance(segments, list)
    for side, name, text in (
        ("source", "srcSentLen", TEXT),
        ("target", "transSentLen", str(native["text"])),
    ):
        ends = [segment[side][0] for segment in segments[1:]] + [len(text.encode("utf-16-le")) // 2]
        assert [sum(lengths[name][: i + 1]) for i in range(len(ends))] == ends


async def test_a_dictionary_is_followed(starters: httpx.AsyncClient) -> None:
    phrase = '<mstrans:dictionary translation="felino &quot;X&quot;">cat</mstrans:dictionary>'
    response = await starters.post(
        AZURE,
        params={**QUERY, "includeAlignment": "true"},
        json=[{"Text": f"The black {phrase} sleeps."}, {"Text": "The black cat sleeps."}],
    )
    marked, plain = (item["translations"][0] for item in response.json())
    assert plain["text"] == "O gato preto dorme."
    assert marked["text"] == 'O felino "X" preto dorme.'
    start = len('The black <mstrans:dictionary translation="felino &quot;X&quot;">')
    found = [place.partition("-") for place in marked["alignment"]["proj"].split()]
    of_phrase = [target.split(":") for source, _, target in found if source == f"{start}:{start + 2}"]
    assert (of_phrase[0][0], of_phrase[-1][1]) == ("2", "11")


async def test_a_text_is_the_same_whichever_api_asks_for_it(starters: httpx.AsyncClient) -> None:
    native = await starters.post("/v1/translate", json={"text": TEXT, "target_lang": "pt"})
    deepl = await starters.post("/v2/translate", json={"text": [TEXT], "target_lang": "PT-BR"})
    azure = await starters.post(AZURE, params={"api-version": "3.0", "to": "pt"}, json=[{"Text": TEXT}])
    google = await starters.post("/v3/projects/p:translateText", json={**GOOGLE, "contents": [TEXT]})
    basic = await starters.post(
        "/language/translate/v2", params={"q": TEXT, "target": "pt", "format": "text"}
    )
    expected = native.json()["translations"][0]
    (found,) = google.json()["translations"]
    assert (found["translatedText"], found["detectedLanguageCode"]) == (expected["text"], "en")
    assert basic.json()["data"]["translations"][0]["translatedText"] == expected["text"]
    (translation,) = deepl.json()["translations"]
    assert translation["text"] == expected["text"] == azure.json()[0]["translations"][0]["text"]
    assert translation["detected_source_language"] == "EN"
    assert translation["billed_characters"] == native.json()["usage"]["characters"]
    assert "pt-BR was asked for and pt given" in deepl.headers["x-crosslate-warning"]
    found = azure.json()[0]["detectedLanguage"]
    assert (found["language"], found["score"]) == ("en", expected["detected"]["confidence"])
