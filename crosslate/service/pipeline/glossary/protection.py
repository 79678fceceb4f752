"""What looks like no language, though a glossary has a word for it: `Node.js` looks like an address."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.glossary.terms import FindTerms
from crosslate.service.pipeline.text.origin import DerivedText, place_in

_MAY_BE_TERMS = frozenset({Kind.ADDRESS, Kind.CODE, Kind.NUMBER})


def without_terms(
    protected: Sequence[Protected], given: DerivedText, find_terms: FindTerms | None
) -> Sequence[Protected]:
    """What of a part is protected, but for what is a term as a whole; a term within it stays as it is."""
    if find_terms is None or not any(one.kind in _MAY_BE_TERMS for one in protected):
        return protected
    places = {place_in(given, term.source) for term in find_terms(given, given.text)}
    return [one for one in protected if one.kind not in _MAY_BE_TERMS or one.span not in places]
