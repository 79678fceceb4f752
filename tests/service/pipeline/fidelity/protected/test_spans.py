from __future__ import annotations

from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected, united, without_overlaps


def test_of_two_spans_that_overlap_the_longer_stays() -> None:
    first, second, third = ((0, 4), (0, 6), (5, 9))
    spans = [Protected(span, Kind.CODE) for span in (first, second, third)]
    assert [one.span for one in without_overlaps(spans)] == [second]


def test_spans_that_overlap_are_one() -> None:
    spans = [((0, 4), Kind.TAG), ((2, 6), Kind.PATTERN), ((6, 7), Kind.TAG), ((8, 12), Kind.CODE)]
    found = united(Protected(span, kind) for span, kind in [*spans, ((9, 10), Kind.TAG)])
    assert found == [
        Protected((0, 6), Kind.PATTERN),
        Protected((6, 7), Kind.TAG),
        Protected((8, 12), Kind.CODE),
    ]
