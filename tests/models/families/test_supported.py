from __future__ import annotations

import transformers
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES

from crosslate.models.families.registry import FAMILIES, REFUSED
from crosslate.models.families.supported import NATIVE, supported_families


def test_every_family_is_listed_once_with_an_example() -> None:
    families = supported_families()
    assert sorted(family.name for family in families) == sorted({*NATIVE, *FAMILIES})
    assert all(family.examples for family in families)
    assert {family.name: family.task for family in families}["led"] == "summarization"


def test_every_family_that_transformers_reads_text_with_is_served_or_refused_with_a_reason() -> None:
    known = MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES
    of_text = {name for name in known if "audio" not in getattr(transformers, known[name]).input_modalities}
    assert len(of_text) > 20
    assert of_text - FAMILIES.keys() == {"blenderbot", "blenderbot-small"} <= REFUSED.keys()
