"""The tokenizer of SeamlessM4T, and which languages it writes.

Languages are ISO 639-3 codes, with a script where there are two: `__eng__`, `__cmn_Hant__`.
"""

from __future__ import annotations

from pathlib import Path

from crosslate.models.errors import CheckpointError
from crosslate.models.families import tokenizers
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.hub_tokenizer import HubTokenizer
from crosslate.models.tokenizers.language_tokens import SEAMLESS, LanguageTokens
from crosslate.models.tokenizers.tokenizer import Tokenizer

LANGUAGES = "text_decoder_lang_to_code_id"
"""Of `generation_config.json`: the languages that can be written, and their tokens."""


def load_tokenizer(folder: Path) -> Tokenizer:
    """From `tokenizer.json` or the SentencePiece model, with the languages that can be written.

    Raises:
        CheckpointError: files are missing or damaged, or differ in a language's token.
    """
    tokenizer = tokenizers.load_tokenizer(folder, SEAMLESS)
    path = folder / "generation_config.json"
    listed = read_json(path).get(LANGUAGES) if path.is_file() else None
    if listed and isinstance(tokenizer, HubTokenizer):
        written = LanguageTokens(SEAMLESS, {f"__{code}__": token_id for code, token_id in listed.items()})
        _check(written, tokenizer.languages, path)
        tokenizer.languages = written
    return tokenizer


def _check(written: LanguageTokens, known: LanguageTokens | None, path: Path) -> None:
    found = {} if known is None else known.ids
    wrong = [tag for tag, token_id in written.ids.items() if found.get(tag) != token_id]
    if wrong:
        raise CheckpointError(
            f"{path}: {LANGUAGES} gives {', '.join(wrong)} other tokens than the tokenizer has;"
            " are both of one checkpoint?"
        )
