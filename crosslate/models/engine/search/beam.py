"""Beam search over the lanes of one sequence: what `transformers`' `generate` returns, step by step.

Several rules look arbitrary and are kept because the outputs must be equal: more candidates than beams are
drawn, so that beams survive when all the best ones end; of these only the first W may finish; and
`early_stopping=False` compares the running beams at their present length (transformers#20901).

Shapes: W lanes (beams), V vocabulary, K candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.models.engine.search.chooser import LaneChoice
from crosslate.models.engine.search.continuations import Continuation, best_continuations
from crosslate.models.engine.search.history import LaneHistory
from crosslate.models.engine.search.processors import dead_end_error
from crosslate.models.engine.search.rules import SearchRules
from crosslate.models.engine.search.sampling import Warper, warped

if TYPE_CHECKING:
    from crosslate.models.engine.scores.logits import LaneScores

# All lanes start alike: the first must win everywhere in the first step.
UNUSED_BEAM_SCORE = -1.0e9
# No output comes near it: what scores less descends from an unused beam or holds a banned token.
LOWEST_REAL_SCORE = UNUSED_BEAM_SCORE / 2


@dataclass(frozen=True, slots=True)
class Beam:
    """An unfinished output: lane `parent` of the step before, and one more token."""

    parent: int
    token: int
    score: float
    """Sum of the processed log-probabilities: what the search maximises."""
    log_prob: float
    """Sum of the model's own log-probabilities."""

    @property
    def is_real(self) -> bool:
        """Whether it stands for an output that is possible. False for NaN."""
        return self.score > LOWEST_REAL_SCORE


@dataclass(frozen=True, slots=True)
class FinishedBeam:
    """A finished output and its length-penalised score, by which it is ranked."""

    ranking_score: float
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSettings:
    """What the search maximises and when it stops, in the terms of `transformers.GenerationConfig`."""

    num_beams: int
    num_return_sequences: int
    length_penalty: float
    early_stopping: bool | Literal["never"]


class BestCandidates:
    """Beam search proper: the candidates with the highest scores."""

    def pick(self, scores: torch.Tensor, num_candidates: int) -> torch.Tensor:
        """Of `scores` (W, V), flattened, the indices of the best, best first: (K,)."""
        return scores.flatten().topk(num_candidates).indices


