"""What is asked of an engine and what it answers: plain data, without torch."""

from __future__ import annotations

import dataclasses
import itertools
import math
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.extraction import Extraction

_request_ids = itertools.count()
_flows = itertools.count(secrets.randbits(63))


def new_flow() -> int:
    """What the requests of one caller have in common: an engine gives each flow its fair share.

    Unlike any other flow's, of other processes too, each of which counts from a place of its own: to ask the
    system for random bits gives Python's lock away, and to get it back takes as long as an engine likes.
    """
    return next(_flows)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of an engine that belongs to one owner, however many flows of his are under way."""

    owner: str
    weight: float = 1.0
    """Against the weights of the others that wait; above 0."""

    def __post_init__(self) -> None:
        if not 0 < self.weight < math.inf:
            raise ValueError("the weight of a share must be above 0")


class FinishReason(StrEnum):
    """Why a sequence ended. Every request gets exactly one.

    An end token that is forced where the limit is reached is no `STOP`.
    """

    STOP = "stop"
    LENGTH = "length"
    ABORT = "abort"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationParams:
    """How to decode. `None` means: as the checkpoint's own generation config says.

    The names and meanings are those of `transformers.GenerationConfig`.
    """

    num_beams: int | None = None
    num_return_sequences: int | None = None
    max_new_tokens: int | None = None
    min_new_tokens: int | None = None
    length_penalty: float | None = None
    early_stopping: bool | Literal["never"] | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    encoder_no_repeat_ngram_size: int | None = None
    do_sample: bool | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    bad_words_ids: tuple[tuple[int, ...], ...] | None = None
    suppress_tokens: tuple[int, ...] | None = None
    begin_suppress_tokens: tuple[int, ...] | None = None
    forced_bos_token_id: int | None = None
    forced_eos_token_id: int | None = None

    def over(self, defaults: GenerationParams) -> GenerationParams:
        """These parameters, with `defaults` where nothing is given."""
        given = {
            f.name: value for f in dataclasses.fields(self) if (value := getattr(self, f.name)) is not None
        }
        return dataclasses.replace(defaults, **given) if given else defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionSelection:
    """Which cross-attention a request wants back.

    `layer=None` returns every layer and head, `(L, H, T, S)`; otherwise the mean over `heads`
    (all of them when `heads` is None) of one decoder layer, `(T, S)`.

    `row` says which decoder step stands for target token `y_t`: "output" is the step that
    *produces* it, "input" the next one, which *reads* it (Shift-Att, Chen et al. 2020). A final end token is
    never read, so that its row is that of the step that produces it either way.
    """

    layer: int | None = None
    heads: tuple[int, ...] | None = None
    row: Literal["input", "output"] = "output"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    source_ids: list[int]
    flow: int | None = None
    """Whose request it is, see `new_flow`; None: nobody else's."""
    share: Share | None = None
    """What the flow belongs to; None: to the one share, of weight 1, of all that have none of their own."""
    is_admitted: bool = False
    """Part of a flow whose first part was taken: a full queue does not refuse it."""
    request_id: int = field(default_factory=lambda: next(_request_ids))


@dataclass(frozen=True, slots=True)
class SentenceStop:
    """An output that has `after` tokens goes on to the end of its sentence only.

    It is over, for its length, before a token that begins a word behind one that ends a sentence: "3." alone
    may yet become "3.5".
    """

    after: int
    marks: bytes
    """For each token of the target vocabulary `ENDS_SENTENCE`, `BEGINS_WORD`, both (by `|`) or 0."""

    ENDS_SENTENCE: ClassVar[int] = 1
    BEGINS_WORD: ClassVar[int] = 2

    def is_over(self, num_tokens: int, last: int, token: int) -> bool:
        """Whether an output of so many tokens, of which this was the last one, ends before `token`."""
        return (
            num_tokens >= self.after
            and self._mark(last) & self.ENDS_SENTENCE > 0
            and self._mark(token) & self.BEGINS_WORD > 0
        )

    def _mark(self, token: int) -> int:
        return self.marks[token] if token < len(self.marks) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest(_Request):
    """Generate from `source_ids` (complete: with the source's end token and language tags)."""

    params: GenerationParams = GenerationParams()
    attention: AttentionSelection | None = None
    extraction: Extraction | None = None
    """What the output may be, where it is not written freely."""
    stop: SentenceStop | None = None
    """Where it ends, besides at an end token and at `max_new_tokens`."""
    drafts: tuple[tuple[int, ...], ...] = ()
    """Outputs that are not written but read, whole and at once, their end tokens included: a hypothesis for
    each, the likeliest first. They take no slot, and nothing is forbidden in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentRequest(_Request):
    """Attend from a given target, with its end token, to a given source. Nothing is generated."""

    target_ids: list[int]
    attention: AttentionSelection = AttentionSelection()
    encoder_scale: float | None = None
    """Given: no attention, but a softmax over this scale times the cosine of the encoder's states, `(T, S)`.
    The target is then read by the encoder, too: `target_ids` are those of a source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One finished output: ids without the start token and with the end token (where it was reached)."""

    token_ids: list[int]
    score: float
    """Mean natural log-probability of the tokens, the end token included."""
    finish_reason: FinishReason
    attention: FloatArray | None = None
    copied_from: tuple[int, ...] | None = None
    """Of an extract: the place of each of its tokens, the end apart, in the source."""
    preferred: tuple[int, ...] | None = None
    """Of a draft: the token that the model finds likeliest at each place, behind those of the draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOutput:
    """The one terminal answer to a request: `hypotheses` best first, one or more unless it failed."""

    request_id: int
    finish_reason: FinishReason
    hypotheses: tuple[Hypothesis, ...] = ()
    attention: FloatArray | None = None
    """For an `AlignmentRequest`; a generated hypothesis carries its own."""
    num_source_tokens: int = 0
    queue_s: float = 0.0
    encode_s: float = 0.0
    decode_s: float = 0.0
    align_s: float = 0.0
    """For the attention that the request asked for; in one pass with those that ended with it."""
    error: str | None = None

    @property
    def token_ids(self) -> list[int]:
        """Of the best hypothesis; empty for a failed request."""
        return self.hypotheses[0].token_ids if self.hypotheses else []

    @property
    def score(self) -> float:
        """Of the best hypothesis; 0 for a failed request."""
        return self.hypotheses[0].score if self.hypotheses else 0.0
