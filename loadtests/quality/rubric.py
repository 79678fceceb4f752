"""The rubric: what a summary must be for a strict reader to accept it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from loadtests.quality.sentences import Harm, Source, loops, repeats, words_of
from loadtests.quality.texts import OTHER_LANGUAGE, MarkedText, summary_units
from training.gap_sentences import content_words

Length = Literal["headline", "short", "medium", "long", "auto"]
SAID_SHARE = 0.8
"""Of a quotation's content words, in a sentence that says it."""
MIN_WORDS = 4
MAX_SHARE: dict[Length, float] = {"headline": 0.35, "short": 0.35, "medium": 0.5, "long": 0.75, "auto": 0.5}
"""Of the source's words. One whole sentence is never too long, but as a headline."""
MAX_SHORT_WORDS, MAX_HEADLINE_WORDS = 50, 20
UNSPELLABLE = ("⁇", "<unk>", "\ufffd")


@dataclass(frozen=True, slots=True)
class Output:
    """A summary; `is_flagged` if it was refused, or came with a warning about its language."""

    text: str
    is_flagged: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rubric found. Counts are of sentences; a sentence may be in several."""

    id: str
    kind: str
    summary: str
    sentences: int
    changed: list[str] = field(default_factory=list)
    """Sentences that are not of the source, even with what may safely be left out."""
    harms: list[Harm] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    repeats: int = 0
    unspellable: int = 0
    is_right_length: bool = True
    hit: float | None = None
    """Share of the main points that are said; None where none are marked."""
    accepted: bool = False

    def as_json(self) -> dict[str, object]:
        """For comparing runs."""
        return asdict(self)


def judge(marked: MarkedText, output: Output, length: Length) -> Judgement:
    """All checks on one summary."""
    if marked.kind == OTHER_LANGUAGE:
        return Judgement(marked.id, marked.kind, output.text, 0, accepted=output.is_flagged)
    is_headline = length == "headline"
    source = Source(marked.text, is_headline=is_headline)
    sentences = summary_units(output.text)
    standing = {sentence: source.standing(sentence) for sentence in sentences}
    changed = [s for s in sentences if standing[s] == "changed"]
    fragments = [s for s in sentences if standing[s] == "fragment"]
    harms = {s: source.harms(s) for s in changed}
    num_repeats = repeats(sentences) + sum(map(loops, changed))
    num_unspellable = sum(
        any(sign in s and sign not in marked.text for sign in UNSPELLABLE) for s in sentences
    )
    sound = [s for s in sentences if not harms.get(s)]
    # A headline says the point where it was made of the sentence that does, however little is left of it.
    hit = share_said(marked.points, [source.nearest(s) for s in sound] if is_headline else sound)
    is_right_length = has_right_length(sentences, marked.text, length)
    # A short summary of five topics has room for two of them, a headline for one.
    num_needed = {"headline": 1, "short": 2}.get(length)
    needed = min(num_needed / len(marked.points), 1.0) if num_needed else 0.6
    return Judgement(
        marked.id,
        marked.kind,
        output.text,
        len(sentences),
        changed=changed,
        harms=[harm for found in harms.values() for harm in found],
        fragments=fragments,
        repeats=num_repeats,
        unspellable=num_unspellable,
        is_right_length=is_right_length,
        hit=hit,
        accepted=not (changed or fragments or num_repeats or num_unspellable)
        and is_right_length
        and hit >= needed,
    )


def share_said(points: Sequence[Sequence[str]], sentences: Sequence[str]) -> float:
    """How many of the points any of the sentences says; leave out those harmed in their facts."""
    held = [set(content_words(sentence)) for sentence in sentences]
    said = [any(_is_said(quotation, words) for quotation in point for words in held) for point in points]
    return sum(said) / len(points)


def _is_said(quotation: str, words: set[str]) -> bool:
    wanted = set(content_words(quotation))
    return len(wanted & words) >= SAID_SHARE * len(wanted)


def has_right_length(sentences: Sequence[str], text: str, length: Length) -> bool:
    """At least some words, and no more than the length allows."""
    num_words = sum(len(words_of(sentence)) for sentence in sentences)
    if num_words < MIN_WORDS:
        return False
    if length == "headline":
        return num_words <= MAX_HEADLINE_WORDS
    if len(sentences) == 1:
        return True
    is_within = num_words <= MAX_SHARE[length] * len(words_of(text))
    return is_within and (length != "short" or num_words <= MAX_SHORT_WORDS)
