"""SentencePiece with language tokens: the tokenizers of M2M100 and PLBart folders without `tokenizer.json`.

The ids equal those of `transformers`, except that special tokens written in a text are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.added_tokens import AddedTokens
from crosslate.models.tokenizers.hub_tokenizer import last_token, read_tokenizer_settings, token_content
from crosslate.models.tokenizers.language_tokens import M2M100, PLBART, LanguageScheme, LanguageTokens
from crosslate.models.tokenizers.sentencepiece_tokenizer import load_sentencepiece
from crosslate.models.tokenizers.tokenizer import TokenizedText, Tokenizer, decoded_text, text_spans

if TYPE_CHECKING:
    import sentencepiece

EOS, UNKNOWN, PAD = "</s>", "<unk>", "<pad>"
SENTENCEPIECE_FILE = "sentencepiece.bpe.model"

FAIRSEQ_SPECIALS = ("<s>", PAD, EOS, UNKNOWN)
"""What fairseq's vocabularies begin with."""
NUM_OWN_SPECIALS = 3
"""Unknown, start and end, with which a SentencePiece model begins."""
PLBART_LANGUAGES = {
    "base": ("__java__", "__python__", "__en_XX__"),
    "multi": (
        "__java__",
        "__python__",
        "__en_XX__",
        "__javascript__",
        "__php__",
        "__ruby__",
        "__go__",
    ),
}
"""By `language_codes` of the tokenizer's settings. They are numbered behind the pieces, in this order."""
M2M100_LANGUAGES = {
    "m2m100": (
        "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha "
        "he hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my "
        "ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz "
        "vi wo xh yi yo zh zu"
    ),
    "wmt21": "en ha is ja cs ru zh de",
}
"""By `language_codes` likewise, for folders that do not list the tokens themselves."""


class MultilingualTokenizer(Tokenizer):
    """The pieces of one SentencePiece model under ids of the checkpoint's own, and language tokens.

    Attributes:
        languages: the language tokens.
        last_text_token: of the tokens that a text may be made of, the one with the largest id.
    """

    def __init__(
        self,
        model: sentencepiece.SentencePieceProcessor,
        ids: Mapping[str, int],
        scheme: LanguageScheme,
        *,
        added: AddedTokens,
        default_source: str | None,
    ) -> None:
        """`ids` of all pieces and language tokens, and what was `added` to them.

        `default_source` is the language of texts that come without one.
        """
        self._model = model
        self._added = added
        self._ids = dict(ids) | added.ids
        self._pieces = {token_id: piece for piece, token_id in self._ids.items()}
        self._default_source = default_source
        self.languages = LanguageTokens(scheme, ids)
        self.eos_token_id = ids[EOS]
        self.unknown_token_id = ids[UNKNOWN]
        languages = {token for token, i in ids.items() if i in self.languages.ids.values()}
        self._hidden_pieces = {EOS, PAD, "<s>", UNKNOWN, *languages}
        self.last_text_token = last_token(self._ids, set(self.languages.ids.values()))

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The tokens of `text`, the end token, and the source language's token where the model wants it.

        Raises:
            InvalidParamsError: the model does not have the language.
        """
        language = source_lang or self._default_source
        return self._tokenize(text, *self.languages.around_source(language, self.eos_token_id))

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The forced language, if there is one, the ids of `text`, the end token."""
        first = self.forced_bos_token_id(target_lang)
        return self._tokenize(text, [] if first is None else [first], [self.eos_token_id])

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        return self.languages.forced(target_lang)

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        """The text of target ids, without blanks at its ends, with spans."""
        pieces = [self._pieces.get(token_id, UNKNOWN) for token_id in token_ids]
        shown = [i for i, piece in enumerate(pieces) if piece not in self._hidden_pieces]
        text, offsets = self._added.decode(self._model, [pieces[i] for i in shown], str)
        return decoded_text(text, offsets, shown, token_ids, pieces)

    def _tokenize(self, text: str, before: list[int], after: list[int]) -> TokenizedText:
        pieces, offsets = self._added.encode(self._model, text)
        ids = [self._ids.get(piece, self.unknown_token_id) for piece in pieces]
        body = TokenizedText(text=text, ids=ids, pieces=pieces, spans=[*text_spans(text, offsets)])
        return body.framed(before, after, self._pieces.__getitem__)


def load_m2m100(folder: Path) -> MultilingualTokenizer:
    """From the SentencePiece model, `vocab.json` and the language tokens that the folder lists or means.

    Language tokens are numbered behind the vocabulary; texts without a language are taken for English.

    Raises:
        CheckpointError: a file is missing or damaged.
    """
    model = load_sentencepiece(folder / SENTENCEPIECE_FILE)
    pieces = read_json(folder / "vocab.json")
    tokens = _m2m100_languages(folder)
    for special in (EOS, UNKNOWN, PAD):
        if special not in pieces:
            raise CheckpointError(f"{folder / 'vocab.json'} has no {special}")
    ids = pieces | {token: len(pieces) + i for i, token in enumerate(tokens)}
    added = AddedTokens.read(folder, ids)
    return MultilingualTokenizer(model, ids, M2M100, added=added, default_source="en")


def _m2m100_languages(folder: Path) -> list[str]:
    """As old versions of `transformers` list them; newer ones leave them out, as they have the list."""
    settings = read_tokenizer_settings(folder)
    listed = [token_content(token) or "" for token in settings.get("additional_special_tokens") or ()]
    found = [token for token in listed if M2M100.token.fullmatch(token)]
    if found:
        return found
    kind = _language_codes(folder, settings, M2M100_LANGUAGES)
    return [f"__{code}__" for code in M2M100_LANGUAGES[kind].split()]


def _language_codes(folder: Path, settings: Mapping[str, object], known: Iterable[str]) -> str:
    """Which list of languages it has; by default the first."""
    known = list(known)
    kind = settings.get("language_codes", known[0])
    if kind not in known:
        raise CheckpointError(
            f"{folder / 'tokenizer_config.json'}: language_codes {kind!r} is not known;"
            f" known: {', '.join(known)}"
        )
    return str(kind)


def load_plbart(folder: Path) -> MultilingualTokenizer:
    """From the SentencePiece model alone: its ids, moved to where fairseq has them, then the languages.

    Texts without a language get no token in a "base" model, and are taken for English in a "multi" one.

    Raises:
        CheckpointError: a file is missing or damaged, or `language_codes` is not known.
    """
    model = load_sentencepiece(folder / SENTENCEPIECE_FILE)
    settings = read_tokenizer_settings(folder)
    kind = _language_codes(folder, settings, PLBART_LANGUAGES)
    own = [model.id_to_piece(i) for i in range(NUM_OWN_SPECIALS, model.get_piece_size())]
    pieces = [*FAIRSEQ_SPECIALS, *own, *PLBART_LANGUAGES[kind]]
    default_source = settings.get("src_lang") or ("en" if kind == "multi" else None)
    ids = {piece: token_id for token_id, piece in enumerate(pieces)}
    added = AddedTokens.read(folder, ids)
    return MultilingualTokenizer(model, ids, PLBART, added=added, default_source=default_source)
