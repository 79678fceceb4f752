"""What programs really send, and read of the answer: each as its source has it in 2026, over the starters."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.loading.loading import LocalModel
from crosslate.service.settings.config import CorsSettings, Settings
from tests.service.http.fakes import Service, create_service, served_model
from tests.service.http.starters import loaded_starters, starter_client

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def starters() -> Iterator[list[LocalModel]]:
    with loaded_starters() as loaded:
        yield loaded


@pytest.fixture
async def real(starters: list[LocalModel]) -> AsyncIterator[httpx.AsyncClient]:
    async with starter_client(starters) as client:
        yield client


async def mastodon(client: httpx.AsyncClient, texts: Sequence[str], source: str | None) -> list[Any]:
    """`TranslationService::LibreTranslate`; each translation with the language that it shows beside it."""
    body = {"q": texts, "source": source or "auto", "target": "pt", "format": "html", "api_key": None}
    answer = await client.post("/translate", content=json.dumps(body), headers=JSON)
    answer.raise_for_status()
    data = answer.json()
    detected = data.get("detectedLanguage")
    return [
        (text, detected[index]["language"] if detected else source)
        for index, text in enumerate(data["translatedText"])
    ]


async def test_mastodon(real: httpx.AsyncClient) -> None:
    link = '<a href="https://x.example/@ana" class="u-url mention">@<span>ana</span></a>'
    mention = f'<span class="h-card">{link}</span>'
    texts = [
        "The cat sleeps &amp; dreams.",
        "Yes",
        "",
        f"<p>{mention} The <strong>blue</strong> dog sleeps.</p>",
    ]
    assert await mastodon(real, texts, None) == [
        ("O gato dorme e os sonhos.", "en"),
        ("Sim", "en"),
        ("", "en"),
        (f"<p>{mention} O cão <strong>azul</strong> dorme.</p>", "en"),
    ]
    assert [language for _, language in await mastodon(real, texts, "en")] == ["en"] * 4
    languages = (await real.get("/languages", headers=JSON)).json()
    offered = {one["code"]: [code for code in one["targets"] if code != one["code"]] for one in languages}
    assert offered == {"en": ["pt"], "pt": ["en"]}


async def test_mastodon_reads_403_as_a_quota_and_429_as_too_many_requests(
    client: httpx.AsyncClient, service: Service
) -> None:
    service.translator.failures |= {
        "quota": ServiceError("quota_exceeded", "d"),
        "rate": ServiceError("rate_limited", "d"),
    }
    for text, status in (("quota", 403), ("rate", 429)):
        with pytest.raises(httpx.HTTPStatusError) as raised:
            await mastodon(client, ["a", text], None)
        assert raised.value.response.status_code == status


async def test_weblate(real: httpx.AsyncClient) -> None:
    """It files the answers under the texts by their place, and knows languages by `code`."""
    texts = ["Save", "", "Save", "The file was deleted."]
    body = {"api_key": "", "q": texts, "source": "en", "target": "pt_BR"}
    payload = (await real.post("/translate", json=body)).json()
    assert len(payload["translatedText"]) == len(texts)
    assert payload["translatedText"] == ["Salvar", "", "Salvar", "O arquivo foi excluído."]
    assert "pt" in [one["code"] for one in (await real.get("/languages")).json()]


async def discourse(client: httpx.AsyncClient, text: str, locale: str) -> str:
    """Detects, looks both languages up among those that are listed, then translates; all by forms."""

    async def result(path: str, **fields: str) -> Any:
        content = urlencode({**fields, "api_key": ""})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post(path, content=content, headers=headers)
        assert answer.status_code == 200
        return answer.json()

    detected = (await result("/detect", q=text))[0]["language"]
    listed = [one["code"] for one in (await client.get("/languages")).json()]
    assert detected in listed
    answer = await result("/translate", q=text, source=detected, target=locale, format="html")
    translated: str = answer["translatedText"]
    return translated


async def test_discourse(real: httpx.AsyncClient) -> None:
    assert await discourse(real, "The cat sleeps on the red chair.", "pt") == (
        "O gato dorme na cadeira vermelha."
    )
    assert (
        await discourse(real, "O gato dorme na cadeira vermelha.", "en") == "The cat sleeps in the red chair."
    )


@pytest.mark.parametrize(("sent", "served"), [("iw", "he"), ("no", "nb"), ("no", "no"), ("zh", "zh-Hans")])
async def test_discourse_has_older_codes(sent: str, served: str) -> None:
    models = [replace(served_model(), pairs=(("en", served),))]
    service = create_service(models=models, dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert await discourse(client, "ab", sent) == "AB"
    # `iw` and `zh` are what the catalogue of models knows of itself.
    assert service.translator.requests[0].target_lang == (served if sent == "no" else sent)


async def test_subtitle_edit_by_libretranslate(real: httpx.AsyncClient) -> None:
    """It writes its JSON by hand, has `<br />` for line ends and begins with a capital letter."""
    content = '{"q": "The cat sleeps.", "source": "en", "target": "pb"}'
    answer = await real.post("/translate", content=content, headers=JSON)
    assert answer.json() == {"translatedText": "O gato dorme."}


async def test_subtitle_edit_by_deeplx(real: httpx.AsyncClient) -> None:
    """Its JSON is followed by brackets and called plain text, and it reads `alternatives` alone."""
    content = '{ "source_lang": "en", "target_lang": "PT-BR", "text": "The cat sleeps.\\nYes" }]}'
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    answer = await real.post("/translate", content=content, headers=headers)
    assert answer.json()["alternatives"][0] == "O gato dorme.\nSim"


async def test_subtitle_edit_by_nllb(real: httpx.AsyncClient) -> None:
    """nllb-serve with a list of lines; of nllb-api's answer it takes what stands between the quotes."""
    lines = {"source": ["The cat sleeps.", "No"], "src_lang": "eng_Latn", "tgt_lang": "por_Latn"}
    answer = await real.post("/translate", json=lines)
    assert answer.json()["translation"] == ["O gato dorme.", "Não"]
    content = '{ "text": "No",  "source": "eng_Latn", "target": "por_Latn" }'
    shown = (await real.post("/translator", content=content, headers=JSON)).text
    assert shown.split('"result":')[1].split('"')[1] == "Não"