class SampledCandidates:
    """Beam sampling: candidates drawn without replacement from all beams' continuations."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def pick(self, scores: torch.Tensor, num_candidates: int) -> torch.Tensor:
        """Of `scores` (W, V), flattened, the indices of the drawn, best first: (K,)."""
        if not bool(scores.amax() > LOWEST_REAL_SCORE):
            # Nothing can be drawn: any candidates will do, since none is real.
            return torch.arange(num_candidates, device=scores.device)
        # On the host, where the generator is
        probabilities = scores.flatten().softmax(dim=0).cpu()
        drawn = torch.multinomial(probabilities, num_candidates, generator=self._generator)
        drawn = drawn.to(scores.device)
        # In the order of drawing a bad one could be among those that may finish, before a better one.
        return drawn[scores.flatten()[drawn].argsort(descending=True)]


class BeamSearch:
    """Searches with W beams for the outputs with the best length-penalised score.

    It returns `num_return_sequences` hypotheses, fewer only where fewer different outputs are possible.
    """

    def __init__(
        self,
        *,
        settings: BeamSettings,
        picker: BestCandidates | SampledCandidates,
        warpers: Sequence[Warper],
        rules: SearchRules,
    ) -> None:
        self._settings = settings
        self._picker = picker
        self._warpers = tuple(warpers)
        self._rules = rules
        num_beams = settings.num_beams
        self._history = LaneHistory(num_beams, rules.limits.decoder_start_token_id, rules.max_new_tokens)
        # Every beam may propose each end token; as many again must be left to go on with.
        self._num_candidates = max(2, 1 + len(rules.limits.eos_token_ids)) * num_beams
        self._scores = [0.0] + [UNUSED_BEAM_SCORE] * (num_beams - 1)
        self._log_probs = [0.0] * num_beams
        self._finished: list[FinishedBeam] = []

    def choose(self, scores: LaneScores) -> LaneChoice:
        """Extend the beams by a token.

        Raises:
            InvalidParamsError: the parameters leave no output possible.
        """
        num_beams = self._settings.num_beams
        candidates = self._candidates(scores)
        is_last = self._history.step + 1 == self._rules.max_new_tokens
        self._finish([beam for beam in candidates[:num_beams] if is_last or self._ends(beam)])
        running = [beam for beam in candidates if not self._ends(beam)][:num_beams]
        # Of beams at the end of their sentence hardly any continuation is left.
        unused = Beam(0, self._rules.limits.pad_token_id, UNUSED_BEAM_SCORE, 0.0)
        running += [unused] * (num_beams - len(running))
        tokens = [beam.token for beam in running]
        parents = [beam.parent for beam in running]
        if is_last or not self._can_improve(running[0]):
            return LaneChoice(tokens, parents, self._hypotheses())
        self._history.append(tokens, parents)
        self._scores = [beam.score for beam in running]
        self._log_probs = [beam.log_prob for beam in running]
        return LaneChoice(tokens, parents, None)

    def _candidates(self, scores: LaneScores) -> list[Beam]:
        """The K continuations considered in this step, best first."""
        found = self._best_continuations(scores)
        if found is not None:
            return [Beam(c.lane, c.token, c.total, self._log_probs[c.lane] + c.log_prob) for c in found]
        return self._picked(scores.all())

    def _picked(self, logits: torch.Tensor) -> list[Beam]:
        """The same from all scores (W, V), under any rules."""
        step = self._history.step
        log_probs = logits.log_softmax(dim=1)
        scores = warped(self._rules.processors(log_probs, self._history.tokens, step), self._warpers)
        # (W, V) + (W, 1) -> (W, V)
        totals = scores + scores.new_tensor(self._scores)[:, None]
        picked = self._picker.pick(totals, self._num_candidates)
        total_scores: list[float] = totals.flatten()[picked].tolist()
        if self._rules.processors.is_forced(step):
            token_log_probs = [0.0] * len(total_scores)
        else:
            token_log_probs = log_probs.flatten()[picked].tolist()
        vocab_size = logits.shape[1]
        return [
            Beam(
                index // vocab_size,
                index % vocab_size,
                score,
                self._log_probs[index // vocab_size] + log_prob,
            )
            for index, score, log_prob in zip(picked.tolist(), total_scores, token_log_probs, strict=True)
        ]

    def _best_continuations(self, scores: LaneScores) -> list[Continuation] | None:
        """The short way to the candidates; None where they are drawn, or rules change scores."""
        if self._warpers or not isinstance(self._picker, BestCandidates):
            return None
        banned = self._rules.processors.bans(self._history.tokens, self._history.step)
        if banned is None:
            return None
        return best_continuations(scores, self._scores, banned, self._num_candidates)

    def _ends(self, beam: Beam) -> bool:
        return beam.token in self._rules.limits.eos_token_ids or self._ends_before(beam)

    def _ends_before(self, beam: Beam) -> bool:
        """Whether the output is over without the last token."""
        return self._history.ends_before(beam.token, beam.parent, self._rules.stop)

    def _finish(self, beams: list[Beam]) -> None:
        """Take `beams` among the finished, of which the best W are kept."""
        real = [beam for beam in beams if beam.is_real]
        longer = [beam for beam in real if not self._ends_before(beam)]
        ended = {beam.parent for beam in longer}
        whole = {beam.parent: beam for beam in real if beam.parent not in ended}
        finished = [
            *self._finished,
            *map(self._finished_beam, longer),
            *map(self._parent, whole.values()),
        ]
        finished.sort(key=lambda beam: beam.ranking_score, reverse=True)
        self._finished = finished[: self._settings.num_beams]

    def _finished_beam(self, beam: Beam) -> FinishedBeam:
        token_ids = [*self._history.generated(beam.parent), beam.token]
        length = len(token_ids)
        # An end that is forced at the limit is there whatever the model had still to say.
        is_cut = length == self._rules.max_new_tokens and self._rules.processors.is_forced(length - 1)
        is_whole = beam.token in self._rules.limits.eos_token_ids and not is_cut
        reason = FinishReason.STOP if is_whole else FinishReason.LENGTH
        return self._as_finished(token_ids, beam.score, beam.log_prob, reason)

    def _parent(self, beam: Beam) -> FinishedBeam:
        """What the beam is without its last token."""
        token_ids = self._history.generated(beam.parent)
        score, log_prob = self._scores[beam.parent], self._log_probs[beam.parent]
        return self._as_finished(token_ids, score, log_prob, FinishReason.LENGTH)

    def _as_finished(
        self, token_ids: list[int], score: float, log_prob: float, reason: FinishReason
    ) -> FinishedBeam:
        length = len(token_ids)
        hypothesis = Hypothesis(token_ids=token_ids, score=log_prob / length, finish_reason=reason)
        return FinishedBeam(score / length**self._settings.length_penalty, hypothesis)

    def _can_improve(self, best: Beam) -> bool:
        """Whether going on from `best`, the best running beam, may change the result."""
        if not best.is_real:
            return False
        if len(self._finished) < self._settings.num_beams:
            return True
        if self._settings.early_stopping is True:
            return False
        return self._attainable_score(best) > self._finished[-1].ranking_score

    def _attainable_score(self, best: Beam) -> float:
        """An estimate of the ranking score that a running beam may reach."""
        length_penalty = self._settings.length_penalty
        # With a positive penalty long outputs score better: only at full length is it an upper bound.
        at_full_length = self._settings.early_stopping == "never" and length_penalty > 0
        length = self._rules.max_new_tokens if at_full_length else self._history.step + 1
        return best.score / length**length_penalty

    def _hypotheses(self) -> list[Hypothesis]:
        if not self._finished:
            raise dead_end_error(self._history.step)
        return [beam.hypothesis for beam in self._finished[: self._settings.num_return_sequences]]
