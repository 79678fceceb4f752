"""The tokenizers of Hugging Face folders against `transformers`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.families.tokenizers import load_tokenizer
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer, read_backend
from crosslate.models.tokenizers.multilingual_tokenizer import MultilingualTokenizer
from crosslate.models.tokenizers.tokenizer import Span
from tests.models.conftest import SENTENCES

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
NLLB_CODES = ["ace_Arab", "acm_Arab", "arb_Arab", "eng_Latn", "fra_Latn", "por_Latn", "yue_Hant", "zho_Hant"]
MBART_CODES = ["ar_AR", "en_XX", "fr_XX", "ro_RO"]
ODD_TEXTS = [
    "",
    "  two  blanks ",
    "naïve ½ cup",
    "the </s> moon",
    "日本語 the \U0001f469\u200d\U0001f469\u200d\U0001f467 cat",
    "ﬁne\nlines",
]
TEXTS = [*SENTENCES, *ODD_TEXTS]


def load_hub(folder: Path) -> HubTokenizer:
    """That of a folder with a `tokenizer.json`."""
    tokenizer = load_tokenizer(folder)
    assert isinstance(tokenizer, HubTokenizer)
    return tokenizer


def save(folder: Path, languages: list[str], *, is_unigram: bool = False, **settings: object) -> None:
    """A small `tokenizer.json` with language tokens, saved with truncation and padding on."""
    tokenizer = Tokenizer(models.Unigram() if is_unigram else models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = [*SPECIAL, *languages]
    trainer: trainers.Trainer = trainers.BpeTrainer(
        vocab_size=150, special_tokens=special, show_progress=False, initial_alphabet=["é"]
    )
    if is_unigram:
        trainer = trainers.UnigramTrainer(
            vocab_size=150, special_tokens=special, show_progress=False, unk_token="<unk>"
        )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5, pad_id=1, pad_token="<pad>")
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names | settings))


def byte_level(folder: Path) -> None:
    """A small byte-level `tokenizer.json`, as BART's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=350,
        special_tokens=SPECIAL,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "</s>", "bos_token": "<s>"}))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("tokenizers")
    save(root / "plain", [])
    save(root / "nllb", NLLB_CODES, tokenizer_class="NllbTokenizer", src_lang="eng_Latn")
    save(root / "nllb-legacy", NLLB_CODES, tokenizer_class="NllbTokenizerFast", legacy_behaviour=True)
    save(root / "mbart", MBART_CODES, is_unigram=True, tokenizer_class="MBartTokenizer")
    save(root / "mbart50", MBART_CODES, is_unigram=True, tokenizer_class="MBart50TokenizerFast")
    byte_level(root / "bytes")
    save_m2m100(root / "m2m100")
    return {path.name: path for path in root.iterdir()}


def save_m2m100(folder: Path) -> None:
    """SentencePiece, a vocabulary numbered otherwise, language tokens behind it."""
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(folder / "sentencepiece.bpe"),
        model_type="bpe",
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    pieces = [model.id_to_piece(i) for i in range(3, model.get_piece_size())]
    vocabulary = {piece: i for i, piece in enumerate([*SPECIAL, *pieces])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    reference = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), src_lang="en"
    )
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "M2M100Tokenizer"}))
    tokens = list(reference.lang_token_to_id)
    (folder / "special_tokens_map.json").write_text(json.dumps({"additional_special_tokens": tokens}))


def language_id(folder: Path, code: str) -> int:
    return Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()[code]


