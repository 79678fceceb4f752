from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.language.language_pairs import LanguagePairs
from crosslate.service.pipeline.language.languages import match_language, same_language

CODES = st.sampled_from(["en", "en-GB", "pt", "pt-BR", "zh-Hans", "zh-Hant", "de", "eng_Latn"])
PAIRS = st.lists(st.tuples(CODES, CODES), max_size=12)
ASKED = st.sampled_from(["en", "EN", "en-US", "pt_PT", "pt-BR", "zh", "zh-TW", "de-AT", "xx", "?"])


@given(PAIRS, ASKED, ASKED)
def test_pairs_are_found_among_the_targets_of_their_source(
    pairs: list[tuple[str, str]], source: str, target: str
) -> None:
    found = LanguagePairs(pairs).match(source, target)
    known = match_language(source, [s for s, _ in pairs])
    reachable = [t for s, t in pairs if s == known]
    if known is None or match_language(target, reachable) is None:
        assert found is None
    else:
        assert found in pairs
        assert found[0] == known
        if target in reachable:
            assert found[1] == target


@given(PAIRS, st.none() | ASKED, ASKED)
def test_the_nearest_pairs_have_the_target_then_the_source(
    pairs: list[tuple[str, str]], source: str | None, target: str
) -> None:
    def distance(pair: tuple[str, str]) -> tuple[bool, bool]:
        return not same_language(pair[1], target), source is None or not same_language(pair[0], source)

    nearest = LanguagePairs(pairs).nearest(source, target)
    every = list(dict.fromkeys(pairs))
    assert list(map(distance, nearest)) == sorted(map(distance, every))[:8]
    assert len(set(nearest)) == len(nearest) == min(8, len(every))


def test_thousands_of_pairs() -> None:
    names = [f"{a}{b}{c}" for a in "abcdef" for b in "abcdef" for c in "aeiou"]
    pairs = LanguagePairs((s, t) for s in names for t in names if s != t)
    assert len(pairs.sources) == len(names)
    assert pairs.match(names[3], names[-1]) is not None
    assert ("aaa", "aae") in pairs
    assert len(list(pairs.targets_of("aaa"))) == len(list(pairs.sources_of("aaa"))) == len(names) - 1
    assert pairs.targets_of("xyz") == ()