async def test_zotero(real: httpx.AsyncClient) -> None:
    text = "The cat sleeps."
    body = {"q": text, "source": "en", "target": "pt", "format": "text"}
    assert (await real.post("/translate", json=body)).json()["translatedText"] == "O gato dorme."
    custom = {"text": text, "source_lang": "EN", "target_lang": "PT"}
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await real.post("/translate", content=json.dumps(custom), headers=headers)
    assert answer.json()["data"] == "O gato dorme."
    serve = {"source": text, "src_lang": "eng_Latn", "tgt_lang": "por_Latn"}
    assert (await real.post("/translate", json=serve)).json()["translation"][0] == "O gato dorme."
    query = f"text={text}&source=eng_Latn&target=por_Latn"
    assert (await real.get(f"/api/v4/translator?{query}")).json()["result"] == "O gato dorme."
    lines = (await real.get(f"/api/v4/translator/stream?{query}")).text.split("\n")
    assert "".join(line.replace("data:", "").strip() for line in lines) == "O gato dorme."


async def test_lingarr_which_serves_bazarr(real: httpx.AsyncClient) -> None:
    assert [(one["code"], one["name"]) for one in (await real.get("/languages")).json()] == [
        ("en", "English"),
        ("pt", "Portuguese"),
    ]
    body = {"q": "The cat sleeps.", "source": "en", "target": "pt", "format": "text", "api_key": None}
    assert (await real.post("/translate", json=body)).json()["translatedText"] == "O gato dorme."


async def test_calibres_ebook_translator(real: httpx.AsyncClient) -> None:
    """By the engine of `docs/recipes.md`; it escapes quotation marks alone, and marks pictures by braces."""
    page = (Path(__file__).parents[4] / "docs" / "recipes.md").read_text(encoding="utf-8")
    engine = json.loads(page.split("## calibre")[1].split("```jsonc")[1].split("```")[0])
    request, languages = engine["request"], engine["languages"]

    async def translate(text: str, source: str) -> object:
        data = json.dumps(request["data"]).replace("<source>", source)
        data = data.replace("<target>", languages["target"]["Portuguese"])
        content = data.replace("<text>", text.replace('"', '\\"')).encode()
        path = httpx.URL(request["url"]).path
        answer = await real.request(request["method"], path, content=content, headers=request["headers"])
        return eval(engine["response"], {"response": answer.json()})

    assert await translate('The "black" cat sleeps.\n\nYes', "en") == 'O gato "preto" dorme.\n\nSim'
    assert await translate("The cat sleeps. {{id_00001}}", "auto") == "O gato dorme. {{id_00001}}"


