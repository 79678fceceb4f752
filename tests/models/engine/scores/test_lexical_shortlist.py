from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist, read_shortlist
from crosslate.models.errors import CheckpointError
from tests.models.marian_files import write_shortlist

LISTS = [[5, 9], [], [7], [5, 6, 8], [9]]
SOURCE_VOCAB, TARGET_VOCAB = len(LISTS), 10


def read(path: Path, *, is_shared: bool = False) -> LexicalShortlist:
    return read_shortlist(
        path, source_vocab_size=SOURCE_VOCAB, target_vocab_size=TARGET_VOCAB, is_shared=is_shared
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lex.bin"
    write_shortlist(path, LISTS, num_frequent=2)
    return path


def test_candidates_are_the_frequent_and_those_of_the_source(file: Path) -> None:
    shortlist = read(file)
    assert shortlist.candidates([0, 3, 3]).tolist() == [0, 1, 5, 6, 8, 9]
    assert shortlist.candidates([1]).tolist() == [0, 1]


def test_a_shared_vocabulary_lets_the_source_be_copied(file: Path) -> None:
    assert read(file, is_shared=True).candidates([2, 4, 4]).tolist() == [0, 1, 2, 4, 7, 9]


def test_a_shortlist_without_entries(tmp_path: Path) -> None:
    write_shortlist(tmp_path / "lex.bin", [[]] * SOURCE_VOCAB, num_frequent=3)
    assert read(tmp_path / "lex.bin").candidates([1, 2]).tolist() == [0, 1, 2]


def test_files_that_are_none(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "other.bin"
    whole = file.read_bytes()
    for content, match in [
        (b"", "it has 0 bytes"),
        (bytes(200), "magic number"),
        (whole[:-1], "cut short"),
        (whole[:60], "cut short"),
    ]:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=match):
            read(path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        read(tmp_path / "missing.bin")


@pytest.mark.parametrize(("source_vocab", "target_vocab"), [(4, 10), (6, 10), (5, 9)])
def test_another_vocabulary_is_noticed(file: Path, source_vocab: int, target_vocab: int) -> None:
    with pytest.raises(CheckpointError, match="made for another vocabulary"):
        read_shortlist(file, source_vocab_size=source_vocab, target_vocab_size=target_vocab, is_shared=False)


@pytest.mark.parametrize("num_frequent", [0, 11, 2**63])
def test_as_many_frequent_ids_as_there_are_and_one_at_least(tmp_path: Path, num_frequent: int) -> None:
    """The end token is among them."""
    write_shortlist(tmp_path / "lex.bin", LISTS, num_frequent=num_frequent)
    with pytest.raises(CheckpointError, match="is damaged"):
        read(tmp_path / "lex.bin")


@pytest.mark.parametrize("offsets", [(1, 2, 2, 3, 6, 7), (0, 3, 2, 3, 6, 7), (0, 2, 2, 3, 6, 8)])
def test_lists_that_lie_elsewhere_are_noticed(file: Path, offsets: tuple[int, ...]) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:48] + struct.pack("<6Q", *offsets) + whole[96:])
    with pytest.raises(CheckpointError, match="lie outside the file"):
        read(file)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_gives_a_checkpoint_error_or_a_shortlist_that_works(file: Path, data: st.DataObject) -> None:
    whole = file.read_bytes()
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=4), label="places"):
        damaged[place] = data.draw(st.integers(0, 255), label="byte")
    path = file.with_name("damaged.bin")
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)), label="length")])
    try:
        shortlist = read(path)
    except CheckpointError:
        return
    candidates = shortlist.candidates(range(SOURCE_VOCAB))
    assert 0 <= candidates.min() <= candidates.max() < TARGET_VOCAB
