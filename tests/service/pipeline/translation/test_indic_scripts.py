"""Translations by a model that writes one script for many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosslate.service.loading import local
from crosslate.service.pipeline.types import TranslationRequest
from tests.models.families.test_indictrans import build


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_text_is_translated_into_each_script_with_links(tmp_path: Path, dtype: str) -> None:
    build(tmp_path / "model")
    model = {"id": "indic", "path": str(tmp_path / "model"), "dtype": dtype}
    file = tmp_path / "crosslate.yaml"
    file.write_text(json.dumps({"models": [model]}))
    letters = {"bn": range(0x980, 0xA00), "te": range(0xC00, 0xC80), "hi": range(0x900, 0x980)}
    for language, block in letters.items():
        request = TranslationRequest(
            text="The river isn't deep. Rain is coming tonight.",
            source_lang="en",
            target_lang=language,
            alignment="links",
        )
        result = local.translate(request, file, lambda _: None)
        written = [c for c in result.text if c.isalpha() and 0x900 <= ord(c) < 0xD80]
        assert written
        # A network of random weights writes letters that Bengali and Telugu have no like of.
        assert sum(ord(c) in block for c in written) > 0.7 * len(written)
        assert result.alignment is not None
        for link in result.alignment.links:
            assert result.text[slice(*link.target)].strip()
