"""What a summary may quote: sentences, and short turns of a conversation; and what each of them is.

A text's kind shows in its units: who speaks, what is a row of a table, where a paragraph begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.summarization.reading.sentences import Sentence

_STAMP = re.compile(r"\[?\d{1,2}:\d{2}(?::\d{2})?\]?(?:\s*[-–])?\s+(?=\S)")
_SPEAKER = re.compile(r"(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[^\W\d_][\w.'’-]*(?: [(\w][\w.'’)-]*){0,3}:(?=\s+\S)")
_BLANK_LINE = re.compile(r"\n\s*\n")
_CELL_END = re.compile(r"\||\t|(?<=\S) {3,}(?=\S)")
_NUMBER = re.compile(r"\d[\d.,:%]*")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_CITED_LINE = re.compile(r"[ \t]*>")
_CODE = re.compile(
    r"^(?:def|class|import|return|for|if|while)\b.*[:(]|[{};]\s*$|^>>>|\w\(\)|\w\([^)]*\)\.$|^\$ "
)
_FIELD = re.compile(
    r"(?:Present|Attending|Attendees|In attendance|Participants|Apologies|Regrets|Absent|Excused|Reported by|"
    r"Subject|From|To|Cc|Tel|Phone|Fax)(?:: | (?:were|was)(?:: | (?=[A-Z])))"
)
"""Who was there, and what else stands at the head of minutes, letters and tickets."""

MIN_WORDS = 4
"""Fewer are a greeting, a heading or a cell."""
MAX_TURN_WORDS = 45
"""What is said in one go stays together up to this length: a later sentence would lose its speaker."""
_MIN_TURNS, _TURN_SHARE = 3, 0.4
_MIN_LINES = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """Consecutive sentences that are quoted together, mostly one."""

    sentences: Sequence[Sentence]
    text: str
    """What it says, without a time stamp."""
    block: int
    """Number of the paragraph or list."""
    is_first: bool
    """Of its block."""
    source_text: str
    """As it stands in the text."""
    speaker: str | None
    """Who says it, if the text is a conversation and it begins with a name."""
    is_quotable: bool
    """It may stand in a summary."""
    is_cited: bool
    """Of a letter that is answered: lines with a `>`."""

    @property
    def words(self) -> list[str]:
        """Lower-case."""
        return words_of(self.text)

    @property
    def words_said(self) -> str:
        """Its text without the name of who speaks."""
        return self.text if self.speaker is None else self.text[len(self.speaker) + 1 :].lstrip()

    @property
    def span(self) -> Span:
        """In the text that was sent."""
        return _extent(self.sentences)


def read_units(text: str, sentences: Sequence[Sentence]) -> list[Unit]:
    """The units of `text`, which has these sentences."""
    lines = [_line_start(text, sentence.span[0]) for sentence in sentences]
    prefixes = [text[line : sentence.span[0]] for line, sentence in zip(lines, sentences, strict=True)]
    # What stands behind the mark of a list's item is a term, and nobody's name.
    labels = [
        _label(s.text) if not prefix.strip(" \t>") else None
        for prefix, s in zip(prefixes, sentences, strict=True)
    ]
    is_conversation = _are_turns(labels, num_lines=len(set(lines)))
    blocks = _blocks(text, sentences, lines)
    units: list[Unit] = []
    for group in _groups(sentences, lines, labels, is_conversation=is_conversation):
        members = [sentences[i] for i in group]
        said = " ".join(without_stamp(sentence.text) for sentence in members)
        block = blocks[group[0]]
        units.append(
            Unit(
                members,
                said,
                block,
                not units or units[-1].block != block,
                text[slice(*_extent(members))],
                labels[group[0]] if is_conversation else None,
                _is_quotable(members, said)
                and not _is_row(text[slice(*_extent(members))])
                and not _is_open_item(prefixes[group[0]], said),
                is_cited=_CITED_LINE.match(text, lines[group[0]]) is not None,
            )
        )
    return units


def words_of(text: str) -> list[str]:
    """Lower-case, numbers included."""
    return [word.lower() for word in _WORD.findall(text)]


def without_stamp(text: str) -> str:
    """Without the time at the beginning of a line of a log or chat."""
    return text[stamp_length(text) :]


def stamp_length(text: str) -> int:
    """Of the time at the beginning, and the blank after it."""
    match = _STAMP.match(text)
    return match.end() if match else 0


def _are_turns(labels: Sequence[str | None], *, num_lines: int) -> bool:
    """Whether these are who speaks, and not the terms that are explained, each of them once."""
    named = [label for label in labels if label]
    is_terms = len(set(named)) == len(named) and not any(label[0].isupper() for label in named)
    return len(named) >= max(_MIN_TURNS, _TURN_SHARE * num_lines) and not is_terms


def _label(text: str) -> str | None:
    match = _SPEAKER.match(without_stamp(text))
    return match[0][:-1] if match else None


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _blocks(text: str, sentences: Sequence[Sentence], lines: Sequence[int]) -> list[int]:
    """Each sentence's paragraph: between blank lines or, where there is none, a line of several sentences."""
    is_apart = [_BLANK_LINE.search(text, a.span[1], b.span[0]) is not None for a, b in pairwise(sentences)]
    num_lines = len(set(lines))
    if not any(is_apart) and num_lines >= _MIN_LINES and len(sentences) >= 2 * num_lines:
        is_apart = [a != b for a, b in pairwise(lines)]
    return list(accumulate(is_apart, initial=0))[: len(sentences)]


def _groups(
    sentences: Sequence[Sentence],
    lines: Sequence[int],
    labels: Sequence[str | None],
    *,
    is_conversation: bool,
) -> Iterator[list[int]]:
    """Indices of the sentences that stay together."""
    for _, found in groupby(range(len(sentences)), key=lambda i: lines[i]):
        line = list(found)
        num_words = sum(len(_WORD.findall(sentences[i].text)) for i in line)
        if is_conversation and labels[line[0]] and num_words <= MAX_TURN_WORDS:
            yield line
        else:
            yield from ([i] for i in line)


def _is_quotable(sentences: Sequence[Sentence], text: str) -> bool:
    words = _WORD.findall(text)
    return (
        all(sentence.is_prose for sentence in sentences)
        and len(words) >= MIN_WORDS
        and text[-1] not in ":,"
        and len(_NUMBER.findall(text)) < sum(word[0].isalpha() for word in words)
        and not _CODE.search(text)
        and not _FIELD.match(text)
    )


def _is_row(source: str) -> bool:
    """Of a table: several cells, side by side."""
    return len(_CELL_END.findall(source)) > 1


def _is_open_item(prefix: str, text: str) -> bool:
    """An item that goes on with the words before its list."""
    return bool(prefix.strip(" \t>")) and not any(c.isalnum() for c in prefix) and text[0].islower()


def _extent(sentences: Sequence[Sentence]) -> Span:
    return sentences[0].span[0], sentences[-1].span[1]
