"""Which tokenizer a Hugging Face folder needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models

from crosslate.models.errors import CheckpointError
from crosslate.models.families import fsmt_text, prophetnet_text
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.byte_tokenizer import ByteTokenizer
from crosslate.models.tokenizers.hub_tokenizer import (
    TOKENIZER_FILE,
    HubTokenizer,
    read_backend,
    read_tokenizer_settings,
    token_content,
)
from crosslate.models.tokenizers.indic.tokenizer import IndicTransTokenizer
from crosslate.models.tokenizers.language_tokens import LanguageScheme
from crosslate.models.tokenizers.multilingual_tokenizer import SENTENCEPIECE_FILE, load_m2m100, load_plbart
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.models.tokenizers.word_piece_tokenizer import WordPieceTokenizer


def load_tokenizer(folder: Path, scheme: LanguageScheme | None = None) -> Tokenizer:
    """The tokenizer of a folder as `save_pretrained` writes it; `scheme` is the family's, if it has one.

    Raises:
        CheckpointError: files are missing or damaged, or it is of a kind without text offsets.
    """
    kind = kind_of(folder)
    if kind in LOADERS and not (folder / TOKENIZER_FILE).is_file():
        return LOADERS[kind](folder)
    return hub_tokenizer(load_backend(folder, kind), read_tokenizer_settings(folder), scheme=scheme)


def load_backend(folder: Path, kind: str) -> Backend:
    """That of `tokenizer.json`; in folders without one, what `transformers` makes of a `kind`'s files.

    Raises:
        CheckpointError: files are missing or damaged, or it is of a kind without text offsets.
    """
    return read_backend(folder) if (folder / TOKENIZER_FILE).is_file() else _converted(folder, kind)


def hub_tokenizer(
    backend: Backend,
    settings: dict[str, Any],
    *,
    scheme: LanguageScheme | None = None,
    start_token_id: int | None = None,
) -> HubTokenizer:
    """The tokenizer around a backend; see `HubTokenizer`. `CheckpointError`: it has no unknown token."""
    if isinstance(backend.model, models.WordPiece):
        settings = settings | {"unk_token": _unknown_piece(backend, backend.model)}
    is_word_piece = isinstance(backend.decoder, decoders.WordPiece)
    made = WordPieceTokenizer if is_word_piece else HubTokenizer
    return made(backend, settings, scheme=scheme, start_token_id=start_token_id)


def _unknown_piece(backend: Backend, model: models.WordPiece) -> str:
    """What stands for a word that cannot be spelled: BERT's `[UNK]`, or what T5's and others have."""
    known = backend.get_vocab(with_added_tokens=False)
    found = next((token for token in (model.unk_token, "[UNK]", "<unk>") if token in known), None)
    if found is None:
        raise CheckpointError(
            f"the tokenizer's vocabulary has no unknown token {model.unk_token!r}: is the model folder whole?"
        )
    model.unk_token = found
    return found


def kind_of(folder: Path) -> str:
    """Which class of `transformers` a folder's tokenizer is of."""
    config = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
    return _kind(folder, config)


def _kind(folder: Path, config: dict[str, Any]) -> str:
    """The class that a folder names, or where it names none of any family, that of its family."""
    settings = config | read_tokenizer_settings(folder)
    stated = str(settings.get("tokenizer_class")).removesuffix("Fast")
    if stated not in GENERIC:
        return stated
    encoder = config.get("encoder")
    family = str((encoder if isinstance(encoder, dict) else config).get("model_type"))
    if family == "m2m_100" and not (folder / "vocab.json").is_file():
        return "NllbTokenizer"
    if family == "mbart":
        added: dict[str, dict[str, Any]] = settings.get("added_tokens_decoder") or {}
        tokens = [*(settings.get("additional_special_tokens") or ()), *(t["content"] for t in added.values())]
        return "MBart50Tokenizer" if MBART50_ONLY in tokens else "MBartTokenizer"
    return KINDS.get(family, stated)


