"""How large the alignment matrices of translations will be, by their plans."""

from __future__ import annotations

from collections.abc import Iterable

from crosslate.service.pipeline.alignment.matrix_size import WITH_MATRIX, num_maps
from crosslate.service.pipeline.translation.planning import TranslationPlan


def expected_values(plans: Iterable[TranslationPlan]) -> int:
    """Values of all matrices, if every output is as long as its source or as the request lets it be."""
    return sum(map(_expected_values, plans))


def _expected_values(plan: TranslationPlan) -> int:
    request = plan.request
    if request.alignment not in WITH_MATRIX:
        return 0
    longest = request.params.max_new_tokens
    sources = [len(part.ids) for part in plan.parts]
    targets = sources if longest is None else [min(length, longest) for length in sources]
    maps = num_maps(request.alignment, plan.selection.model)
    if request.alignment == "full":
        maps *= 1 + request.num_alternatives  # the engine reads those of the others as well
    return maps * sum(sources) * sum(targets)
