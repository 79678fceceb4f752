from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.parts.part import Reader
from crosslate.service.pipeline.summarization.reading.chunking import balanced_groups, cut_into_chunks
from crosslate.service.pipeline.summarization.reading.sentences import read_sentences
from tests.service.pipeline.fakes import FakeTokenizer
from tests.service.pipeline.summarization.helpers import numbered


@given(sizes=st.lists(st.integers(1, 30), max_size=40), max_size=st.integers(1, 60))
def test_groups_are_consecutive_few_and_within_the_limit(sizes: list[int], max_size: int) -> None:
    groups = balanced_groups(sizes, max_size)
    assert list(itertools.chain.from_iterable(groups)) == list(range(len(sizes)))
    totals = [sum(sizes[i] for i in group) for group in groups]
    assert all(total <= max_size or len(group) == 1 for total, group in zip(totals, groups, strict=True))
    if max(sizes, default=0) <= max_size:
        # Two neighbours that fit together would be one group too many.
        fewest = 0
        room = 0
        for size in sizes:
            if size > room:
                fewest, room = fewest + 1, max_size
            room -= size
        assert len(groups) == fewest


def test_groups_are_of_like_size() -> None:
    assert [len(group) for group in balanced_groups([10] * 11, 100)] == [6, 5]


def test_more_groups_than_have_to_be() -> None:
    assert [len(group) for group in balanced_groups([10] * 11, 100, num_groups=4)] == [3, 3, 3, 2]
    assert [len(group) for group in balanced_groups([10] * 11, 30, num_groups=2)] == [3, 3, 3, 2]
    assert [len(group) for group in balanced_groups([10, 10], 100, num_groups=5)] == [1, 1]


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=30),
    window=st.integers(8, 60),
    separator=st.sampled_from([" ", "\n\n", "\n- "]),
)
def test_every_sentence_is_in_one_chunk_and_no_chunk_exceeds_the_window(
    lengths: list[int], window: int, separator: str
) -> None:
    text = separator.join(
        " ".join(f"w{n}x{i}" for i in range(length)) + "." for n, length in enumerate(lengths)
    )
    reader = Reader(FakeTokenizer())
    sentences = read_sentences(text, "en", {})
    chunking = cut_into_chunks(sentences, reader, window)
    assert all(len(chunk.ids) <= window for chunk in chunking.chunks)
    words = [word for chunk in chunking.chunks for word in chunk.text.replace(".", " ").split()]
    assert words == [f"w{n}x{i}" for n, length in enumerate(lengths) for i in range(length)]
    spans = [chunk.span for chunk in chunking.chunks]
    assert spans == sorted(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    # A sentence is a word or more and a full stop; the window keeps one place for the end token.
    assert chunking.num_split == sum(length + 1 > window - 1 for length in lengths)


def test_joining_may_cost_tokens() -> None:
    class CountsBlanks(FakeTokenizer):
        """As byte-level tokenizers do."""

        def encode_source(
            self, text: str, source_lang: str | None = None, target_lang: str | None = None
        ) -> list[int]:
            return [*range(1, len(text) + 1), 0]

    sentences = read_sentences(numbered(20, words=3), "en", {})
    chunks = cut_into_chunks(sentences, Reader(CountsBlanks()), 64).chunks
    assert all(len(chunk.ids) <= 64 for chunk in chunks)
    assert sum(chunk.text.count(".") for chunk in chunks) == 20
