from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.user_patterns import (
    MAX_PATTERN_LENGTH,
    MAX_PATTERNS,
    UserPatterns,
)


def test_what_a_pattern_matches_is_protected() -> None:
    text = "São as peças AB-12 e CD-345."
    spans = [one.span for one in UserPatterns([r"[A-Z]{2}-\d+", "x*"]).spans(text)]
    assert [text[slice(*span)] for span in spans] == ["AB-12", "CD-345"]


@pytest.mark.parametrize(
    ("patterns", "reason"),
    [
        (["a", "(b"], "pattern 1 is not valid"),
        (["(?=a)"], "no look-around"),
        (["a" * (MAX_PATTERN_LENGTH + 1)], "characters"),
        (["a"] * (MAX_PATTERNS + 1), "patterns"),
        (["((a{100}){100}){100}"], "pattern 0"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(patterns: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        UserPatterns(patterns)


def test_patterns_of_the_settings_count_for_no_limit_and_no_number() -> None:
    patterns = UserPatterns(["a"] * MAX_PATTERNS, ["b"])
    assert [one.span for one in patterns.spans("b")] == [(0, 1)]
    with pytest.raises(ValueError, match="pattern 0"):
        UserPatterns(["("], ["b"])


@pytest.mark.timeout(10)
def test_no_pattern_takes_long() -> None:
    assert UserPatterns([r"(a+)+$", r"(a|aa)+$"]).spans("a" * 100_000 + "b") == []
