"""What a model wrote for a chunk, put right: without what is cut, said twice, or not the text's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from crosslate.models.tokenizer import Span
from crosslate.service.pipeline.part import PartOutput
from crosslate.service.pipeline.splitting import sentence_spans
from crosslate.service.pipeline.summarization.sentences import is_finished
from crosslate.service.pipeline.summarization.support import Source, repetitions


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


def supported(output: PartOutput, evidence: Evidence) -> PartOutput:
    """With sentences of the text for those that have numbers, names or measures which it does not have."""
    source = evidence.of(output.part.text)
    spans = _trimmed_sentences(output.text, evidence.lang)
    edits = [(span, new) for span in spans if (new := source.replacement(output.text, span)) is not None]
    return replace(output, answer=output.answer.edited(edits)) if edits else output


def without_repetitions(output: PartOutput, lang: str) -> PartOutput:
    """Without sentences that say again what an earlier one has said."""
    spans = list(sentence_spans(output.text, lang))
    repeated = repetitions([output.text[start:end] for start, end in spans])
    if not repeated:
        return output
    ends = [*(start for start, _ in spans[1:]), len(output.text)]
    edits = [((spans[i][0], ends[i]), "") for i in repeated]
    answer = output.answer.edited(edits)
    return replace(output, answer=answer.part(0, len(answer.text.rstrip())))


def without_cut_sentence(output: PartOutput, lang: str) -> PartOutput:
    """Without a last sentence that the limit cut, unless there is no other."""
    if output.finish_reason == "stop" or output.is_stand_in or is_finished(output.text):
        return output
    *whole, last = sentence_spans(output.text, lang)
    if not whole:
        return output
    end = len(output.text[: last[0]].rstrip())
    return replace(output, answer=output.answer.part(0, end))


def _trimmed_sentences(text: str, lang: str) -> Sequence[Span]:
    """Without the blanks after them."""
    starts = [start for start, _ in sentence_spans(text, lang)]
    ends = [*starts[1:], len(text)]
    return [(a, a + len(text[a:b].rstrip())) for a, b in zip(starts, ends, strict=True)]
