"""From generation parameters to the decoding method that follows them."""

from __future__ import annotations

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams, SentenceStop
from crosslate.models.engine.search.beam import BeamSearch, BeamSettings, BestCandidates, SampledCandidates
from crosslate.models.engine.search.chooser import TokenChooser
from crosslate.models.engine.search.rules import SearchRules
from crosslate.models.engine.search.sampling import (
    BestToken,
    IndependentLanes,
    SampledToken,
    lane_generators,
    make_warpers,
)
from crosslate.models.engine.search.validation import validate_params


def make_chooser(
    params: GenerationParams,
    source_ids: list[int],
    limits: RunnerLimits,
    stop: SentenceStop | None = None,
) -> TokenChooser | None:
    """The decoding method for one sequence; None for plain greedy search, which needs no state.

    `params` have the checkpoint's defaults applied; what is None still means `transformers`' default, and
    for `max_new_tokens` as many as the model takes.

    Raises:
        InvalidParamsError: the parameters contradict each other, or the model cannot follow them.
    """
    validate_params(params, limits)
    rules = SearchRules.of(params, source_ids, limits, stop)
    if (params.num_beams or 1) > 1:
        return _beam_search(params, rules)
    return _independent_lanes(params, rules)


def _beam_search(params: GenerationParams, rules: SearchRules) -> BeamSearch:
    settings = BeamSettings(
        num_beams=params.num_beams or 1,
        num_return_sequences=params.num_return_sequences or 1,
        length_penalty=1.0 if params.length_penalty is None else params.length_penalty,
        early_stopping=params.early_stopping or False,
    )
    # A beam needs a token to go on with beside every way to end.
    warpers = make_warpers(params, min_tokens=1 + len(rules.limits.eos_token_ids)) if params.do_sample else []
    return BeamSearch(
        settings=settings,
        picker=SampledCandidates(lane_generators(params.seed, 1)[0])
        if params.do_sample
        else BestCandidates(),
        warpers=warpers,
        rules=rules,
    )


def _independent_lanes(params: GenerationParams, rules: SearchRules) -> IndependentLanes | None:
    if not params.do_sample and not rules.processors:
        return None
    num_lanes = params.num_return_sequences or 1
    picker = (
        SampledToken(make_warpers(params, min_tokens=1), lane_generators(params.seed, num_lanes))
        if params.do_sample
        else BestToken()
    )
    return IndependentLanes(num_lanes=num_lanes, picker=picker, rules=rules)
