"""Tags in the starter models' translations, against the places that a reader gave them."""

from __future__ import annotations

from collections import Counter

from loadtests.eval_markup import judged, read_sentences, starters, stripped, translated


async def test_tags_stand_at_the_gold_places_and_the_words_are_those_without_tags() -> None:
    sentences = read_sentences()
    assert len(sentences) >= 150
    with starters() as translator:
        found = await translated(translator, sentences, "html")
        assert [stripped(text) for text in found] == await translated(translator, sentences, "text")
    results = [judged(one, text) for one, text in zip(sentences, found, strict=True)]
    assert all(result.is_whole for result in results)
    counts = Counter(tags=sum(one.num_tags for one in results), right=sum(one.num_right for one in results))
    assert counts["right"] >= 0.95 * counts["tags"]
