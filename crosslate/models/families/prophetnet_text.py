"""The texts of ProphetNet: BERT's pieces, listed one a line, with an end token and no start.

A source may be two texts with `[SEP]` between them, as where questions are asked of a passage (`answer [SEP]
passage`), and what it writes has `[X_SEP]` between sentences. So both are read where a text has them; other
special tokens that are written in a text are text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.hub_tokenizer import read_tokenizer_settings, token_content
from crosslate.models.tokenizers.word_piece_tokenizer import WordPieceTokenizer
from crosslate.models.tokenizers.word_vocabulary import read_lines

VOCABULARY = "prophetnet.tokenizer"
ADDED_FILE = "added_tokens.json"
SPECIAL = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "x_sep_token": "[X_SEP]",
    "pad_token": "[PAD]",
    "mask_token": "[MASK]",
}
"""What settings need not name."""
SEPARATORS = ("sep_token", "x_sep_token")
CASED = r"[\p{Lu}\p{Ll}\p{Lt}]"
BETWEEN = r"['.:·‘’․‧︓﹕：﹒＇．\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}]*"
"""What may stand within a word, by Unicode's rules of case."""
LAST_SIGMA = Regex(rf"{CASED}{BETWEEN}\KΣ(?!{BETWEEN}{CASED})")
"""It has a small form of its own, which lowering letter by letter would not choose."""


def load_tokenizer(folder: Path) -> WordPieceTokenizer:
    """That of a folder with `prophetnet.tokenizer` and, if it has one, `tokenizer_config.json`.

    Raises:
        CheckpointError: the vocabulary is missing, damaged or of another kind, or the settings ask for words
            to be cut in another way than BERT's.
    """
    settings = _settings(folder)
    vocabulary = {piece: i for i, piece in enumerate(read_lines(folder / VOCABULARY))}
    for name in ("unk_token", "sep_token"):
        if settings[name] not in vocabulary:
            raise CheckpointError(f"{folder / VOCABULARY} has no {settings[name]!r}: is it ProphetNet's?")
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token=settings["unk_token"]))
    backend.normalizer = _normalizer(settings)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    end = settings["sep_token"]
    backend.post_processor = processors.TemplateProcessing(
        single=f"$A {end}", special_tokens=[(end, vocabulary[end])]
    )
    _add_tokens(backend, folder, settings)
    return WordPieceTokenizer(backend, settings)


def _settings(folder: Path) -> dict[str, Any]:
    settings = read_tokenizer_settings(folder)
    named = {name: token_content(settings.get(name)) or token for name, token in SPECIAL.items()}
    if settings.get("do_basic_tokenize") is False or settings.get("never_split"):
        raise CheckpointError(
            f"{folder}: do_basic_tokenize: false and never_split are not supported: words are cut as BERT's"
        )
    return settings | named


def _normalizer(settings: dict[str, Any]) -> normalizers.Normalizer:
    """What `ProphetNetTokenizer` does to a text before it cuts words, in the same order."""
    lowers, strips = settings.get("do_lower_case", True), settings.get("strip_accents")
    steps: list[normalizers.Normalizer] = [
        normalizers.BertNormalizer(
            clean_text=True,
            handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
            strip_accents=False,
            lowercase=False,
        ),
        normalizers.NFC(),
    ]
    if lowers:
        steps += [normalizers.Replace(LAST_SIGMA, "ς"), normalizers.Lowercase()]
    if strips or (lowers and strips is not False):
        steps += [normalizers.NFD(), normalizers.Replace(Regex(r"\p{Mn}"), "")]
    return normalizers.Sequence(steps)


def _add_tokens(backend: Tokenizer, folder: Path, settings: dict[str, Any]) -> None:
    """Mark what is special, and add what is in no line of the vocabulary."""
    for name, token in ((name, settings[name]) for name in SPECIAL):
        if backend.token_to_id(token) is not None:
            backend.add_tokens([AddedToken(token, normalized=False, special=name not in SEPARATORS)])
    for token_id, token, is_special in sorted(_added(folder, settings)):
        if backend.token_to_id(token) is not None:
            continue
        backend.add_tokens([AddedToken(token, normalized=False, special=is_special)])
        if backend.token_to_id(token) != token_id:
            raise CheckpointError(
                f"{folder}: the added token {token!r} has the id {token_id}, but the next after the"
                f" vocabulary is {backend.token_to_id(token)}: are all files of one model?"
            )


def _added(folder: Path, settings: dict[str, Any]) -> list[tuple[int, str, bool]]:
    """Id, token and whether it is special; older folders list tokens and ids alone."""
    decoder: dict[str, dict[str, Any]] = settings.get("added_tokens_decoder") or {}
    if decoder or not (folder / ADDED_FILE).is_file():
        return [(int(i), token["content"], bool(token.get("special"))) for i, token in decoder.items()]
    return [(int(i), token, False) for token, i in read_json(folder / ADDED_FILE).items()]
