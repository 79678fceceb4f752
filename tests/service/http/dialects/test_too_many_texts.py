"""Too many texts are counted before a request is made of each, which would hold up all others for seconds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.settings.config import LimitSettings
from tests.service.http.fakes import MODEL_ID

TEXTS = ["a"] * (LimitSettings().max_texts + 1)
HALVES = [{"text": "a", "targets": [{"language": "pt"}, {"language": "pt"}]}] * (len(TEXTS) // 2 + 1)
BODIES: dict[str, Any] = {
    "/v1/translate": {"text": TEXTS, "target_lang": "pt"},
    "/v1/summarize": {"text": TEXTS},
    "/translate": {"q": TEXTS, "source": "en", "target": "pt"},
    "/translate#deeplx": {"text_list": TEXTS, "target_lang": "pt"},
    "/translate#nllb": {"source": TEXTS, "tgt_lang": "pt"},
    "/v2/translate": {"text": TEXTS, "target_lang": "PT"},
    f"/hf/{MODEL_ID}": {"inputs": TEXTS},
    "/translate?api-version=3.0&to=pt&to=pt": [{"text": "a"}] * (len(TEXTS) // 2 + 1),
    "/translate?api-version=2026-06-06": {"inputs": HALVES},
    "/language/translate/v2": {"q": TEXTS, "target": "pt"},
    "/v3/projects/p/locations/l:translateText": {"contents": TEXTS, "targetLanguageCode": "pt"},
}
"""By path; what stands behind `#` tells of several that share one."""


@pytest.mark.parametrize("path", BODIES)
async def test_they_are_counted_first(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(self: object, **fields: object) -> None:
        raise AssertionError("a request was made of a text")

    for kind in (TranslationRequest, SummaryRequest):
        monkeypatch.setattr(kind, "__init__", fail)
    answer = await client.post(path.partition("#")[0], json=BODIES[path])
    assert answer.status_code in {400, 413}
    assert "limits.max_texts" in answer.text
