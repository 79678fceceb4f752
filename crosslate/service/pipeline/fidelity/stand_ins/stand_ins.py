"""What a model reads in the place of what it is not to translate: a short name that it copies."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

from crosslate.service.pipeline.language.languages import base_language

LATIN_LETTERS = r"\da-zA-ZªºÀ-ÖØ-öø-ɏ\u0300-\u036fḀ-ỿ"
"""Of which stand-ins are made themselves: a longer word of these letters is another."""
_MAX_PAIRS = 4
"""Languages that a model is tried in when it is loaded."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A form of names with a number in it, such as `X1`, `X2`."""

    before: str
    after: str = ""
    first: int = 1

    def names(self, text: str) -> Iterator[str]:
        """Names that do not stand in `text`, whatever their case."""
        folded = text.casefold()
        names = (f"{self.before}{number}{self.after}" for number in count(self.first))
        return (name for name in names if name.casefold() not in folded)

    @property
    def name(self) -> str:
        """The first of them."""
        return f"{self.before}{self.first}{self.after}"


FORMS = (
    StandIn("X"),
    StandIn("%"),
    StandIn("99", "1"),
    StandIn("Q"),
    StandIn("XX"),
    StandIn("(", ")"),
)
"""In the order in which they are tried."""


class Choice(NamedTuple):
    """What came of trying a model."""

    forms: tuple[StandIn, ...]
    num_lost: int
    """By the first of them."""
    num_tried: int


@cache
def _samples() -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Sequence[str]] = json.loads(
        Path(__file__).with_name("samples.json").read_text(encoding="utf-8")
    )
    return found


def samples_of(lang: str) -> Sequence[str]:
    """Sentences in a language with `{}` in the place of what is protected; none where it is not known."""
    return _samples().get(base_language(lang), ())


def tried_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of a model's pairs of languages that it is tried in."""
    return [(source, target) for source, target in pairs if samples_of(source)][:_MAX_PAIRS]


async def chosen_forms(
    translate: Callable[[Sequence[str], str, str], Awaitable[Sequence[str]]],
    pairs: Sequence[tuple[str, str]],
) -> Choice:
    """The forms, those first that a model copies most faithfully.

    Args:
        translate: texts, from which language, into which.
        pairs: the model's, of which a few are tried. Where there are no sentences in any of its languages,
            the order is that of `FORMS`.
    """
    lost = dict.fromkeys(FORMS, 0)
    num_tried = 0
    for source, target in tried_pairs(pairs):
        num_tried += sum(sample.count("{}") for sample in samples_of(source))
        for form in FORMS:
            sentences = [_filled(sample, form) for sample in samples_of(source)]
            outputs = await translate([text for text, _ in sentences], source, target)
            for (_, names), output in zip(sentences, outputs, strict=True):
                lost[form] += sum(len(occurrences(name, output)) != 1 for name in names)
            if not lost[form]:
                break
    forms = tuple(sorted(FORMS, key=lambda form: lost[form]))
    return Choice(forms, lost[forms[0]], num_tried)


def _filled(sample: str, form: StandIn) -> tuple[str, Sequence[str]]:
    """A sentence with stand-ins, and these."""
    names = list(islice(form.names(sample), sample.count("{}")))
    return sample.format(*names), names


def occurrences(name: str, text: str) -> list[tuple[int, int]]:
    """Where a stand-in is in an output: as a word of its own, or beside letters of another script.

    Chinese and Thai set no blank there, Korean and Hebrew write small words in one with it.
    """
    edge_before = rf"(?<![{LATIN_LETTERS}])" if name[0].isalnum() else r"(?<!\d)"
    edge_after = rf"(?![{LATIN_LETTERS}])" if name[-1].isalnum() else ""
    pattern = edge_before + re.escape(name) + edge_after
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
