"""How the texts of a model with lists of tokens were cut, as the files beside it say.

- `source*.spm` and `target*.spm`, as OPUS-MT has them, or one of `*.spm` and `*.model` for both:
  SentencePiece's pieces, numbered anew;
- `source*.bpe` and `target*.bpe`, or one file of byte-pair codes: pieces of words;
- neither: words. How these are cut `preprocess.sh` says, where there is one.
"""

from __future__ import annotations

import re
from pathlib import Path

from crosslate.models.errors import CheckpointError
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer, SpecialPieces
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.word_splitting import BlankSplitter, MosesSplitter, WordSplitter
from crosslate.models.tokenizers.word_tokenizer import WordPieces, WordTokenizer
from crosslate.models.tokenizers.word_vocabulary import END, UNKNOWN, WordVocabulary

ListedText = MarianTokenizer | WordTokenizer
PREPROCESSING_FILE = "preprocess.sh"
SIDES = (("src", "source"), ("trg", "tgt", "target"))
"""What names of files call the source and the target."""
MODELS, CODES = ("*.spm", "*.model"), ("*.bpe", "*.codes", "bpecodes")
_MOSES = re.compile(r"tokenizer\.perl([^|\n]*)")


def listed_tokenizer(
    folder: Path, source: WordVocabulary, target: WordVocabulary, pair: tuple[str, str] | None
) -> ListedText:
    """The tokenizer of these vocabularies; `pair` are the languages, where they are known.

    Raises:
        CheckpointError: a file is damaged or of an unknown kind, or it is not clear whose it is.
    """
    models = _pair_of_files(folder, MODELS, "SentencePiece models")
    if models:
        return MarianTokenizer(
            (load_sentencepiece(models[0]), load_sentencepiece(models[1])),
            (_all_ids(source), _all_ids(target)),
            SpecialPieces(),
            added=AddedTokens({}),
        )
    codes = _pair_of_files(folder, CODES, "byte-pair codes") or (None, None)
    pieces = WordPieces.read(codes[0])
    target_pieces = pieces if codes[0] == codes[1] else WordPieces.read(codes[1])
    source_lang, target_lang = pair or ("en", "en")
    splitters = _splitter(folder, source_lang), _splitter(folder, target_lang)
    return WordTokenizer((source, target), (pieces, target_pieces), splitters)


def _all_ids(vocabulary: WordVocabulary) -> dict[str, int]:
    special = {END: vocabulary.eos_token_id, UNKNOWN: vocabulary.unknown_token_id}
    return {**vocabulary.ids, **special}


def _pair_of_files(folder: Path, patterns: tuple[str, ...], what: str) -> tuple[Path, Path] | None:
    """Those whose names begin with source and target, or the only one, for both sides."""
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    source, target = ([path for path in found if path.name.startswith(marks)] for marks in SIDES)
    if len(source) == 1 and len(target) == 1:
        return source[0], target[0]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise CheckpointError(
            f"{folder} has several {what}: {names}; give them names that begin with source and target"
        )
    return (found[0], found[0]) if found else None


def _splitter(folder: Path, language: str) -> WordSplitter:
    if truecasers := sorted(path.name for path in folder.glob("truecase*")):
        raise CheckpointError(
            f"{folder} has {truecasers[0]}: the model was trained on words in the case that a truecaser gives"
            " them, which is not supported"
        )
    path = folder / PREPROCESSING_FILE
    script = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    moses = _MOSES.search(script)
    if moses is None:
        return BlankSplitter()
    options = moses[1].split()
    return MosesSplitter(language, cuts_hyphens="-a" in options, escapes="-no-escape" not in options)
