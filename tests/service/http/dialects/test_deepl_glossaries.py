"""The life of glossaries with DeepL's own client, against a running service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service
from tests.service.http.node import require_package, run_node
from tests.service.http.running import running

pytest.importorskip("deepl", reason="uv sync --group clients")
import deepl
from deepl.api_data import MultilingualGlossaryDictionaryEntries as Entries

ADDED = {"source_lang": "en", "target_lang": "pt", "entries": "a\tb", "entries_format": "tsv"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    settings = Settings(
        state_dir=tmp_path_factory.mktemp("state"),
        glossaries=GlossarySettings(max_glossaries=4, max_entries=10),
    )
    return create_service(settings, dialects=DIALECTS)


@pytest.fixture(scope="module")
def url(service: Service) -> Iterator[str]:
    with running(service.app, service.close) as url:
        yield url


@pytest.fixture
def client(url: str, monkeypatch: pytest.MonkeyPatch) -> deepl.DeepLClient:
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    return deepl.DeepLClient("secret-key", server_url=url)


def test_the_life_of_a_glossary_of_one_pair(client: deepl.DeepLClient, service: Service) -> None:
    assert [(pair.source_lang, pair.target_lang) for pair in client.get_glossary_languages()] == [
        ("en", "pt")
    ]
    made = client.create_glossary("mine", "EN", "PT-PT", {"bridge": "viaduto", "river": "ribeira"})
    assert (made.name, made.ready, made.source_lang, made.target_lang) == ("mine", True, "EN", "PT")
    assert made.entry_count == 2
    assert made.creation_time.tzinfo is not None
    assert [one.glossary_id for one in client.list_glossaries()] == [made.glossary_id]
    assert client.get_glossary(made.glossary_id).name == "mine"
    assert client.get_glossary_entries(made) == {"bridge": "viaduto", "river": "ribeira"}
    result = client.translate_text("A bridge", source_lang="EN", target_lang="PT-BR", glossary=made)
    assert isinstance(result, deepl.TextResult)
    assert service.translator.requests[-1].glossary == (
        GlossaryEntry("bridge", "viaduto"),
        GlossaryEntry("river", "ribeira"),
    )
    client.delete_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException, match="no glossary with this id"):
        client.get_glossary(made.glossary_id)
    with pytest.raises(deepl.DeepLException, match="no glossary with this id"):
        client.translate_text("A bridge", source_lang="EN", target_lang="PT-BR", glossary=made)


def test_a_file_of_commas(client: deepl.DeepLClient) -> None:
    content = 'bridge,viaduto,en,pt\n"river, wide","rio, largo",en,pt\n'
    made = client.create_glossary_from_csv("from a file", "EN", "PT-BR", content)
    assert client.get_glossary_entries(made) == {"bridge": "viaduto", "river, wide": "rio, largo"}
    client.delete_glossary(made)


def test_the_life_of_a_glossary_of_several_pairs(client: deepl.DeepLClient, service: Service) -> None:
    made = client.create_multilingual_glossary(
        "both", [Entries("EN", "PT-PT", {"bridge": "viaduto"}), Entries("PT", "EN-GB", {"rio": "stream"})]
    )
    assert sorted((one.source_lang, one.target_lang, one.entry_count) for one in made.dictionaries) == [
        ("EN", "PT", 1),
        ("PT", "EN", 1),
    ]
    assert [one.glossary_id for one in client.list_multilingual_glossaries()] == [made.glossary_id]
    entries = client.get_multilingual_glossary_entries(made, "PT", "EN-US").dictionaries[0]
    assert (entries.source_lang, entries.target_lang, str(entries.entries)) == ("pt", "en", "rio\tstream")
    assert client.update_multilingual_glossary_name(made, "named anew").name == "named anew"
    changed = client.update_multilingual_glossary_dictionary(
        made, Entries("EN", "PT", {"bridge": "ponte", "river": "ribeira"})
    )
    assert [one.entry_count for one in changed.dictionaries] == [2, 1]
    there = client.get_multilingual_glossary_entries(made, "EN", "PT").dictionaries[0]
    assert str(there.entries) == "bridge\tponte\nriver\tribeira"
    replaced = client.replace_multilingual_glossary_dictionary(made, Entries("EN", "PT", {"road": "via"}))
    assert (replaced.source_lang, replaced.target_lang, replaced.entry_count) == ("EN", "PT", 1)
    client.translate_text("A road", source_lang="EN", target_lang="PT-PT", glossary=made)
    assert service.translator.requests[-1].glossary == (GlossaryEntry("road", "via"),)
    client.delete_multilingual_glossary_dictionary(made, None, "PT", "EN")
    assert len(client.get_multilingual_glossary(made.glossary_id).dictionaries) == 1
    client.delete_multilingual_glossary(made)
    with pytest.raises(deepl.GlossaryNotFoundException):
        client.get_multilingual_glossary(made.glossary_id)


def test_what_cannot_be_kept_or_used_is_said(client: deepl.DeepLClient, url: str) -> None:
    with pytest.raises(deepl.DeepLException, match="at most 10 are kept"):
        client.create_glossary("large", "EN", "PT-BR", {f"a{number}": "b" for number in range(11)})
    with pytest.raises(deepl.DeepLException, match="line 2"):
        client.create_glossary_from_csv("odd", "EN", "PT-BR", "bridge,ponte\nriver,!")
    with pytest.raises(deepl.DeepLException, match="language of the terms"):
        client.create_glossary("same", "EN", "EN-GB", {"a": "b"})
    made = [client.create_glossary(str(number), "PT", "EN-US", {"a": "b"}) for number in range(4)]
    with pytest.raises(deepl.DeepLException, match="At most 4 are kept"):
        client.create_glossary("one more", "EN", "PT-BR", {"a": "b"})
    with pytest.raises(deepl.DeepLException, match="no entries from en to pt"):
        client.translate_text("a", source_lang="EN", target_lang="PT-BR", glossary=made[0].glossary_id)
    for one in made:
        client.delete_glossary(one)


def test_where_none_are_kept_lists_are_empty_and_the_rest_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepl.http_client, "max_network_retries", 0)
    settings = Settings(state_dir=tmp_path, glossaries=GlossarySettings(enabled=False))
    with running(create_service(settings, dialects=DIALECTS).app) as url:
        client = deepl.DeepLClient("secret-key", server_url=url)
        assert client.get_glossary_languages() == []
        assert client.list_glossaries() == []
        assert client.list_multilingual_glossaries() == []
        with pytest.raises(deepl.DeepLException, match=r"glossaries\.enabled is false"):
            client.create_glossary("mine", "EN", "PT-PT", {"a": "b"})
    assert list(tmp_path.iterdir()) == []


NODE_SCRIPT = """
import * as deepl from "deepl-node";
const [serverUrl] = process.argv.slice(1);
const client = new deepl.DeepLClient("secret-key", { serverUrl, maxRetries: 0 });
const caught = async (work) => {
  try { await work(); } catch (error) { return [error.constructor.name, error.message]; }
};
const entries = (pairs) => new deepl.GlossaryEntries({ entries: pairs });
const one = await client.createGlossary("mine", "en", "pt", entries({ bridge: "viaduto" }));
const both = await client.createMultilingualGlossary("both", [
  { sourceLangCode: "en", targetLangCode: "pt", entries: entries({ road: "via" }) },
  { sourceLangCode: "pt", targetLangCode: "en", entries: entries({ rio: "stream" }) },
]);
const result = await client.translateText("A bridge", "en", "pt-PT", { glossary: one });
await client.updateMultilingualGlossaryDictionary(both, {
  sourceLangCode: "en", targetLangCode: "pt", entries: entries({ road: "estrada", river: "ribeira" }),
});
const changed = await client.getMultilingualGlossaryDictionaryEntries(both, "en", "pt");
const listed = [(await client.listGlossaries()).length, (await client.listMultilingualGlossaries()).length];
await client.deleteGlossary(one);
await client.deleteMultilingualGlossary(both);
console.log(JSON.stringify({
  text: result.text,
  made: [one.name, one.entryCount, one.ready],
  dictionaries: both.dictionaries.map((dictionary) => dictionary.entryCount),
  changed: changed.entries.entries(),
  listed,
  gone: (await caught(() => client.getGlossary(one.glossaryId)))[0],
}));
"""


async def test_node_keeps_glossaries_too(url: str, service: Service) -> None:
    require_package("deepl-node")
    assert await run_node(NODE_SCRIPT, url) == {
        "text": "A BRIDGE",
        "made": ["mine", 1, True],
        "dictionaries": [1, 1],
        "changed": {"road": "estrada", "river": "ribeira"},
        "listed": [2, 2],
        "gone": "GlossaryNotFoundError",
    }
    assert service.translator.requests[-1].glossary == (GlossaryEntry("bridge", "viaduto"),)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "new", "dictionaries": [{"source_lang": "en", "target_lang": "en", "entries": "a\tb"}]},
        {"name": "new", "dictionaries": [ADDED, {**ADDED, "source_lang": "pt"}]},
        {"name": " ", "dictionaries": [ADDED]},
        {"dictionaries": [ADDED, {**ADDED, "entries": "\n".join(f"a{i}\tb" for i in range(11))}]},
    ],
)
def test_a_change_that_is_refused_changes_nothing(
    client: deepl.DeepLClient, url: str, change: dict[str, Any]
) -> None:
    made = client.create_multilingual_glossary("old", [Entries("en", "pt", {"x": "y"})])
    place = f"{url}/v3/glossaries/{made.glossary_id}"
    headers = {"Authorization": "DeepL-Auth-Key secret-key"}
    try:
        before = httpx.get(place, headers=headers).json()
        refused = httpx.patch(place, headers=headers, json=change)
        assert 400 <= refused.status_code < 500
        assert httpx.get(place, headers=headers).json() == before
    finally:
        client.delete_multilingual_glossary(made.glossary_id)
