"""What a checkpoint does differently for one task: T5's `task_specific_params`.

Words before a text tell it the task (`translate English to German: `), and it searches as was good for
that task.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crosslate.models.configs.generation_config import params_from_config
from crosslate.models.engine.request import GenerationParams
from crosslate.models.tokenizers.language_tokens import standard_tag
from crosslate.models.tokenizers.tokenizer import TokenizedText, Tokenizer

Pair = tuple[str, str]

_NOTHING = GenerationParams()
_TRANSLATION = re.compile(r"translation_([a-z]{2,3})_to_([a-z]{2,3})")


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """What a checkpoint's `task_specific_params` say."""

    translation: Mapping[Pair, str] = field(default_factory=dict)
    """Prefixes by (source, target), in the order of the configuration."""
    summarization: str = ""
    """What a text to be summarized begins with."""
    translation_params: Mapping[Pair, GenerationParams] = field(default_factory=dict)
    """Of the pairs that have any."""
    summarization_params: GenerationParams = field(default_factory=GenerationParams)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> TaskSettings:
        """From `config.json`."""
        given = config.get("task_specific_params") or {}
        tasks = {name: task for name, task in given.items() if isinstance(task, dict)}
        summarization = tasks.get("summarization", {})
        by_pair = {
            (standard_tag(match[1]), standard_tag(match[2])): task
            for name, task in tasks.items()
            if (match := _TRANSLATION.fullmatch(name))
        }
        return cls(
            {pair: task["prefix"] for pair, task in by_pair.items() if task.get("prefix")},
            summarization.get("prefix") or "",
            {pair: params_from_config(task) for pair, task in by_pair.items()},
            params_from_config(summarization),
        )

    @property
    def shared_params(self) -> GenerationParams:
        """Of all pairs; nothing where they differ."""
        different = list(self.translation_params.values())
        return different[0] if different and different.count(different[0]) == len(different) else _NOTHING


class PrefixedTokenizer(Tokenizer):
    """A tokenizer that puts a prefix before every source. Spans are those of the text alone."""

    def __init__(
        self, tokenizer: Tokenizer, by_pair: Mapping[tuple[str, str], str], otherwise: str = ""
    ) -> None:
        """`by_pair` has the prefixes by (source, target); `otherwise` is for what is in none of them."""
        # A prefix takes the place of another, it does not come before it.
        self._tokenizer: Tokenizer = (
            tokenizer._tokenizer if isinstance(tokenizer, PrefixedTokenizer) else tokenizer
        )
        self.unknown_token_id = tokenizer.unknown_token_id
        self._by_pair = by_pair
        self._otherwise = otherwise

    def encode_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> list[int]:
        """The ids of prefix and text, as one string."""
        prefix = self._prefix(source_lang, target_lang)
        return self._tokenizer.encode_source(prefix + text, source_lang, target_lang)

    def tokenize_source(
        self, text: str, source_lang: str | None = None, target_lang: str | None = None
    ) -> TokenizedText:
        """As `encode_source`, with spans; the prefix's tokens have none."""
        prefix = self._prefix(source_lang, target_lang)
        whole = self._tokenizer.tokenize_source(prefix + text, source_lang, target_lang)
        return whole.without_prefix(len(prefix))

    def tokenize_target(self, text: str, target_lang: str | None = None) -> TokenizedText:
        """The tokenizer's: targets have no prefix."""
        return self._tokenizer.tokenize_target(text, target_lang)

    def writing(self, target_lang: str | None) -> PrefixedTokenizer:
        return PrefixedTokenizer(self._tokenizer.writing(target_lang), self._by_pair, self._otherwise)

    def forced_bos_token_id(self, target_lang: str | None) -> int | None:
        return self._tokenizer.forced_bos_token_id(target_lang)

    def decode(self, token_ids: list[int]) -> str:
        return self._tokenizer.decode(token_ids)

    def detokenize(self, token_ids: list[int]) -> TokenizedText:
        return self._tokenizer.detokenize(token_ids)

    def _prefix(self, source_lang: str | None, target_lang: str | None) -> str:
        if source_lang is None or target_lang is None:
            return self._otherwise
        pair = standard_tag(source_lang), standard_tag(target_lang)
        return self._by_pair.get(pair, self._otherwise)
