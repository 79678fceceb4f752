"""Words and their codes are those of the programs that models were trained with."""

from __future__ import annotations

import io
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacremoses import MosesTokenizer
from subword_nmt.apply_bpe import BPE
from subword_nmt.learn_bpe import learn_bpe

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.tokenizer import IncrementalDetokenizer
from crosslate.models.tokenizers.word_splitting import BlankSplitter, MosesSplitter, WordSplitter
from crosslate.models.tokenizers.word_tokenizer import WordPieces, WordTokenizer
from crosslate.models.tokenizers.word_vocabulary import WordVocabulary
from tests.models.tokenizers.test_tokenizer import check_spans

CORPUS = "the cat sat on the mat , isn &apos;t it ?\nthe dogs & the well @-@ known cats ran .\n" * 3
SENTENCES = [
    "The well-known cats' dogs ran, didn't they?",
    '"Hello, world!" (3.5 & 2) <b>',
    "  the   cat\tsat … ",
    "étés",
    "",
    " ",
    "a</s> <unk> @@ the@@ -- @-@ b-c-",
]
MOSES = MosesSplitter("en", cuts_hyphens=True, escapes=True)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(scope="module", params=["0.1", "0.2"])
def codes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of either version; the older one has no header."""
    path = tmp_path_factory.mktemp("codes") / "source.bpe"
    with path.open("w", encoding="utf-8") as out:
        learn_bpe(io.StringIO(CORPUS), out, 30)
    if request.param == "0.1":
        header, *pairs = path.read_text().splitlines()
        assert header == "#version: 0.2"
        pairs = [pair.replace("</w>", " </w>") if pair.count(" ") == 0 else pair for pair in pairs]
        path.write_text("\n".join(pairs) + "\n")
    return path


def vocabulary(pieces: list[str]) -> WordVocabulary:
    known = ["</s>", "<unk>", *dict.fromkeys(pieces)]
    ids = {piece: i for i, piece in enumerate(known) if i > 1}
    return WordVocabulary(ids, known, eos_token_id=0, unknown_token_id=1)


def make(pieces: list[str], splitter: WordSplitter, codes: Path | None = None) -> WordTokenizer:
    both = vocabulary(pieces), vocabulary(pieces)
    pieces_of = WordPieces.read(codes)
    return WordTokenizer(both, (pieces_of, pieces_of), (splitter, splitter))


@pytest.mark.parametrize("text", SENTENCES)
def test_the_pieces_of_moses_and_subword_nmt(codes: Path, text: str) -> None:
    words = MosesTokenizer("en").tokenize(text, aggressive_dash_splits=True, return_str=True)
    with codes.open(encoding="utf-8") as file:
        pieces = BPE(file).process_line(words).split()
    tokens = make(pieces, MOSES, codes).tokenize_source(text, "en-GB")
    assert tokens.pieces == [*pieces, "</s>"]
    check_spans(tokens, text)


def test_codes_with_counts(tmp_path: Path) -> None:
    """As fastBPE writes them; what is expected is what it makes of these texts with them."""
    learned, path = io.StringIO(), tmp_path / "bpecodes"
    learn_bpe(io.StringIO(CORPUS), learned, 30)
    _, *pairs = learned.getvalue().splitlines()
    path.write_text("".join(f"{pair} {100 - i}\n" for i, pair in enumerate(pairs)))
    pieces = WordPieces.read(path)
    found = [" ".join(piece for word in text.split() for piece in pieces.of(word)) for text in SENTENCES]
    assert found[0] == (
        "T@@ h@@ e wel@@ l@@ -@@ known ca@@ t@@ s@@ ' dogs ra@@ n@@ , d@@ i@@ d@@ n@@ '@@ t th@@ e@@ y@@ ?"
    )
    assert found[3] == "é@@ t@@ é@@ s"
    assert found[6] == (
        "a@@ <@@ /@@ s@@ > <@@ u@@ n@@ k@@ > @@@ @ th@@ e@@ @@@ @ -@@ - @@@ -@@ @ b@@ -@@ c@@ -"
    )


def test_spans_of_pieces(codes: Path) -> None:
    tokens = make([], MOSES, codes).tokenize_source("well-known “dogs”, isn't & it")
    shown = [tokens.text[span[0] : span[1]] for span in tokens.spans if span]
    # Pieces of what is spelled in another way, such as `@-@` and `&apos;t`, have all of it.
    assert "".join(one for one, _ in groupby(shown)) == "well-known“dogs”,isn't&it"


@pytest.mark.parametrize("splitter", [MOSES, BlankSplitter()])
@given(text=any_text)
@settings(max_examples=60, deadline=None)
def test_spans_of_any_text(splitter: WordSplitter, text: str) -> None:
    pieces, _ = splitter.split(text, None)
    tokenizer = make(pieces, splitter)
    tokens = tokenizer.tokenize_source(text)
    check_spans(tokens, text)
    target = tokenizer.detokenize(tokenizer.tokenize_target(text).ids)
    assert target.text == tokenizer.decode(target.ids)
    check_spans(target, target.text)


@pytest.mark.parametrize("text", [SENTENCES[0], '"Hello, world-wide!" (3.5 & 2) it\'s'])
def test_what_was_cut_is_joined(codes: Path, text: str) -> None:
    pieces = make([], MOSES, codes).tokenize_source(text).pieces[:-1]
    tokenizer = make(pieces, MOSES, codes)
    ids = tokenizer.tokenize_target(text).ids
    assert tokenizer.decode(ids) == text
    incremental = IncrementalDetokenizer(tokenizer)
    assert "".join([incremental.feed([one]) for one in ids] + [incremental.finish()]) == text


@pytest.mark.parametrize(
    ("language", "words", "text"),
    [
        ("fr", ["c&apos;", "est", "vrai", "?"], "c'est vrai ?"),
        ("de", ["„", "Na", "ja", "“", "!"], None),
        ("cs", ["x&apos;", "-", "li"], "x' - li"),
        ("zz", ["no", "such", "language", "."], "no such language."),
    ],
)
def test_joining_in_the_targets_language(language: str, words: list[str], text: str | None) -> None:
    splitter = MosesSplitter(language, cuts_hyphens=False, escapes=True)
    joined, spans = splitter.join(words, None)
    assert text is None or joined == text
    assert [joined[start:end] for start, end in spans] == [splitter.surface(word) for word in words]


def test_unknown_words() -> None:
    tokenizer = make(["the", "caf\u00e9"], BlankSplitter())
    tokens = tokenizer.tokenize_source("the </s> cat")
    assert tokens.ids == [2, 1, 1, 0]
    assert tokenizer.decode([2, 1, 0]) == "the ⁇"
    assert tokenizer.reads("\u00e9")
    assert not tokenizer.reads("€")


def test_signs_that_moses_spells_as_entities_can_be_read() -> None:
    assert make(["&amp;", "@-@"], MOSES).reads("&")
    assert make(["&amp;", "@-@"], MOSES).reads("-")


@pytest.mark.parametrize("content", [b"#version: 0.2\na b\nno pair here\n", b"a b 3\nc d e f\n", b"\xff\n"])
def test_damaged_codes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "source.bpe").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"source\.bpe is not a file of byte-pair codes"):
        WordPieces.read(tmp_path / "source.bpe")


def test_words_are_not_remembered_without_end(codes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosslate.models.tokenizers.word_tokenizer._MAX_CACHED", 5)
    pieces = WordPieces.read(codes)
    for i in range(30):
        pieces.of(f"word{i}")
    assert pieces._codes is not None
    assert len(pieces._codes.cache) <= 5
