"""Folders of FSMT as their own tokenizer saves them, with codes learned from a few sentences."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from subword_nmt.learn_bpe import learn_bpe
from transformers.models.fsmt import tokenization_fsmt

_FSMT: Any = tokenization_fsmt

SOURCES = (
    "The well-known cats' dogs ran, didn't they?",
    '"Hello, world!" she said (3.5 & 2) — „so“ it’s <b>…</b>',
    "Machine learning is great, isn't it? It costs 1 000 euros, or 20 %.",
)
TARGETS = (
    "Die bekannten Hunde der Katzen liefen, nicht wahr?",
    "„Hallo, Welt!“, sagte sie (3,5 & 2) – so ist's.",
    "Maschinelles Lernen ist großartig, oder? Es kostet 1.000 Euro-Münzen.",
)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def save_fsmt_tokenizer(folder: Path, langs: tuple[str, str] = ("en", "de"), **settings: object) -> None:
    """Learn codes and write `vocab-src.json`, `vocab-tgt.json`, `merges.txt`, `tokenizer_config.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "src_vocab_file": folder / "vocab-src.json",
        "tgt_vocab_file": folder / "vocab-tgt.json",
        "merges_file": folder / "merges.txt",
    }
    for name in ("src_vocab_file", "tgt_vocab_file"):
        files[name].write_text(json.dumps({token: i for i, token in enumerate(SPECIAL)}))
    files["merges_file"].write_text("a b\n")
    words = [
        " ".join(_pipeline(_FSMT.FSMTTokenizer(langs=[one, one], **files, **settings), text))
        for one, texts in zip(langs, (SOURCES, TARGETS), strict=True)
        for text in texts
    ]
    files["merges_file"].write_text(_learned("\n".join(words)))
    for name, one, texts in zip(("src_vocab_file", "tgt_vocab_file"), langs, (SOURCES, TARGETS), strict=True):
        cutting = _FSMT.FSMTTokenizer(langs=[one, one], **files, **settings)
        pieces = [piece for text in texts for piece in cutting.tokenize(text)]
        letters = [mark for piece in pieces for c in piece.removesuffix("</w>") for mark in (c, f"{c}</w>")]
        known = dict.fromkeys([*SPECIAL, *pieces, *letters])
        files[name].write_text(json.dumps({token: i for i, token in enumerate(known)}))
    _FSMT.FSMTTokenizer(langs=list(langs), **files, **settings).save_pretrained(folder)


def vocabulary_sizes(folder: Path) -> dict[str, int]:
    """As `config.json` has them."""
    return {
        f"{side}_vocab_size": len(json.loads((folder / f"vocab-{side}.json").read_text()))
        for side in ("src", "tgt")
    }


def _pipeline(tokenizer: Any, text: str) -> list[str]:
    plain = tokenizer.moses_pipeline(text, tokenizer.src_lang)
    words: list[str] = tokenizer.moses_tokenize(plain, tokenizer.src_lang)
    return words


def _learned(words: str) -> str:
    """Without a header and with counts, as fastBPE learned them for FAIR's models."""
    out = io.StringIO()
    learn_bpe(io.StringIO(words), out, 60)
    _, *pairs = out.getvalue().splitlines()
    return "".join(f"{pair} {len(pairs) - i}\n" for i, pair in enumerate(pairs))
