from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.signs.last_stops import single_stop
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize("text", ["It fell in 476 AD.", "It fell in AD 476.", "At 5 p.m.", "Ask Acme Inc."])
def test_the_stop_of_an_abbreviation_ends_the_sentence(text: str) -> None:
    stop = single_stop(text)
    assert stop is not None
    assert stop.restored(DerivedText.of("Caiu em 476 d.C..")).text == "Caiu em 476 d.C."
    assert stop.restored(DerivedText.of("E depois...")).text == "E depois..."
    assert stop.restored(DerivedText.of("Ali.")).text == "Ali."


@pytest.mark.parametrize("text", ["It fell.", "It fell in AD 476", "Wait...", "In 1990."])
def test_other_sentences_are_as_they_are(text: str) -> None:
    assert single_stop(text) is None