async def test_kiss_translator_and_pot(real: httpx.AsyncClient) -> None:
    body = {"text": "The cat sleeps. Yes.", "target_lang": "PT", "source_lang": ""}
    answer = await real.post("/translate", json=body, headers={"Authorization": "Bearer k"})
    assert (answer.json()["data"], answer.json()["source_lang"]) == ("O gato dorme. Sim.", "EN")
    body = {"source_lang": "auto", "target_lang": "PT-BR", "text": "The cat sleeps."}
    assert (await real.post("/translate", json=body)).json()["data"] == "O gato dorme."


async def test_deep_translator(real: httpx.AsyncClient) -> None:
    """It posts nothing: all its fields stand in the query, of its class for DeepL even that of a GET."""
    fields = {"q": "The cat sleeps.", "source": "en", "target": "pt", "format": "text", "api_key": "k"}
    assert (await real.post("/translate", params=fields)).json() == {"translatedText": "O gato dorme."}
    deepl = {"auth_key": "k", "source_lang": "en", "target_lang": "pt", "text": "The cat sleeps."}
    for ask in (real.get, real.post):
        answer = await ask("/v2/translate", params=deepl)
        assert answer.json()["translations"][0]["text"] == "O gato dorme."


async def test_wagtail_localize_by_deepl(real: httpx.AsyncClient) -> None:
    """It sends fragments of HTML as XML, all of a page in one form."""
    texts = ["Yes<br/>No", 'The <b>black</b> cat &amp; the <a id="a1">dog</a>', "The cat sleeps<br/>today."]
    form = {"text": texts, "tag_handling": "xml", "source_lang": "EN", "target_lang": "PT-BR"}
    answer = (await real.post("/v2/translate", data=form)).json()
    assert [one["text"] for one in answer["translations"]] == [
        "Sim<br/>Não",
        'O gato <b>preto</b> e o <a id="a1">cão</a>',
        "O gato dorme<br/>hoje.",
    ]


async def test_the_mcp_server_of_libretranslate(real: httpx.AsyncClient) -> None:
    """By forms, with up to three alternatives always; of a failure it shows `error`."""
    fields = {"q": "The cat sleeps.", "source": "auto", "target": "pt", "alternatives": "3"}
    answer = (await real.post("/translate", data=fields)).json()
    assert answer["translatedText"] == "O gato dorme."
    assert len(answer["alternatives"]) == 2  # the third is `dorme .`, which reads alike
    assert answer["translatedText"] not in answer["alternatives"]
    assert (await real.post("/detect", data={"q": "O gato dorme."})).json()[0]["language"] == "pt"
    refused = await real.post("/translate", data={**fields, "target": "de"})
    assert (refused.status_code, "en to pt" in refused.json()["error"]) == (400, True)


async def test_a_page_may_ask_where_the_settings_allow_it() -> None:
    settings = Settings(cors=CorsSettings(allow_origins=("https://phanpy.example",)))
    service = create_service(settings, dialects=DIALECTS)
    transport = httpx.ASGITransport(app=service.app)
    origin = {"Origin": "https://phanpy.example"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        preflight = await client.options("/translate", headers={**origin, **asked})
        answer = await client.post(
            "/translate", json={"q": "a", "source": "en", "target": "pt"}, headers=origin
        )
    assert (preflight.status_code, answer.json()) == (200, {"translatedText": "A"})
    assert answer.headers["access-control-allow-origin"] == origin["Origin"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/translate", b'{"q": "\\ud83d", "source": "en", "target": "pt"}'),
        ("/translate", b'{"q": "a", "source": "auto", "target": "\\ud83d"}'),
        ("/translate", b'{"text": "\\ud83d", "target_lang": "pt"}'),
        ("/translate", b'{"source": ["a", "\\ude00"], "tgt_lang": "pt"}'),
        ("/translator", b'{"text": "\\ud83d", "target": "pt"}'),
        ("/detect", b'{"q": "\\ud83d"}'),
        ("/hf/starter/en-pt", b'{"inputs": "\\ud83d"}'),
        ("/hf/starter/summarize-en", b'{"inputs": "\\ud83d"}'),
        ("/hf/%ed%a0%bd", b'{"inputs": "a"}'),
    ],
)
async def test_half_a_character_is_no_defect(real: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await real.post(path, content=body, headers=JSON)
    assert 400 <= answer.status_code < 500
