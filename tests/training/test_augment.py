from __future__ import annotations

from training.augment import with_variants
from training.pairs import Pair

SENTENCES = [
    "Cats sleep in warm places.",
    "We measure how long cats sleep in boxes.",
    "Boxes were bought in three shops.",
    "The weather was fine on most days.",
    "Some cats left early.",
]
ABSTRACT = Pair("scitldr", " ".join(SENTENCES), "How long cats sleep in boxes is measured.")


def test_variants_lack_sentences_but_never_the_one_that_the_summary_is_from() -> None:
    pairs = with_variants([ABSTRACT], 20)
    assert pairs[0] == ABSTRACT
    assert len(pairs) == 21
    for variant in pairs[1:]:
        kept = [sentence for sentence in SENTENCES if sentence in variant.source]
        assert variant.source == " ".join(kept)
        assert SENTENCES[1] in kept
        assert 3 <= len(kept) < len(SENTENCES)
        assert (variant.kind, variant.target) == (ABSTRACT.kind, ABSTRACT.target)
    assert len({variant.source for variant in pairs}) > 5


def test_a_rerun_has_the_same_variants() -> None:
    assert with_variants([ABSTRACT], 5) == with_variants([ABSTRACT], 5)


def test_other_kinds_and_short_abstracts_have_none() -> None:
    others = [
        Pair("gap", ABSTRACT.source, ABSTRACT.target),
        Pair("scitldr", " ".join(SENTENCES[:3]), "Cats."),
    ]
    assert with_variants(others, 3) == others
    assert with_variants([ABSTRACT], 0) == [ABSTRACT]
