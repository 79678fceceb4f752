"""What the measurement of glossaries counts."""

from __future__ import annotations

from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from loadtests.eval_glossary import glossary_of, occurrences, occurs, of_reference, shuffled

TERMS = {"mask": ["máscara"], "face mask": ["máscara facial", "máscara"], "WHO": ["OMS"]}


def test_terms_are_counted_once_and_whole() -> None:
    assert occurrences(TERMS, "A face mask, a Mask; who unmasks the WHO?") == ["face mask", "mask", "WHO"]
    assert occurs("OMS", "A oms disse") is True
    assert occurs("OMS", "OMSA") is False


def test_of_the_reference_are_those_that_it_has() -> None:
    assert of_reference(TERMS, "The WHO likes a mask.", "A OMS gosta.") == ["WHO"]
    assert glossary_of(TERMS, ["WHO"]) == (GlossaryEntry("WHO", "OMS"),)


def test_shuffled_terms_keep_their_targets_among_themselves() -> None:
    assert sorted(forms[0] for forms in shuffled(TERMS, 1).values()) == ["OMS", "máscara", "máscara facial"]
