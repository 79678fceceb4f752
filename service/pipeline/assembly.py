"""The output text from the translations of its pieces, with everything between them as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from models.engine.request import FinishReason, GenerationOutput, Hypothesis
from models.tokenizer import Span, Tokenizer
from service.pipeline.capitals import in_capitals
from service.pipeline.joining import joint
from service.pipeline.planning import Piece, TranslationPlan
from service.pipeline.types import Alternative


@dataclass(frozen=True, slots=True)
class TranslatedPiece:
    """A piece and one translation of it."""

    piece: Piece
    hypothesis: Hypothesis
    model_text: str
    """As the model wrote it, without blanks at its ends: those of the source stand around it."""

    @property
    def text(self) -> str:
        """As it goes into the output; every character is one of `model_text`."""
        return in_capitals(self.model_text, self.piece.text) if self.piece.is_in_capitals else self.model_text

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether the translation is whole."""
        return "length" if self.hypothesis.finish_reason is FinishReason.LENGTH else "stop"


@dataclass(frozen=True, slots=True)
class AssembledText:
    """A whole output: its text, and where each piece's translation stands in it, in code points."""

    text: str
    pieces: list[TranslatedPiece]
    spans: list[Span]

    @property
    def score(self) -> float:
        """Mean log-probability of all tokens; 0 when nothing was generated."""
        num_tokens = self.num_tokens
        total = sum(p.hypothesis.score * len(p.hypothesis.token_ids) for p in self.pieces)
        return total / num_tokens if num_tokens else 0.0

    @property
    def num_tokens(self) -> int:
        """Tokens generated, end tokens included."""
        return sum(len(piece.hypothesis.token_ids) for piece in self.pieces)


def piece_text(tokenizer: Tokenizer, token_ids: list[int]) -> str:
    """A translation as the model wrote it, without blanks at its ends."""
    return tokenizer.decode(token_ids).strip()


def gap_before(plan: TranslationPlan, index: int, written: str) -> str:
    """What to write before a piece, or, with the number of pieces, after the last.

    That is what stands there in the source, but for blanks between sentences (`joining`). `written` is the
    output so far, or its last characters.
    """
    text, pieces = plan.request.text, plan.pieces
    start = pieces[index - 1].span[1] if index > 0 else 0
    end = pieces[index].span[0] if index < len(pieces) else len(text)
    if 0 < index < len(pieces):
        return joint(
            text[start:end],
            before=pieces[index - 1].text,
            after=pieces[index].text,
            written=written,
            lang=plan.selection.target_lang,
        )
    return text[start:end]


def assemble(plan: TranslationPlan, outputs: Sequence[GenerationOutput], rank: int = 0) -> AssembledText:
    """The output text from each piece's hypothesis of this rank, or its last one where it has fewer."""
    tokenizer = plan.selection.model.tokenizer
    pieces = []
    for piece, output in zip(plan.pieces, outputs, strict=True):
        hypothesis = output.hypotheses[min(rank, len(output.hypotheses) - 1)]
        pieces.append(TranslatedPiece(piece, hypothesis, piece_text(tokenizer, hypothesis.token_ids)))
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    written = ""
    for index, translated in enumerate(pieces):
        gap = gap_before(plan, index, written)
        parts += [gap, translated.text]
        start = length + len(gap)
        length = start + len(translated.text)
        spans.append((start, length))
        written = translated.text or gap or written
    parts.append(gap_before(plan, len(pieces), written))
    return AssembledText("".join(parts), pieces, spans)


def alternatives(
    plan: TranslationPlan, outputs: Sequence[GenerationOutput], best: AssembledText
) -> list[Alternative]:
    """Other whole texts: the k-th takes every piece's k-th best translation. Equal texts are given once."""
    seen = {best.text}
    found: list[Alternative] = []
    for rank in range(1, plan.request.num_alternatives + 1):
        candidate = assemble(plan, outputs, rank)
        if candidate.text not in seen:
            seen.add(candidate.text)
            found.append(Alternative(candidate.text, candidate.score))
    return found


def piece_warnings(pieces: Sequence[TranslatedPiece]) -> list[str]:
    """What the person who reads the translation has to know about its pieces."""
    warnings: list[str] = []
    for number, piece in enumerate(pieces, start=1):
        if piece.finish_reason == "length":
            warnings.append(
                f"Segment {number} reached the limit of output tokens "
                f"({len(piece.hypothesis.token_ids)}); its translation is cut there."
            )
        elif not piece.text:
            warnings.append(f"Segment {number} has an empty translation.")
    return warnings
