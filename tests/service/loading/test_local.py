from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.service.errors import ServiceError
from crosslate.service.loading import local
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import TranslationRequest
from tests.models.conftest import SENTENCES
from tests.models.families.bart_cases import BART_LIKE
from tests.models.families.parity import build_checkpoint
from tests.models.families.test_fsmt import build as build_fsmt


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings with the starter translators, which must not be loaded, before a tiny summarizer."""
    folder = tmp_path_factory.mktemp("local")
    build_checkpoint(BART_LIKE[0], folder / "bart")
    models = [{"id": "starter/en-pt"}, {"id": "bart", "path": str(folder / "bart")}]
    file = folder / "crosslate.yaml"
    file.write_text(json.dumps({"models": models}))
    return file


def test_progress_is_told_part_by_part(config: Path) -> None:
    messages: list[str] = []
    text = "\n\n".join(SENTENCES)
    result = local.summarize(SummaryRequest(text=text), config, messages.append)
    assert result.model == "bart"
    assert [message for message in messages if "Loading" in message] == ["Loading bart"]
    num_parts = sum(chunk.level == 0 for chunk in result.chunks)
    told = [message for message in messages if "pass" not in message and "parts" in message]
    assert told == [f"Summarizing: {n} of {num_parts} parts" for n in range(1, num_parts + 1)]


def test_a_list_of_models_reads_no_weights(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for them")

    monkeypatch.setattr(StoredNetwork, "fill", fill)
    listed = local.summarize_models(local.settings_for(config, None), lambda _: None)
    by_id = {summary.id: summary for summary in listed}
    assert {summary.problem for summary in by_id.values()} == {None}
    assert (by_id["bart"].family, by_id["bart"].task) == ("bart", "summarization")
    assert by_id["starter/pt-en"].pairs == (("pt", "en"),)


def test_a_translator_that_is_named_says_what_it_is(config: Path) -> None:
    request = SummaryRequest(text="Good morning.", model="starter/en-pt")
    with pytest.raises(ServiceError, match="not one for summarization"):
        local.summarize(request, config, lambda _: None)


def test_languages_that_nobody_knows_are_refused_before_torch_is_imported() -> None:
    script = """
import sys
from crosslate.service.errors import ServiceError
from crosslate.service.loading.local import settings_for
from crosslate.service.loading.model_choice import check_languages
from crosslate.service.pipeline.types import TranslationRequest

def refused(source, target, model):
    request = TranslationRequest(text="x", target_lang=target, source_lang=source, model=model)
    try:
        check_languages(request, settings_for(None, model))
    except ServiceError as error:
        return error.detail

print(refused(None, "xx", None), refused("en", "xx", "starter/en-pt"), refused("en", "pt", None), sep="\\n")
print(refused("en", "pt-BR", None), refused(None, "xx", "somebody/elses"), "torch" in sys.modules, sep="\\n")
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == [
        "No model translates into xx. Nearest pairs served: en to pt, pt to en.",
        "starter/en-pt does not translate from en to xx. Nearest pairs served: en to pt.",
        "None",
        "None",
        "None",
        "False",
    ]


def test_a_folder_of_fsmt_translates_and_links(tmp_path: Path) -> None:
    """The languages are the folder's; spans are those of the text as it was sent."""
    build_fsmt(tmp_path)
    text = "The well-known cats\u2019 dogs\u2026 ran."
    request = TranslationRequest(text=text, target_lang="de", model=str(tmp_path), alignment="matrix")
    result = local.translate(request, None, lambda _: None)
    assert (result.source_lang, result.target_lang) == ("en", "de")
    assert result.text
    assert result.alignment is not None
    words = [text[start:end] for start, end in result.alignment.source_words]
    assert words == ["The", "well-known", "cats", "\u2019", "dogs", "\u2026", "ran", "."]
