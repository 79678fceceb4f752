from __future__ import annotations

from crosslate.models.families.registry import FAMILIES
from crosslate.models.families.supported import NATIVE, supported_families


def test_every_family_is_listed_once_with_an_example() -> None:
    families = supported_families()
    assert sorted(family.name for family in families) == sorted({*NATIVE, *FAMILIES})
    assert all(family.examples for family in families)
    assert {family.name: family.task for family in families}["led"] == "summarization"
