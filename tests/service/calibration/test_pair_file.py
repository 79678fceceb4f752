from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.calibration.pair_file import PairFileError, TextPair, read_pairs, spread

SECRET = "geheim"


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_lines_are_pairs_and_blank_ones_are_nothing(tmp_path: Path) -> None:
    pairs = read_pairs(written(tmp_path, "\ufeffOne\tUm\r\n\r\n  Two \tDois\u2028três\n"))
    assert pairs == [TextPair("One", "Um"), TextPair("Two", "Dois\u2028três")]


def test_sources_may_stand_alone(tmp_path: Path) -> None:
    assert read_pairs(written(tmp_path, "One\nTwo\n")) == [TextPair("One"), TextPair("Two")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{SECRET}\tx\n{SECRET}\n", "line 2 has no tab, the first line has one"),
        (f"{SECRET}\n\n{SECRET}\tx\n", "line 3 has a tab, the first line has none"),
        (f"{SECRET}\tx\ty\n", "line 1 has 2 tabs"),
        (f"{SECRET}\t \n", "line 1: translation is empty"),
        (f"\t{SECRET}\n", "line 1: source is empty"),
        (" \n\n", "holds no text"),
        (f"{SECRET}\xff".encode("latin-1"), "not valid UTF-8: see byte 6; save it"),
    ],
)
def test_a_fault_is_told_by_its_line_and_without_the_text(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(PairFileError, match=said) as raised:
        read_pairs(written(tmp_path, content))
    assert SECRET not in str(raised.value)


@given(st.integers(0, 60), st.integers(1, 60))
def test_a_sample_comes_from_the_whole_file_in_its_order(num_pairs: int, at_most: int) -> None:
    pairs = [TextPair(str(i)) for i in range(num_pairs)]
    chosen = spread(pairs, at_most)
    places = [int(pair.source) for pair in chosen]
    assert len(chosen) == min(num_pairs, at_most)
    assert places == sorted(set(places))
    if places:
        assert places[0] == 0
        assert num_pairs - places[-1] <= -(-num_pairs // len(places))
