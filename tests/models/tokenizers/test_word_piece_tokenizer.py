"""Texts of BERT's pieces, whole and bit by bit, against `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer, Tokenizer
from crosslate.models.tokenizers.word_piece_tokenizer import WordPieceTokenizer

PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    *("'", "n", "t", "##t", "##n", "m", "##m", "s", "##s", "ve", "re", "##'", "do", "not", "the", "##é"),
    *(".", "?", "!", ",", "-", "(", ")", "日"),
]
"""Those about which a blank depends on others, and some more."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "vocab.txt").write_text("\n".join(PIECES))
    transformers.BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def reference(folder: Path) -> Any:
    return transformers.BertTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return load_tokenizer(folder)


ids = st.lists(st.integers(0, len(PIECES) - 1), max_size=24)


@given(ids)
@settings(max_examples=300)
def test_blanks_are_where_transformers_puts_them(
    reference: Any, tokenizer: Tokenizer, token_ids: list[int]
) -> None:
    expected = reference.decode(token_ids, skip_special_tokens=True, clean_up_tokenization_spaces=True)
    assert tokenizer.decode(token_ids) == expected.strip()
    written = tokenizer.detokenize(token_ids)
    assert written.text == expected.strip()
    for piece, span in zip(written.pieces, written.spans, strict=True):
        assert (span is None) == piece.startswith("[")
        assert span is None or written.text[slice(*span)] == piece.removeprefix("##") or "##" in piece


@given(ids)
@settings(max_examples=300)
def test_parts_of_a_text_are_the_whole(tokenizer: Tokenizer, token_ids: list[int]) -> None:
    begun = IncrementalDetokenizer(tokenizer)
    parts = [*(begun.feed([token_id]) for token_id in token_ids), begun.finish()]
    assert "".join(parts) == tokenizer.decode(token_ids)


def test_blanks_stay_where_the_folder_says_so(folder: Path, tmp_path: Path) -> None:
    transformers.BertTokenizer.from_pretrained(folder, clean_up_tokenization_spaces=False).save_pretrained(
        tmp_path
    )
    tokenizer = load_tokenizer(tmp_path)
    assert isinstance(tokenizer, WordPieceTokenizer)
    token_ids = [PIECES.index(piece) for piece in ("do", "n", "'", "t")]
    assert tokenizer.decode(token_ids) == "do n ' t"
    assert tokenizer.num_settled(token_ids[:3]) == 3
    assert load_tokenizer(folder).decode(token_ids) == "don't"
