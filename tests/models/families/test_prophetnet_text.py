"""ProphetNet's texts against `ProphetNetTokenizer`, from the folders that it saves."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import ProphetNetTokenizer

from crosslate.models.errors import CheckpointError
from crosslate.models.families.prophetnet_text import VOCABULARY
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer, Tokenizer
from tests.models.families.test_variants import rewrite_json

SPECIAL = ("[PAD]", "[X_SEP]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = "abcdeghinorstuxyABCDENOSTX_[].,'!?-01éçßıœωσςабв日本"
WORDS = ("the", "cat", "sat", "un", "don", "##aff", "##able", "##s", "...", "##12", "über", "uber")
PIECES = tuple(dict.fromkeys((*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *WORDS)))
TEXTS = (
    "The cats sat; unaffable, DON'T they?",
    "Bill [SEP] the cat was founded by Bill.\nNo",
    "One. [X_SEP] Two.[X_SEP]",
    "Éçé ßß Œ İstanbul ΟΔΟΣ ΣΟΣ'ς Ǆ",
    "日本 no 本日\u3000x\u200by\u00adz\x00\ufffd\u2028!",
    "[sep] [MASK",
    "x" * 101 + " " + "x" * 100,
    "",
)
SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"do_lower_case": False},
    {"strip_accents": False},
    {"do_lower_case": False, "strip_accents": True},
    {"tokenize_chinese_chars": False},
    {"clean_up_tokenization_spaces": False},
    {"sep_token": "[CLS]"},
)


def save(folder: Path, **settings: Any) -> ProphetNetTokenizer:
    (folder / "vocabulary.txt").write_text("".join(f"{piece}\n" for piece in PIECES), encoding="utf-8")
    tokenizer = ProphetNetTokenizer(str(folder / "vocabulary.txt"), **settings)
    tokenizer.save_pretrained(folder)
    return tokenizer


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tokenizer, ProphetNetTokenizer]:
    folder = tmp_path_factory.mktemp("prophetnet")
    reference = save(folder)
    return load_tokenizer(folder), reference


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_texts(tmp_path: Path, settings: dict[str, Any]) -> None:
    reference, tokenizer = save(tmp_path, **settings), load_tokenizer(tmp_path)
    for text in TEXTS:
        source = tokenizer.tokenize_source(text)
        assert source.ids == reference(text).input_ids
        assert tokenizer.tokenize_target(text).ids == source.ids
        assert tokenizer.decode(source.ids) == written(reference, source.ids)


def written(reference: ProphetNetTokenizer, ids: list[int]) -> str:
    """As version 5 writes it, where it hides what ends a line."""
    sentences: list[list[int]] = [[]]
    for token_id in ids:
        if token_id == PIECES.index("[X_SEP]"):
            sentences.append([])
        sentences[-1].append(token_id)
    lines = (str(reference.decode(sentence, skip_special_tokens=True)).strip() for sentence in sentences)
    return "\n".join(lines).strip()


def is_settled(character: str) -> bool:
    """Whether it is since 2002 what it is now: what is newer is known to one library and not to another."""
    return unicodedata.ucd_3_2_0.category(character) == unicodedata.category(character) != "Cn"


@given(text=st.text(st.sampled_from(LETTERS + " \t\nΣЁİ\u0301\u0327－「")) | st.text(max_size=8))
def test_any_text(both: tuple[Tokenizer, ProphetNetTokenizer], text: str) -> None:
    tokenizer, reference = both
    source = tokenizer.tokenize_source(text)
    if all(map(is_settled, text)):
        assert source.ids == reference(text).input_ids
    spans = [span for span in source.spans if span is not None]
    assert spans == sorted(spans)
    begun = IncrementalDetokenizer(tokenizer)
    streamed = "".join([*(begun.feed([token_id]) for token_id in source.ids), begun.finish()])
    assert streamed == tokenizer.decode(source.ids) == tokenizer.detokenize(source.ids).text


def test_separators_have_their_places_in_a_text(both: tuple[Tokenizer, ProphetNetTokenizer]) -> None:
    source = both[0].tokenize_source("the cat [SEP] it sat")
    (span, *_) = [span for piece, span in zip(source.pieces, source.spans, strict=True) if piece == "[SEP]"]
    assert span is not None
    assert source.text[slice(*span)] == "[SEP]"
    assert source.spans[-1] is None


def test_other_special_tokens_in_a_text_are_text(both: tuple[Tokenizer, ProphetNetTokenizer]) -> None:
    assert not {"[PAD]", "[MASK]"} & set(both[0].tokenize_source("[PAD] a [MASK]").pieces)


def test_sentences_are_written_on_lines_of_their_own(both: tuple[Tokenizer, ProphetNetTokenizer]) -> None:
    tokenizer = both[0]
    ids = tokenizer.encode_source("the cat sat. [X_SEP] 'no', un-un [X_SEP]")
    shown = tokenizer.detokenize(ids)
    assert shown.text == tokenizer.decode(ids) == "the cat sat.\n' no ', un - un"
    shown_there = [shown.text[slice(*span)] for span in shown.spans if span is not None]
    assert "cat" in shown_there


@pytest.mark.parametrize("is_special", [False, True])
@pytest.mark.parametrize("is_old", [False, True])
def test_added_tokens(tmp_path: Path, *, is_old: bool, is_special: bool) -> None:
    reference = save(tmp_path)
    reference.add_tokens(["Zürich", "<x>"], special_tokens=is_special)
    reference.save_pretrained(tmp_path)
    if is_old:  # versions before 4.34 list tokens and ids alone
        ids = {token: reference.convert_tokens_to_ids(token) for token in ("<x>", "Zürich")}
        (tmp_path / "added_tokens.json").write_text(json.dumps(ids))
        rewrite_json(tmp_path / "tokenizer_config.json", added_tokens_decoder=None)
    tokenizer = load_tokenizer(tmp_path)
    found = tokenizer.encode_source("the cat Zürich sat<x>the")
    if not is_special or is_old:  # special ones are no text here
        assert found == reference("the cat Zürich sat<x>the").input_ids
    assert tokenizer.decode([*found, len(PIECES)]).startswith("the cat")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "prophetnet.tokenizer cannot be read"),
        (b"\x0e\n\x05<unk>\xff", "not a list of tokens in UTF-8"),
        (b"the\ncat\n[SEP]\n", r"has no '\[UNK\]': is it ProphetNet's"),
    ],
)
def test_a_damaged_vocabulary(tmp_path: Path, content: bytes | None, message: str) -> None:
    save(tmp_path)
    if content is None:
        (tmp_path / VOCABULARY).unlink()
    else:
        (tmp_path / VOCABULARY).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("settings", [{"do_basic_tokenize": False}, {"never_split": ["the"]}], ids=str)
def test_words_that_are_cut_in_another_way(tmp_path: Path, settings: dict[str, Any]) -> None:
    save(tmp_path)
    rewrite_json(tmp_path / "tokenizer_config.json", **settings)
    with pytest.raises(CheckpointError, match="words are cut as BERT's"):
        load_tokenizer(tmp_path)


def test_an_added_token_that_is_out_of_order(tmp_path: Path) -> None:
    save(tmp_path)
    added = {str(len(PIECES) + 2): {"content": "Zürich"}}
    rewrite_json(tmp_path / "tokenizer_config.json", added_tokens_decoder=added)
    with pytest.raises(CheckpointError, match=f"'Zürich' has the id {len(PIECES) + 2}, but the next"):
        load_tokenizer(tmp_path)


def test_folders_of_no_settings(tmp_path: Path) -> None:
    """As Microsoft's are."""
    reference = save(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "prophetnet"}))
    assert load_tokenizer(tmp_path).encode_source(TEXTS[0]) == reference(TEXTS[0]).input_ids
