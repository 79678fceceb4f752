"""What sentences look like in texts of different kinds."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.summarization.features import features
from crosslate.service.pipeline.summarization.sentences import read_prose
from crosslate.service.pipeline.summarization.units import read_units
from loadtests.quality.texts import read_texts

TENANCY = (
    "The tenant shall pay the rent on the third working day of each month. Furthermore, the landlord may"
    " charge interest if a payment is late. The deposit shall be returned to the tenant."
)
TERMS = (
    "you keep all rights to your content. furthermore you grant us a licence to show it. we may terminate"
    " your account at any time without prior notice."
)


def features_of(text: str) -> dict[str, list[float]]:
    return features(read_units(text, read_prose(text, "en", {})))


@pytest.mark.parametrize("text", [TENANCY, TERMS])
def test_a_contract_is_known_by_its_words_with_capitals_or_without(text: str) -> None:
    found = features_of(text)
    assert found["contract_first"] == [1.0, 0.0, 0.0]
    assert found["contract_relative"] == [0.0, 0.5, 1.0]
    assert found["contract_dependent"] == [0.0, 1.0, 0.0]


def test_no_text_of_another_kind_is_read_as_a_contract() -> None:
    """The texts that acceptance is measured on hold none."""
    found = [features_of(text.text)["contract_first"][0] for text in read_texts()]
    assert len(found) == 63
    assert sum(found) == 0
