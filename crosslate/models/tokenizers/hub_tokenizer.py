"""The tokenizers of Hugging Face folders that have a `tokenizer.json`.

The ids equal those of `transformers`, except that special tokens written in a text are text here, and that
nothing is cut or padded, whatever `tokenizer.json` was saved with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers.decoders import DecodeStream

from crosslate.models.errors import CheckpointError
from crosslate.models.json_files import read_json
from crosslate.models.tokenizers.language_tokens import (
    MADLAD,
    MBART,
    MBART50,
    NLLB,
    NLLB_LEGACY,
    PLBART,
    LanguageScheme,
    LanguageTokens,
    scheme_of_frame,
)
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, Tokenizer, decoded_text, text_spans

TOKENIZER_FILE = "tokenizer.json"
SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
LINE_ENDS = ("<n>", "[X_SEP]")
"""Pegasus' and ProphetNet's, which write their sentences on lines of their own: in what they were trained on
lines end so."""
SPECIAL_LISTS = ("additional_special_tokens", "extra_special_tokens")


class HubTokenizer(Tokenizer):
    """A `tokenizer.json` with what stands around a text: end token and, in multilingual models, languages.

    Attributes:
        languages: the language tokens; None for a model of one pair or one language.
        last_text_token: of the tokens that a text may be made of, the one with the largest id.
    """

    def __init__(
        self,
        backend: tokenizers.Tokenizer,
        settings: Mapping[str, Any],
        *,
        scheme: LanguageScheme | None = None,
        start_token_id: int | None = None,
    ) -> None:
        """`settings` are those of `tokenizer_config.json`.

        `scheme` is the family's, where it has one: it counts if the vocabulary has such tokens.
        A target does not begin with `start_token_id`, from which decoding starts, even if sources do.
        """
        backend.no_truncation()
        backend.no_padding()
        backend.encode_special_tokens = True
        self._backend = backend
        named = (token_content(settings.get(name)) for name in ("eos_token", "sep_token"))
        eos_token = next(filter(None, named), "</s>")
        eos_token_id = backend.token_to_id(eos_token)
        if eos_token_id is None:
            raise CheckpointError(
                f"tokenizer.json has no end token {eos_token!r}; is the model folder whole?"
            )
        self.eos_token_id: int = eos_token_id
        line_ends = map(backend.token_to_id, LINE_ENDS)
        self._line_end_id: int | None = next((i for i in line_ends if i is not None), None)
        self.unknown_token_id = backend.token_to_id(token_content(settings.get("unk_token")) or "<unk>")
        vocabulary = backend.get_vocab()
        if scheme is None or not any(map(scheme.token.fullmatch, vocabulary)):
            scheme = _scheme(settings, backend, vocabulary)
        self.languages = None if scheme is None else LanguageTokens(scheme, vocabulary)
        self._start_token_id = start_token_id
        self._default_source = _language(settings.get("src_lang") or "en", scheme)
        self._special_ids = _special_ids(backend, settings)
        if self.languages is not None:
            self._special_ids |= set(self.languages.ids.values())
        self.last_text_token = last_token(vocabulary, self._special_ids)

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """The tokens of `text` with what the model wants around them: language, end token.

        Raises:
            InvalidParamsError: the model does not have the source language.
        """
        if self.languages is None:
            return self._tokenize(text, is_framed=True)
        if self.languages.scheme.source_tag == "target_first":
            prefix = self._target_prefix(self.languages, text, target_lang)
            return self._tokenize(prefix + text, is_framed=True).without_prefix(len(prefix))
        around = self.languages.around_source(source_lang or self._default_source, self.eos_token_id)
        return self._tokenize(text, is_framed=False).framed(*around, self._name)

    def _target_prefix(self, languages: LanguageTokens, text: str, target_lang: str | None) -> str:
        """The language token as a word before the text, unless the text brings one itself."""
        if target_lang is None or languages.scheme.token.match(text):
            return ""
        return f"{self._backend.id_to_token(languages.id_of(target_lang))} "

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """Target ids as the decoder produces them: a forced language, the text, the end token."""
        if self.languages is None:
            return self._as_written(self._tokenize(text, is_framed=True))
        first = self.forced_bos_token_id(target_lang)
        body = self._tokenize(text, is_framed=False)
        return body.framed([] if first is None else [first], [self.eos_token_id], self._name)

    def _as_written(self, target: TokenizedText) -> TokenizedText:
        ids = target.ids
        start = 1 if ids and ids[0] == self._start_token_id else 0
        end = [] if ids and ids[-1] == self.eos_token_id else [self.eos_token_id]
        inner = TokenizedText(target.text, ids[start:], target.pieces[start:], target.spans[start:])
        return inner.framed([], end, self._name)

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        return None if self.languages is None else self.languages.forced(target_lang)

    def decode(self, token_ids: list[int]) -> str:
        """The text of target ids, without blanks at its ends."""
        shown = [token_id for token_id in token_ids if token_id not in self._special_ids]
        if self._line_end_id in shown:
            return "".join(self._lines(shown)).strip()
        return self._text(shown).strip()

    def _text(self, token_ids: list[int]) -> str:
        text: str = self._backend.decode(token_ids, skip_special_tokens=False)
        return text

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        shown = [i for i, token_id in enumerate(token_ids) if token_id not in self._special_ids]
        chunks = self._lines([token_ids[i] for i in shown])
        offsets: list[Span] = []
        end = 0
        for chunk in chunks:
            offsets.append((end, end + len(chunk)))
            end += len(chunk)
        return decoded_text("".join(chunks), offsets, shown, token_ids, [*map(self._name, token_ids)])

    def _lines(self, token_ids: list[int]) -> list[str]:
        """What each token adds to the text; lines begin and end without blanks."""
        chunks: list[str] = []
        start = 0
        for i, token_id in enumerate(token_ids):
            if token_id == self._line_end_id:
                chunks += [*_without_blanks(self._chunks(token_ids[start:i])), "\n"]
                start = i + 1
        rest = self._chunks(token_ids[start:])
        return [*chunks, *_without_blanks(rest)] if chunks else rest

    def _chunks(self, token_ids: list[int]) -> list[str]:
        """What each token adds to the text; a part of a character adds nothing until it is whole."""
        stream = DecodeStream(skip_special_tokens=False)
        chunks = [stream.step(self._backend, token_id) or "" for token_id in token_ids]
        text: str = self._backend.decode(token_ids, skip_special_tokens=False)
        # The stream keeps back what is never completed: bytes at the end that are no character.
        missing = text[sum(map(len, chunks)) :]
        if missing:
            chunks[-1] += missing
        return chunks

    def _tokenize(self, text: str, *, is_framed: bool) -> TokenizedText:
        encoding = self._backend.encode(text, add_special_tokens=is_framed)
        offsets = encoding.offsets  # a new list of all of them at every reading
        shown = [i for i, is_special in enumerate(encoding.special_tokens_mask) if not is_special]
        spans: list[Span | None] = [None] * len(offsets)
        for i, span in zip(shown, text_spans(text, [offsets[i] for i in shown]), strict=True):
            spans[i] = span
        return TokenizedText(text=text, ids=encoding.ids, pieces=encoding.tokens, spans=spans)

    def _name(self, token_id: int) -> str:
        return self._backend.id_to_token(token_id) or ""


def _without_blanks(chunks: list[str]) -> list[str]:
    """The parts of a line, of which nothing but blanks was taken at both its ends."""
    for order, strip in ((range(len(chunks)), str.lstrip), (reversed(range(len(chunks))), str.rstrip)):
        for i in order:
            chunks[i] = strip(chunks[i])
            if chunks[i]:
                break
    return chunks


def read_backend(folder: Path) -> tokenizers.Tokenizer:
    """That of a folder's `tokenizer.json`; `CheckpointError` where it is missing or damaged."""
    path = folder / TOKENIZER_FILE
    try:
        backend = tokenizers.Tokenizer.from_file(str(path))
        backend.encode("")  # what a post-processor lacks shows only now
        return backend
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as e:  # tokenizers raises no narrower type, and where its Rust panics no `Exception`
        raise CheckpointError(f"{path} is missing or damaged ({e}): download it again") from e


