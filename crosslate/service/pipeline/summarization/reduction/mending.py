"""What a model wrote for a chunk, put right: without what is cut, said twice, or not the text's.

Everything is decided sentence by sentence, by what stands before: so the beginning of what is written can be
put right, and given on, while the rest is still to come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.sentences.splitting import sentence_spans
from crosslate.service.pipeline.summarization.reading.sentences import is_finished
from crosslate.service.pipeline.summarization.reduction.support import Source, repetitions
from crosslate.service.pipeline.text.origin import DerivedText

_NEXT = " Smith"
"""Behind the end of a sentence another one may begin so, and none behind "Mr."."""
_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+(?=\S)|[。！？][”’»)\]」』]*\s*(?=\S)")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The texts of chunks as evidence for their summaries, each read once. Sentences end as in `lang`."""

    lang: str
    _read: dict[str, Source] = field(default_factory=dict)

    def of(self, text: str) -> Source:
        """A text as evidence."""
        if text not in self._read:
            self._read[text] = Source.read(text, self.lang)
        return self._read[text]


@dataclass(frozen=True, slots=True)
class Mender:
    """Puts what was written for one chunk right.

    Args:
        lang: sentences end as in it.
        drops_repetitions: sentences that say again what an earlier one has said leave.
        source: if given, what the chunk says: its sentences stand for those that have facts of their own.
    """

    lang: str
    drops_repetitions: bool = True
    source: Source | None = None

    def mended(self, output: PartOutput) -> PartOutput:
        """A whole output; what the model did not write stays as it is."""
        if output.is_stand_in:
            return output
        whole = self._whole(output)
        answer = self._edited(whole.answer)
        return whole if answer.text == whole.answer.text else replace(whole, answer=answer)

    def is_cut(self, output: PartOutput) -> bool:
        """Whether an output lacks the end of its last sentence."""
        is_limited = output.finish_reason == "length" and not output.is_stand_in
        return is_limited and not ends_a_sentence(output.text, self.lang)

    def replaces(self, output: PartOutput) -> bool:
        """Whether a sentence of the text stands for one of the output's."""
        return any(new for _, new in self._edits(self._whole(output).text))

    def beginning(self, text: str) -> str:
        """Of an output that so far has this text: what is certain whatever comes."""
        start = sentence_starts(text, self.lang, is_whole=False)[-1]
        return self._edited(DerivedText.of(text[:start].rstrip())).text

    def _whole(self, output: PartOutput) -> PartOutput:
        """Without a last sentence that the limit cut, unless there is no other."""
        if not self.is_cut(output):
            return output
        start = sentence_starts(output.text, self.lang)[-1]
        end = len(output.text[:start].rstrip())
        return replace(output, answer=output.answer.part(0, end)) if end else output

    def _edited(self, answer: DerivedText) -> DerivedText:
        edited = answer.edited(self._edits(answer.text))
        return edited.part(0, len(edited.text.rstrip()))

    def _edits(self, text: str) -> list[tuple[Span, str]]:
        starts = sentence_starts(text, self.lang)
        ends = [*starts[1:], len(text)]
        found = [self._replacement(text, span) for span in zip(starts, ends, strict=True)]
        said = [text[slice(*span)] if new is None else new for span, new in found]
        repeated = set(repetitions(said)) if self.drops_repetitions else set()
        edits: list[tuple[Span, str]] = []
        for i, ((span, new), end) in enumerate(zip(found, ends, strict=True)):
            if i in repeated:
                edits.append(((span[0], end), ""))
            elif new is not None:
                edits.append((span, new))
        return edits

    def _replacement(self, text: str, span: Span) -> tuple[Span, str | None]:
        """What stands for a sentence, without the blanks behind it, if anything does."""
        trimmed = span[0], span[0] + len(text[slice(*span)].rstrip())
        return trimmed, None if self.source is None else self.source.replacement(text, trimmed)


class Certain:
    """What is certain of an output that comes bit by bit: all of that, in order, is how its text begins."""

    def __init__(self, mender: Mender) -> None:
        self._mender = mender
        self._written = ""
        self._given = ""

    def feed(self, text: str) -> str:
        """What has become certain with more text, possibly empty."""
        self._written += text
        known = self._mender.beginning(self._written)
        if not known.startswith(self._given):
            return ""
        new = known[len(self._given) :]
        self._given = known
        return new


def ends_a_sentence(text: str, lang: str) -> bool:
    """Whether its last sentence is whole."""
    return is_finished(text) and sentence_starts(text + _NEXT, lang)[-1] > len(text)


def sentence_starts(text: str, lang: str, *, is_whole: bool = True) -> list[int]:
    """Where the sentences of an output begin, 0 among them; of one that is still to grow, where that is sure.

    Each is decided by its own sentence and the first word of the next one: so all that is sure stays.
    """
    starts = [0]
    for match in _END.finditer(text):
        place = match.end()
        blank = _BLANK.search(text, place)
        known = (
            place + 1 if match.group() == match.group().rstrip() else blank.start() if blank else len(text)
        )
        if not is_whole and known >= len(text):
            break
        part = text[starts[-1] : known]
        if any(starts[-1] + start == place for start, _ in sentence_spans(part, lang)):
            starts.append(place)
    return starts
