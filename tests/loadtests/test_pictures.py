from __future__ import annotations

import random

from loadtests.pictures import EXPECTED, make_request, run


def test_the_mix_has_words_of_all_kinds() -> None:
    generator = random.Random(0)
    requests = [make_request(generator) for _ in range(500)]
    texts = [body["source"] for body, _ in requests]
    assert min(map(len, texts)) == 0
    assert max(map(len, texts)) > 1000
    assert max(len(text.split(" ")) for text in texts) > 250
    assert {accept for _, accept in requests} == {"image/png", "image/svg+xml"}


async def test_odd_pictures_are_drawn_or_refused_and_leave_nothing_behind() -> None:
    statuses, growth_mib = await run(25, num_warm_up=3)
    assert set(statuses) == EXPECTED
    assert growth_mib < 300
