"""Parameters of decoding that cannot have an effect beside the others: said, not passed over."""

from __future__ import annotations

from collections.abc import Iterable

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.notices import Notice

_WITHOUT_SAMPLING = "without do_sample"
_WITHOUT_BEAMS = "with a single beam"


def idle_params(given: GenerationParams, effective: Iterable[GenerationParams]) -> list[Notice]:
    """Of decoding; a value that changes nothing in any case, such as a temperature of 1, is none.

    Args:
        given: by the request.
        effective: what each model is asked for with it.
    """
    asked = list(effective)
    notices: list[Notice] = []
    if not any(params.do_sample for params in asked):
        neutral = {"temperature": 1, "top_k": 0, "top_p": 1}
        names = [name for name, value in neutral.items() if getattr(given, name) not in (None, value)]
        notices += ignored(names, _WITHOUT_SAMPLING)
    if not any((params.num_beams or 1) > 1 for params in asked):
        of_beams = {
            "length_penalty": given.length_penalty not in (None, 1),
            "early_stopping": given.early_stopping,
        }
        notices += ignored([name for name, is_given in of_beams.items() if is_given], _WITHOUT_BEAMS)
    return notices


def ignored(names: Iterable[str], why: str) -> list[Notice]:
    """A notice for each option that has no effect, and why."""
    return [Notice("option_ignored", f"{name} has no effect {why}.") for name in names]