@pytest.mark.parametrize("name", ["plain", "bytes"])
def test_ids_and_text_equal_the_tokenizer_files(folders: dict[str, Path], name: str) -> None:
    reference = Tokenizer.from_file(str(folders[name] / "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    reference.encode_special_tokens = True
    ours = load_hub(folders[name])
    for text in TEXTS:
        ids = ours.encode_source(text)
        assert ids == reference.encode(text).ids
        assert ours.decode(ids) == reference.decode(ids).strip()


@pytest.mark.parametrize(
    ("name", "class_name", "source", "code"),
    [
        ("nllb", "NllbTokenizer", "fr", "fra_Latn"),
        ("nllb", "NllbTokenizer", None, "eng_Latn"),
        ("nllb-legacy", "NllbTokenizer", "en", "eng_Latn"),
        ("mbart", "MBartTokenizer", "ro", "ro_RO"),
        ("mbart50", "MBart50Tokenizer", "en-GB", "en_XX"),
    ],
)
def test_source_languages_stand_where_transformers_puts_them(
    folders: dict[str, Path], name: str, class_name: str, source: str | None, code: str
) -> None:
    reference = getattr(transformers, class_name).from_pretrained(folders[name], src_lang=code)
    tokenizer = load_hub(folders[name])
    for text in SENTENCES:
        assert tokenizer.encode_source(text, source) == reference(text).input_ids


@pytest.mark.parametrize(
    ("target", "code"), [("pt-BR", "por_Latn"), ("zh-TW", "zho_Hant"), ("ar", "arb_Arab")]
)
def test_nllb_forces_the_target_language(folders: dict[str, Path], target: str, code: str) -> None:
    tokenizer = load_hub(folders["nllb"])
    language = language_id(folders["nllb"], code)
    assert tokenizer.forced_bos_token_id(target) == language
    assert tokenizer.tokenize_target("the cat", target).ids[0] == language
    assert tokenizer.decode([language, *tokenizer.encode_source("the cat", "en")]) == "the cat"


def test_languages_are_bcp_47(folders: dict[str, Path]) -> None:
    nllb, mbart = (load_hub(folders[name]).languages for name in ("nllb", "mbart"))
    assert nllb is not None
    assert mbart is not None
    assert {"ar", "en", "fr", "pt", "yue-Hant", "zh-Hant"} <= set(nllb.ids)
    assert ("en", "pt") in nllb.pairs(2)
    assert list(mbart.ids) == ["ar", "en", "fr", "ro"]
    assert mbart.pairs(mbart.ids["ro"]) == (("ar", "ro"), ("en", "ro"), ("fr", "ro"))


def test_an_unknown_language_is_refused(folders: dict[str, Path]) -> None:
    tokenizer = load_hub(folders["nllb"])
    with pytest.raises(InvalidParamsError, match="'de'"):
        tokenizer.forced_bos_token_id("de")
    with pytest.raises(InvalidParamsError, match="'de'"):
        tokenizer.encode_source("x", "de")


def test_mbart_forces_nothing(folders: dict[str, Path]) -> None:
    assert load_hub(folders["mbart"]).forced_bos_token_id("ro") is None
    assert load_hub(folders["plain"]).forced_bos_token_id("ro") is None


def assert_covers(text: str, spans: list[Span | None]) -> None:
    """Every visible character belongs to a token, and tokens follow the text."""
    shown = [span for span in spans if span is not None]
    covered = {i for start, end in shown for i in range(start, end)}
    assert covered >= {i for i, character in enumerate(text) if not character.isspace()}
    assert shown == sorted(shown)


@pytest.mark.parametrize("name", ["plain", "bytes", "nllb", "m2m100"])
@pytest.mark.parametrize("text", [*SENTENCES[:2], *ODD_TEXTS])
def test_source_spans_cover_the_text(folders: dict[str, Path], name: str, text: str) -> None:
    tokenized = load_tokenizer(folders[name]).tokenize_source(text, "en")
    assert len(tokenized.ids) == len(tokenized.pieces) == len(tokenized.spans)
    assert tokenized.spans[-1] is None
    assert_covers(text, tokenized.spans)


@pytest.mark.parametrize("name", ["plain", "bytes", "nllb", "m2m100"])
def test_target_spans_join_to_the_words(folders: dict[str, Path], name: str) -> None:
    tokenizer = load_tokenizer(folders[name])
    for text in SENTENCES:
        decoded = tokenizer.detokenize(tokenizer.tokenize_target(text, "en").ids)
        assert decoded.text == text == tokenizer.decode(decoded.ids)
        assert_covers(text, decoded.spans)


@settings(deadline=None)
@given(st.text())
def test_bytes_there_and_back(text: str) -> None:
    ours = ByteTokenizer()
    ids = ours.encode_source(text)
    assert ids == [*(byte + 3 for byte in text.encode()), 1]
    detokenized = ours.detokenize(ids)
    assert detokenized.text == ours.decode(ids) == text
    assert detokenized.spans == ours.tokenize_source(text).spans


def test_bytes_equal_transformers_and_what_is_no_text_is_left_out() -> None:
    ours, reference = ByteTokenizer(), transformers.ByT5Tokenizer()
    for text in TEXTS:
        if "</s>" not in text:
            assert ours.encode_source(text) == reference(text).input_ids
    ids = [0, 3 + 0xC3, 3 + 0x61, 3 + 0xFF, 3 + 0xC3, 3 + 0xA9, 300, 1]
    assert ours.decode(ids) == ours.detokenize(ids).text == "aé"
    assert str(reference.decode(ids, skip_special_tokens=True)) == "aé"


def test_m2m100_equals_transformers(folders: dict[str, Path]) -> None:
    folder = folders["m2m100"]
    reference = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"), src_lang="fr"
    )
    ours = load_tokenizer(folder)
    assert isinstance(ours, MultilingualTokenizer)
    assert ours.forced_bos_token_id("pt-BR") == reference.get_lang_id("pt")
    assert ours.forced_bos_token_id("nso") == reference.get_lang_id("ns")
    for text in TEXTS:
        if "</s>" not in text:
            ids = ours.encode_source(text, "fr")
            assert ids == reference(text).input_ids
            assert ours.decode(ids) == str(reference.decode(ids[1:], skip_special_tokens=True)).strip()
    assert ours.encode_source("the </s> moon", "fr").count(reference.eos_token_id) == 1


def train_sentencepiece(path: Path, **ids: Any) -> sentencepiece.SentencePieceProcessor:
    """Write a model with these special ids."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(path.with_suffix("")),
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
        **ids,
    )
    path.with_suffix(".vocab").unlink()
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


@pytest.mark.parametrize(
    ("model_type", "settings", "offset"),
    [
        ("t5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 0}, 0),
        ("umt5", {"tokenizer_class": "T5TokenizerFast"}, 0),
        ("mt5", {}, 0),
        ("longt5", {}, 0),
        ("pegasus", {}, 103),
        ("pegasus_x", {"tokenizer_class": "PegasusTokenizer"}, 103),
    ],
    ids=str,
)
def test_a_sentencepiece_model_alone_is_converted(
    model_type: str, settings: dict[str, object], offset: int, tmp_path: Path
) -> None:
    """As older folders have it."""
    model = train_sentencepiece(tmp_path / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    if settings:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    ours = load_tokenizer(tmp_path)
    for text in SENTENCES:
        assert ours.encode_source(text) == [*(i + offset for i in model.encode(text)), 1]
        assert ours.decode(ours.encode_source(text)) == text


@pytest.mark.parametrize(
    ("settings", "source", "code"),
    [
        ({}, None, None),
        ({"language_codes": "base"}, "java", "java"),
        ({"language_codes": "base", "src_lang": "en_XX"}, None, "en_XX"),
        ({"language_codes": "multi"}, None, "en_XX"),
        ({"language_codes": "multi"}, "php", "php"),
    ],
    ids=str,
)
def test_plbart_equals_transformers(
    settings: dict[str, str], source: str | None, code: str | None, tmp_path: Path
) -> None:
    train_sentencepiece(tmp_path / "sentencepiece.bpe.model", unk_id=0, bos_id=1, eos_id=2)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "plbart"}))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    reference: Any = transformers.PLBartTokenizer(
        str(tmp_path / "sentencepiece.bpe.model"),
        language_codes=settings.get("language_codes", "base"),
        src_lang=code,
    )
    ours = load_tokenizer(tmp_path)
    assert isinstance(ours, MultilingualTokenizer)
    assert {"java", "python", "en"} <= set(ours.languages.ids)
    assert ours.forced_bos_token_id("java") is None
    for text in TEXTS:
        tokenized = ours.tokenize_source(text, source)
        assert_covers(text, tokenized.spans)
        if "</s>" not in text:
            assert tokenized.ids == reference(text).input_ids
            assert (
                ours.decode(tokenized.ids)
                == str(reference.decode(tokenized.ids, skip_special_tokens=True)).strip()
            )


def test_an_unknown_set_of_languages_is_named(tmp_path: Path) -> None:
    train_sentencepiece(tmp_path / "sentencepiece.bpe.model", unk_id=0, bos_id=1, eos_id=2)
    settings = {"tokenizer_class": "PLBartTokenizer", "language_codes": "some"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(CheckpointError, match="'some' is not known; known: base, multi"):
        load_tokenizer(tmp_path)


def test_kinds_without_a_file_are_known_by_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))
    assert isinstance(load_tokenizer(tmp_path), ByteTokenizer)


def test_folders_without_a_tokenizer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(CheckpointError, match="damaged"):
        load_tokenizer(tmp_path)


def test_a_post_processor_that_has_not_its_own_token_is_damage(tmp_path: Path) -> None:
    backend = Tokenizer(models.BPE({"a": 0, "</s>": 1}, []))
    backend.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    content = json.loads(backend.to_str())
    content["post_processor"]["special_tokens"] = {}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="missing or damaged"):
        read_backend(tmp_path)
