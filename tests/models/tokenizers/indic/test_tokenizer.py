"""IndicTrans2's tokenizer against SentencePiece and the folder's own numbers, in each direction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.configs.task_settings import PrefixedTokenizer
from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.language.language_codes import bcp47
from crosslate.models.tokenizers.indic.texts import as_read, as_written, script_of
from crosslate.models.tokenizers.indic.tokenizer import IndicTransTokenizer
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer
from crosslate.models.tokenizers.tracked_text import TrackedText
from tests.models.indic_files import ENGLISH, TEXTS, save_indictrans_tokenizer
from tests.models.tokenizers.test_tokenizer import check_spans

LANGUAGES = {"eng_Latn": ENGLISH[1], **TEXTS}
Folders = dict[tuple[str, str], Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    root = tmp_path_factory.mktemp("indictrans")
    made = {}
    for pair in (("en", "indic"), ("indic", "en"), ("indic", "indic")):
        made[pair] = root / "-".join(pair)
        save_indictrans_tokenizer(made[pair], *pair)
    return made


def loaded(folder: Path) -> IndicTransTokenizer:
    tokenizer = load_tokenizer(folder)
    assert isinstance(tokenizer, IndicTransTokenizer)
    return tokenizer


def ids_of(folder: Path, side: str, pieces: list[str]) -> list[int]:
    ids: dict[str, int] = json.loads((folder / f"dict.{side}.json").read_text())
    return [ids.get(piece, ids["<unk>"]) for piece in pieces]


def pieces_of(folder: Path, side: str, text: str) -> list[str]:
    model: Any = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"model.{side}"))
    pieces: list[str] = model.encode(text, out_type=str)
    return pieces


@pytest.mark.parametrize("language", TEXTS)
def test_sources_begin_with_both_languages(folders: Folders, language: str) -> None:
    text = f"  {TEXTS[language]} "
    for (source, target), folder in folders.items():
        sides = {"en": "eng_Latn", "indic": language}
        other = "hin_Deva" if language != "hin_Deva" else "tam_Taml"
        codes = [sides[source], other if source == target else sides[target]]
        given_text = ENGLISH[1] if source == "en" else text
        tokens = loaded(folder).tokenize_source(given_text, *map(bcp47, codes))
        expected = [*codes, *pieces_of(folder, "SRC", as_read(given_text, codes[0]).text), "</s>"]
        assert tokens.pieces == expected
        assert tokens.ids == ids_of(folder, "SRC", expected)
        assert 3 not in tokens.ids
        assert tokens.spans[:2] == [None, None]
        check_spans(tokens, given_text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_targets_are_written_in_their_own_script(folders: Folders, language: str) -> None:
    folder = folders["indic", "en"] if language == "eng_Latn" else folders["en", "indic"]
    tokenizer, text = loaded(folder).writing(bcp47(language)), LANGUAGES[language]
    tokens = tokenizer.tokenize_target(text, bcp47(language))
    read = as_read(text, language).text
    assert tokens.ids == ids_of(folder, "TGT", [*pieces_of(folder, "TGT", read), "</s>"])
    check_spans(tokens, text)
    model: Any = sentencepiece.SentencePieceProcessor(model_file=str(folder / "model.TGT"))
    written = tokenizer.detokenize([2, *tokens.ids])
    assert written.text == as_written(TrackedText.of(model.decode(tokens.pieces[:-1])), language).text
    assert tokenizer.decode(tokens.ids) == written.text
    check_spans(written, written.text)
    covered = {i for span in written.spans if span is not None for i in range(*span)}
    assert [c for i, c in enumerate(written.text) if i not in covered and not c.isspace()] == []


def test_a_token_has_the_letters_that_it_wrote(folders: Folders) -> None:
    tokenizer = loaded(folders["en", "indic"]).writing("bn")
    ids = tokenizer.tokenize_target("আজ রাতে বৃষ্টি হবে, বড়।", "bn").ids
    written = tokenizer.detokenize(ids)
    words: dict[int, str] = {}
    for piece, span in zip(written.pieces, written.spans, strict=True):
        if span is not None and piece.startswith("▁"):
            words[span[0]] = written.text[slice(*span)]
    assert list(words) == sorted(words)
    assert "".join(written.text.split()).startswith("আজরাতে")
    assert any("া" in shown for shown in words.values())


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_stream_is_the_whole(folders: Folders, language: str, data: st.DataObject) -> None:
    folder = folders["indic", "en"] if language == "eng_Latn" else folders["en", "indic"]
    tokenizer = loaded(folder).writing(bcp47(language))
    own = tokenizer.tokenize_target(LANGUAGES[language], bcp47(language)).ids
    signs = tokenizer.tokenize_target("\" ' ( ) - / , . : 10 : 30 %", bcp47(language)).ids
    ids = data.draw(st.lists(st.sampled_from([*own, *signs]), max_size=30))
    incremental = IncrementalDetokenizer(tokenizer)
    told = [incremental.feed([one]) for one in ids]
    assert "".join([*told, incremental.finish()]) == tokenizer.decode(ids)


def test_pairs(folders: Folders) -> None:
    tags = {bcp47(language) for language in TEXTS}
    assert len(tags) == len(TEXTS)
    assert {"ks-Arab", "ks-Deva", "mni-Beng", "mni-Mtei", "sd-Deva", "sat-Olck", "bn"} <= tags
    assert set(loaded(folders["en", "indic"]).pairs) == {("en", tag) for tag in tags}
    assert set(loaded(folders["indic", "en"]).pairs) == {(tag, "en") for tag in tags}
    assert set(loaded(folders["indic", "indic"]).pairs) == {(a, b) for a in tags for b in tags if a != b}


def test_languages_that_a_side_has_not(folders: Folders) -> None:
    tokenizer = loaded(folders["en", "indic"])
    with pytest.raises(InvalidParamsError, match="does not write 'en'"):
        tokenizer.encode_source("the river", "en", "en")
    with pytest.raises(InvalidParamsError, match="does not read 'hi'"):
        tokenizer.encode_source("ठीक", "hi", "bn")
    with pytest.raises(InvalidParamsError, match="no token for the language 'de'"):
        tokenizer.writing("de")
    assert tokenizer.encode_source("the river") == tokenizer.encode_source("the river", "en", "hi")
    assert tokenizer.encode_source("the river", "en-GB", "hi-IN") == tokenizer.encode_source("the river")
    for short, whole in (("sat", "sat-Olck"), ("brx", "brx-Deva"), ("gom", "kok"), ("mni", "mni-Beng")):
        assert tokenizer.encode_source("a", "en", short) == tokenizer.encode_source("a", "en", whole)
    assert tokenizer.encode_source("a", "en", "sd") == tokenizer.encode_source("a", "en", "sd-Arab")
    assert tokenizer.encode_source("a", "en", "ks") == tokenizer.encode_source("a", "en", "ks-Arab")


def test_what_can_be_read(folders: Folders) -> None:
    tokenizer = loaded(folders["indic", "en"])
    assert all(tokenizer.reads(text) for text in ("", "ठ", "ৰ", "ழ", "۔", "ᱟ", "ꯑ", "“", "…", "–", "%"))
    assert not any(map(tokenizer.reads, ("ж", "漢", "\U0001f600")))


def test_prefixes_keep_the_language(folders: Folders) -> None:
    tokenizer = loaded(folders["en", "indic"])
    prefixed = PrefixedTokenizer(tokenizer, {}, "the ").writing("ta")
    ids = tokenizer.tokenize_target("மழை", "ta").ids
    assert prefixed.decode(ids) == "மழை"
    assert tokenizer.decode(ids) == "मऴै"
    assert prefixed.encode_source("river", "en", "ta") == tokenizer.encode_source("the river", "en", "ta")


def test_damaged_files(folders: Folders, tmp_path: Path) -> None:
    for name in ("dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folders["en", "indic"] / name).read_bytes())
    kept = (tmp_path / "dict.SRC.json").read_text()
    for content, said in (
        ('{"</s>": 2}', "dict.SRC.json has no <unk>"),
        ('{"</s>": 2, "<unk>": "x"}', "an id is no number"),
        ('{"</s>": 2, "<unk>": 3, "▁a": 4}', "no languages such as hin_Deva"),
    ):
        (tmp_path / "dict.SRC.json").write_text(content)
        with pytest.raises(CheckpointError, match=said):
            load_tokenizer(tmp_path)
    (tmp_path / "dict.SRC.json").write_text(kept)
    (tmp_path / "model.TGT").unlink()
    with pytest.raises(CheckpointError, match=r"model\.TGT: no such SentencePiece model"):
        load_tokenizer(tmp_path)


def test_scripts_are_those_of_the_codes() -> None:
    assert {script_of(language) for language in TEXTS} >= {"Arab", "Olck", "Mtei", "Deva", "Beng"}