def _nllb_languages(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What the reader has to be told of old folders: the languages, and that their ids come first.

    It takes a null in one file for an answer and does not look into the other, and would number the mask
    before the languages.
    """
    languages = settings.get("additional_special_tokens")
    if not languages or "added_tokens_decoder" in settings:
        return {}
    first = load_sentencepiece(folder / SENTENCEPIECE_FILE).get_piece_size() + 1
    tokens = [*languages, token_content(settings.get("mask_token")) or "<mask>"]
    decoder = {str(first + i): {"content": token, "special": True} for i, token in enumerate(tokens)}
    return {"extra_special_tokens": languages, "added_tokens_decoder": decoder}


def _load_bytes(folder: Path) -> ByteTokenizer:
    return ByteTokenizer()


LOADERS: dict[str, Callable[[Path], Tokenizer]] = {
    "ByT5Tokenizer": _load_bytes,
    "FSMTTokenizer": fsmt_text.load_tokenizer,
    "IndicTransTokenizer": IndicTransTokenizer.load,
    "M2M100Tokenizer": load_m2m100,
    "PLBartTokenizer": load_plbart,
    "ProphetNetTokenizer": prophetnet_text.load_tokenizer,
}
KINDS = {
    "IndicTrans": "IndicTransTokenizer",
    "fsmt": "FSMTTokenizer",
    "m2m_100": "M2M100Tokenizer",
    "nllb-moe": "NllbTokenizer",
    "plbart": "PLBartTokenizer",
    "prophetnet": "ProphetNetTokenizer",
    **dict.fromkeys(("t5", "mt5", "umt5", "longt5", "switch_transformers"), "T5Tokenizer"),
    **dict.fromkeys(("seamless_m4t", "seamless_m4t_v2"), "SeamlessM4TTokenizer"),
    **dict.fromkeys(("bert", "electra"), "BertTokenizer"),
    "bert-generation": "BertGenerationTokenizer",
    "camembert": "CamembertTokenizer",
    "roberta": "RobertaTokenizer",
    "xlm-roberta": "XLMRobertaTokenizer",
    **dict.fromkeys(("pegasus", "pegasus_x", "bigbird_pegasus"), "PegasusTokenizer"),
}
"""By `model_type`, for folders that do not say it."""
GENERIC = ("None", "PreTrainedTokenizer", "PythonBackend", "SentencePieceBackend", "TokenizersBackend")
"""Names of no family's class."""
MBART50_ONLY = "af_ZA"
"""A language that mBART has not, and mBART-50 has."""
CONVERTED = (
    "T5Tokenizer",
    "PegasusTokenizer",
    "MBartTokenizer",
    "MBart50Tokenizer",
    "NllbTokenizer",
    "SeamlessM4TTokenizer",
    "BertTokenizer",
    "CamembertTokenizer",
    "RobertaTokenizer",
    "XLMRobertaTokenizer",
)
"""Classes of `transformers` that read a vocabulary into one whose tokens have offsets."""
_NO_VOCABULARY = ("tokenizer_file", "tokenizer_config_file")
"""Names that these classes have for files beside those of a vocabulary."""
_ANY_VOCABULARY = ("tokenizer.model*", "tiktoken.model", "tekken.json")
"""What they read in the place of their own file."""


def _converted(folder: Path, kind: str) -> Backend:
    """Older folders hold the vocabulary only, and `transformers` knows how each kind reads it."""
    import transformers

    _check_has_vocabulary(folder, _class_named(kind))
    # The automatic choice goes by the family and has none for some of them.
    reader = getattr(transformers, kind) if kind in CONVERTED else transformers.AutoTokenizer
    settings = read_tokenizer_settings(folder)
    options = _nllb_languages(folder, settings) if kind == "NllbTokenizer" else {}
    try:
        tokenizer = reader.from_pretrained(folder, local_files_only=True, **options)
    except Exception as e:  # whatever fails in there, this folder cannot be served
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and transformers cannot read its tokenizer ({e}):"
            " download the tokenizer's files"
        ) from e
    _check_has_vocabulary(folder, type(tokenizer))
    if not tokenizer.is_fast:
        raise CheckpointError(
            f"{folder} has no tokenizer.json, and {type(tokenizer).__name__} does not say which text a token"
            " stands for; save a fast tokenizer beside the model"
        )
    backend: Backend = tokenizer.backend_tokenizer
    return backend


def _class_named(kind: str) -> object:
    """That of `transformers`; None for names of no class, or of one that needs more than is installed."""
    import transformers

    try:
        return None if kind in GENERIC else getattr(transformers, kind, None)
    except (ImportError, RuntimeError):
        return None


def _check_has_vocabulary(folder: Path, made: object) -> None:
    """Pass if the files are there that a class of `transformers` reads, which makes do with none.

    Raises:
        CheckpointError: they are not.
    """
    names: dict[str, str] = getattr(made, "vocab_files_names", {})
    if not names:
        return
    wanted = [name for role, name in names.items() if role not in _NO_VOCABULARY]
    missing = [name for name in wanted if not (folder / name).is_file()] if wanted else [TOKENIZER_FILE]
    if not missing or (len(wanted) < 2 and any(found for p in _ANY_VOCABULARY for found in folder.glob(p))):
        return
    is_kind_known = (folder / "tokenizer_config.json").is_file()
    unknown = "" if is_kind_known else ", and no tokenizer_config.json that would say of which kind it is"
    kind = getattr(made, "__name__", made)
    needed = " or ".join(filter(None, (TOKENIZER_FILE, " and ".join(wanted))))
    raise CheckpointError(
        f"{folder} has no whole tokenizer ({kind}): it needs {needed}, and has no"
        f" {' nor '.join(dict.fromkeys((TOKENIZER_FILE, *missing)))}{unknown}. Put the tokenizer's files"
        " beside the model, as tokenizer.save_pretrained writes them"
    )
