from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosslate.service import local
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.summarization.types import SummaryRequest
from tests.models.conftest import SENTENCES
from tests.models.families.cases import BART_LIKE
from tests.models.families.parity import build_checkpoint


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


def test_a_translator_that_is_named_says_what_it_is(config: Path) -> None:
    request = SummaryRequest(text="Good morning.", model="starter/en-pt")
    with pytest.raises(ServiceError, match="not one for summarization"):
        local.summarize(request, config, lambda _: None)
