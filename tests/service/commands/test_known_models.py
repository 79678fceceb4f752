"""The catalogue is well formed, and the commands choose from it and say what it takes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from crosslate.models.checkpoints.catalogue import CatalogueEntry, catalogue
from crosslate.models.checkpoints.hub import HUB_ID
from crosslate.models.checkpoints.model_files import starter_names
from crosslate.service.commands.cli import app
from crosslate.service.commands.known_models import (
    Pair,
    check_reach,
    choose,
    models_for,
    read_pairs,
    settings_of,
)
from crosslate.service.commands.pair_options import models_of_pairs
from crosslate.service.pipeline.language.languages import standard_tag
from crosslate.service.settings.config import ModelSettings
from crosslate.service.terminal.console import CommandError, UsageError
from tests.service.http.running import free_port
from tests.service.write_catalogue import PAGE, page

ENTRIES = catalogue()
NLLB = "facebook/nllb-200-distilled-600M"


def codes_of(entry: CatalogueEntry) -> Iterator[str]:
    yield from entry.languages
    for source, targets in (entry.targets or {}).items():
        yield from (source, *targets)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_entries_are_well_formed(entry: CatalogueEntry) -> None:
    codes = list(codes_of(entry))
    assert codes
    assert [code for code in codes if standard_tag(code) is None] == []
    assert ModelSettings.model_validate({"id": entry.id, **entry.settings})
    assert entry.is_non_commercial == ("NC" in (entry.license or ""))
    assert entry.loaded_here is not entry.needs_download  # nothing is downloaded in the tests
    source, target = codes[0], codes[-1]
    model_id = entry.model_id(source, target)
    if entry.needs_download:
        assert entry.fetch_from or HUB_ID.fullmatch(model_id)
    for source, targets in (entry.targets or {}).items():
        assert source not in targets
        assert len(set(targets)) == len(targets)
    if entry.quality is not None and entry.task == "translation":
        for pair in entry.quality.scores:
            source, target = pair.split("-")
            assert target in (entry.targets or {})[source]


def test_the_starters_are_in_it() -> None:
    named = {
        entry.model_id(source, target)
        for entry in ENTRIES
        for source, targets in (entry.targets or {"": ("",)}).items()
        for target in targets
    }
    assert set(starter_names()) <= named
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)


def test_the_page_is_written_from_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.service.write_catalogue"


@pytest.mark.parametrize(
    ("pair", "first"),
    [
        ("en-pt", "starter/en-pt"),
        ("pt-BR>en", "starter/pt-en"),
        ("de-en", "Helsinki-NLP/opus-mt-de-en"),
        ("ro-en", "Helsinki-NLP/opus-mt-ROMANCE-en"),
        ("en-pl", "facebook/m2m100_418M"),  # Firefox's is not on the Hub
        ("ace-de", NLLB),
    ],
)
def test_the_first_that_can_be_had_is_chosen(pair: str, first: str) -> None:
    (chosen,) = choose(read_pairs(pair))
    assert chosen.id == first


def test_one_model_may_serve_several_pairs_and_offers_no_more() -> None:
    chosen = choose(read_pairs("de-xh, xh-de,de-en"))
    assert settings_of(chosen) == [
        {"id": "facebook/m2m100_418M", "license": "MIT", "pairs": [["de", "xh"], ["xh", "de"]]},
        {"id": "Helsinki-NLP/opus-mt-de-en", "license": "CC-BY-4.0"},
    ]
    assert [ModelSettings.model_validate(one) for one in settings_of(chosen)]


@pytest.mark.parametrize("text", ["", "de", "de_en", "deutsch-english", "de-en-fr", "12-de", ","])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="pair"):
        read_pairs(text)


@pytest.mark.parametrize("pair", [Pair("en", "tlh"), Pair("tlh", "en"), Pair("en", "en")])
def test_a_pair_that_nobody_has(pair: Pair) -> None:
    assert models_for(pair) == []
    with pytest.raises(CommandError, match=str(pair)):
        choose([pair])


class _Hub(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = {
            "Helsinki-NLP/opus-mt-de-en": 200,
            "Helsinki-NLP/opus-mt-tc-big-en-ko": 200,
            "facebook/m2m100_418M": 503,
        }
        self.send_response(found.get(self.path.removeprefix("/api/models/"), 401))
        self.end_headers()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), _Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        yield
        server.shutdown()


@pytest.mark.usefixtures("hub")
def test_the_hub_is_asked_before_anything_starts() -> None:
    told: list[str] = []
    settings = models_of_pairs("de-en", ["starter/en-pt"], told.append, offline=False)
    assert [one["id"] for one in settings] == ["Helsinki-NLP/opus-mt-de-en", "starter/en-pt"]
    assert told[0].startswith("Helsinki-NLP/opus-mt-de-en for de-en: 300 MB, CC-BY-4.0")
    assert "To be downloaded first: Helsinki-NLP/opus-mt-de-en, about 300 MB." in told
    for pair, reason in (("en-de", "no public model"), ("de-xh", r"cannot be reached \(status 503\)")):
        with pytest.raises(CommandError, match=reason):
            check_reach(choose(read_pairs(pair)), offline=False)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("pairs", "amount"),
    [("en-ko", " (how large is not known)."), ("en-ko,de-en", "-de-en, more than 300 MB.")],
)
def test_a_size_that_nobody_knows_is_not_made_up(pairs: str, amount: str) -> None:
    told: list[str] = []
    models_of_pairs(pairs, [], told.append, offline=False)
    assert told[0].startswith("Helsinki-NLP/opus-mt-tc-big-en-ko for en-ko: CC-BY-4.0")
    assert told[-1].endswith(amount)
    table = CliRunner().invoke(app, ["models", "--for", "en-ko"]).output.splitlines()
    (row,) = (line.split() for line in table if "tc-big" in line)
    assert row[1:4] == ["en-ko", "-", "CC-BY-4.0"]


def test_without_a_network_it_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(CommandError, match=r"cannot be reached \(ConnectError\)"):
        check_reach(choose(read_pairs("de-en")), offline=False)
    assert check_reach(choose(read_pairs("en-pt,pt-en")), offline=True) == []
    monkeypatch.setattr(os, "environ", dict(os.environ))  # the command leaves a variable
    shown = CliRunner().invoke(app, ["serve", "--pairs", "de-en", "--offline"])
    assert shown.exit_code == 1
    assert "--offline forbids to download it" in shown.output


def test_a_licence_that_forbids_commercial_use_is_a_warning() -> None:
    told: list[str] = []
    with pytest.raises(CommandError):
        models_of_pairs("ace-de", [], told.append, offline=True)
    assert f"Warning: CC-BY-NC-4.0 forbids commercial use of {NLLB}." in told


def test_models_for_a_pair_are_listed() -> None:
    table = CliRunner().invoke(app, ["models", "--for", "en-pt"]).output.splitlines()
    assert table[0].split() == ["MODEL", "PAIR", "SIZE", "LICENCE", "PUBLISHED", "QUALITY", "NOTE"]
    assert table[1].startswith("starter/en-pt")
    assert "never loaded here" not in table[1]
    assert "never loaded here" in next(line for line in table if line.startswith(NLLB))
    assert table[-1] == "Serve one with: crosslate serve MODEL"
    rows = json.loads(CliRunner().invoke(app, ["models", "--for", "en-pt", "--json"]).output)
    assert (rows[0]["id"], rows[0]["pair"], rows[0]["size_bytes"]) == (
        "starter/en-pt",
        ["en", "pt"],
        25_000_000,
    )
    assert (rows[0]["quality"], rows[0]["loaded_here"]) == ("BLEU 46.7 (FLORES-101 dev)", True)
    assert next(row["id"] for row in rows if row["non_commercial"]) == NLLB
    refused = CliRunner().invoke(app, ["models", "--for", "en-tlh"])
    assert (refused.exit_code, "no model of the catalogue translates en-tlh" in refused.output) == (1, True)