def read_tokenizer_settings(folder: Path) -> dict[str, Any]:
    """Of `special_tokens_map.json` and `tokenizer_config.json`, as far as they are there."""
    settings: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            # What one file leaves open, the other may say.
            content = read_json(folder / name)
            settings |= {key: value for key, value in content.items() if value or key not in settings}
    return settings


def _scheme(
    settings: Mapping[str, Any], backend: tokenizers.Tokenizer, vocabulary: Mapping[str, int]
) -> LanguageScheme | None:
    name = str(settings.get("tokenizer_class", "")).removesuffix("Fast")
    if name == "NllbTokenizer":
        return NLLB_LEGACY if settings.get("legacy_behaviour") else NLLB
    named = {"MBart50Tokenizer": MBART50, "MBartTokenizer": MBART, "PLBartTokenizer": PLBART}
    if name in named:
        return named[name]
    if sum(MADLAD.token.fullmatch(token) is not None for token in vocabulary) > 1:
        return MADLAD
    # Not every folder names the class, and newer versions of `transformers` name one for all families.
    return scheme_of_frame(backend.encode("", add_special_tokens=True).tokens)


def _language(name: str, scheme: LanguageScheme | None) -> str:
    """The code of a language that settings name by its code or by its token."""
    match = None if scheme is None else scheme.token.fullmatch(name)
    return name if match is None else match[1]


def last_token(vocabulary: Mapping[str, int], special_ids: Collection[int]) -> tuple[str, int]:
    """The token with the largest id, special ones left out."""
    texts = ((token_id, token) for token, token_id in vocabulary.items() if token_id not in special_ids)
    token_id, token = max(texts, default=(-1, ""))
    return token, token_id


def _special_ids(backend: tokenizers.Tokenizer, settings: Mapping[str, Any]) -> set[int]:
    """Tokens that are no text: those that the file marks and those that the settings name."""
    ids = {i for i, token in backend.get_added_tokens_decoder().items() if token.special}
    named = [settings.get(name) for name in SPECIAL_TOKENS]
    for name in SPECIAL_LISTS:
        values = settings.get(name)
        named += values if isinstance(values, list) else []
    for value in named:
        token_id = backend.token_to_id(token_content(value) or "")
        if token_id is not None:
            ids.add(token_id)
    return ids


def token_content(value: object) -> str | None:
    """A special token's text, which a configuration gives as a string or as `{"content": ...}`."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None
