"""Whether a summary's sentences say what the text says: copied words, numbers, names and units.

A check of words, not of meaning: it finds what a small model makes up or says twice, in any language with
blanks between words. It does not see what is swapped or turned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.sentences.splitting import sentence_spans

_WORD = re.compile(r"\w+(?:[.,:'’/-]\w+)*|[%$€£¥°]")
_NUMBER = re.compile(r"(?<!\w)\d+(?:[.,:/-]\d+)*(?!\w)")
_MEASURE = re.compile(r"(?<!\w)\d+(?:[.,:/-]\d+)*\s?(?:[%°]\w?|[^\W\d_]{1,3}\b)")
_NAME = re.compile(r"(?:(?<=\w )|(?<=\w[,;] ))[A-ZÀ-ÖØ-Þ][^\W_]+(?:['’-][^\W_]+)*")
_MIN_CONTENT = 4
_REPEATED = 0.8
"""Of the content words of the shorter of two sentences: one says the other again."""
_LOST_BY_A_FACT = 0.5
_NEAR = 0.4
"""Of a sentence's content words, in one of the text that it goes back to."""


@dataclass(frozen=True, slots=True)
class Support:
    """What a sentence of a summary, at `span` of it, rests on."""

    span: Span
    faithfulness: float
    """0 to 1: the share of its content words that one source sentence has, halved by each unsupported fact"""
    is_copied: bool
    """Its words stand so in the text."""
    unsupported: tuple[Span, ...]
    """Numbers, names and measures of it that the text does not have."""


class Source:
    """A text as evidence for its summary."""

    def __init__(self, text: str, sentences: Sequence[Span]) -> None:
        self._run = _run(text)
        self._squeezed = _squeezed(text)
        self._text, self._spans = text, sentences
        self._sentences = [frozenset(_content(text[start:end])) for start, end in sentences]

    @classmethod
    def read(cls, text: str, lang: str) -> Source:
        """With sentences that end as in `lang`."""
        return cls(text, list(sentence_spans(text, lang)))

    def support(self, summary: str, span: Span) -> Support:
        """Of a sentence of the summary."""
        sentence = summary[slice(*span)]
        is_copied = _run(sentence) in self._run
        found = () if is_copied else tuple(self._unsupported(summary, span))
        share = 1.0 if is_copied else self._share(sentence)
        return Support(span, round(share * _LOST_BY_A_FACT ** len(found), 4), is_copied, found)

    def replacement(self, summary: str, span: Span) -> str | None:
        """What may stand for a sentence of the summary that has facts which the text does not have.

        The nearest sentence of the text; None where there is nothing to replace it for, or none is near.
        """
        if not self.support(summary, span).unsupported:
            return None
        words = frozenset(_content(summary[slice(*span)]))
        shared = [len(words & held) / max(len(words), 1) for held in self._sentences]
        best = max(range(len(shared)), key=shared.__getitem__, default=0)
        return self._text[slice(*self._spans[best])].strip() if shared and shared[best] >= _NEAR else None

    def num_unsupported(self, summary: str, spans: Sequence[Span]) -> int:
        """Facts of these sentences of a summary that the text does not have."""
        return sum(len(self.support(summary, span).unsupported) for span in spans)

    def _share(self, sentence: str) -> float:
        words = frozenset(_content(sentence))
        nearest = max((len(words & held) for held in self._sentences), default=0)
        return nearest / len(words) if words else 1.0

    def _unsupported(self, summary: str, span: Span) -> Iterator[Span]:
        end = 0
        for match in sorted(
            (m for pattern in (_MEASURE, _NUMBER, _NAME) for m in pattern.finditer(summary, *span)),
            key=lambda m: (m.start(), -m.end()),
        ):
            if match.start() < end:
                continue
            end = match.end()
            if not self._has(match.group()):
                yield match.span()

    def _has(self, fact: str) -> bool:
        if _run(fact) in self._run:
            return True
        # "5km" and "5 km" are one thing; the end of "15km" is another.
        return re.search(rf"(?<![^\W_]){re.escape(_squeezed(fact))}", self._squeezed) is not None


def repetitions(texts: Sequence[str]) -> list[int]:
    """Indices of sentences that say again what an earlier one has said."""
    sets = [frozenset(_content(text)) for text in texts]
    return [
        i
        for i, words in enumerate(sets)
        if any(len(words & old) >= _REPEATED * min(len(words), len(old)) > 1 for old in sets[:i])
    ]


def _run(text: str) -> str:
    """Its words in lower case between blanks, so that runs of words are found as parts."""
    return f" {' '.join(word.lower() for word in _WORD.findall(text))} "


def _squeezed(text: str) -> str:
    return "".join(text.split()).lower()


def _content(text: str) -> list[str]:
    return [w.lower() for w in _WORD.findall(text) if len(w) >= _MIN_CONTENT or w[0].isdigit()]
