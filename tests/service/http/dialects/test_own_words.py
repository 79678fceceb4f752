"""A refusal names what its API has: paths of its own, and none of another's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.native import NATIVE
from crosslate.service.http.uploads import PATHS
from tests.service.http.fakes import MODEL_ID

LONG = "a" * 140_000
ASKED: dict[str, tuple[str, Any, str | None]] = {
    "native": ("/v1/translate", {"text": LONG, "target_lang": "pt"}, "/v1/documents"),
    "azure": ("/translate?api-version=3.0&to=pt", [{"Text": LONG}], None),
    "deepl": ("/v2/translate", {"text": [LONG], "target_lang": "PT"}, "/v2/document"),
    "deeplx": ("/translate", {"text": LONG, "target_lang": "PT"}, None),
    "hugging-face": (f"/hf/{MODEL_ID}", {"inputs": LONG}, None),
    "libretranslate": ("/translate", {"q": LONG, "source": "en", "target": "pt"}, "/translate_file"),
    "nllb-api": ("/translator", {"text": LONG, "target": "pt"}, None),
    "nllb-serve": ("/translate", {"source": LONG, "tgt_lang": "pt"}, None),
}


@pytest.mark.parametrize("dialect", [NATIVE, *DIALECTS], ids=lambda dialect: dialect.name)
async def test_too_much_text_is_led_to_where_the_api_takes_files(
    client: httpx.AsyncClient, dialect: Any
) -> None:
    path, body, files = ASKED[dialect.name]
    answer = await client.post(path, json=body)
    assert answer.status_code in (400, 413)
    assert "(limits.max_text_bytes): send several requests." in answer.text
    assert {place for place in PATHS if f" {place}." in answer.text} == ({files} if files else set())
    assert dialect.file_path == files
