"""Where tags come to stand in translations, with the starter models in this process.

    python -m loadtests.eval_markup
    python -m loadtests.eval_markup --gold FOLDER_OF_XL_WA --from en --to pt
    python -m loadtests.eval_markup --url http://127.0.0.1:8000

First the sentences of `tests/data/markup`: the share of tags at the gold place, and of answers with the
same tags as their source, well nested. Then what tags cost: the time of the CPU for the same sentences
without them, with two each. With `--gold` (word links by hand, as for `eval_alignment`) spans of one to four
words, drawn at random, are placed in the given translation by the model's links, and compared with the words
of the gold links. With `--url` the sentences of one direction with two tags each, and the same without, are
sent to a running service in turns, one a request: what tags cost there.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from crosslate.models.checkpoints.model_files import starter_names
from crosslate.service.loading.loading import load_local_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.elements import Element
from crosslate.service.pipeline.placement.placement import place
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import AlignRequest, Allowance, TranslationRequest
from crosslate.service.settings.config import ModelSettings
from loadtests.alignment_gold import GoldPair, Span, read_gold, token_spans
from loadtests.arguments import parser_of
from loadtests.client import Target, check_is_local, closed_loop_rate

GOLD = Path("tests/data/markup/placed.jsonl")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>\w+)[^>]*>")
_VOID = frozenset({"img", "br"})
_ALLOWANCE = Allowance(timeout_s=600)
_MAX_WORDS = 4
_REPEATS = 20
"""Of the sentences in a turn."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One of the gold set."""

    source_lang: str
    target_lang: str
    text: str
    placed: tuple[str, ...]
    """With the tags where they belong; any of these."""


def read_sentences(path: Path = GOLD) -> list[Sentence]:
    """Those of a file."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Sentence(one["from"], one["to"], one["text"], tuple(one["placed"])) for one in lines]


def stripped(text: str) -> str:
    """Without tags."""
    return _TAG.sub("", text)


def elements_of(text: str) -> list[tuple[str, Span]] | None:
    """The tags that begin elements, and where they stand in the text without tags; None if ill nested."""
    found: list[tuple[str, Span]] = []
    path: list[tuple[str, str, int]] = []
    at = done = 0
    for tag in _TAG.finditer(text):
        at += tag.start() - done
        done = tag.end()
        if tag["name"] in _VOID:
            found.append((tag.group(), (at, at)))
        elif not tag["end"]:
            path.append((tag["name"], tag.group(), at))
        elif not path or path[-1][0] != tag["name"]:
            return None
        else:
            _, opening, start = path.pop()
            found.append((opening, (start, at)))
    return None if path else found


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of the tags of a sentence."""

    num_tags: int
    num_right: int
    is_whole: bool
    """All of them there, and well nested."""
    has_gold_words: bool


def judged(sentence: Sentence, found: str) -> Placed:
    """Compare a translation with the gold."""
    given, elements = elements_of(sentence.text) or [], elements_of(found)
    is_whole = elements is not None and Counter(t for t, _ in given) == Counter(t for t, _ in elements)
    right = [
        sum((Counter(elements or []) & Counter(elements_of(gold) or [])).values())
        for gold in sentence.placed
        if stripped(gold) == stripped(found)
    ]
    return Placed(len(given), max(right, default=0), is_whole, bool(right))


async def translated(translator: Translator, sentences: Sequence[Sentence], text_format: str) -> list[str]:
    """The translations of them all."""
    requests = [
        TranslationRequest(
            text=one.text if text_format == "html" else stripped(one.text),
            source_lang=one.source_lang,
            target_lang=one.target_lang,
            text_format="html" if text_format == "html" else "text",
        )
        for one in sentences
    ]
    return [result.text for result in await translator.translate_all(requests, _ALLOWANCE)]


async def place_gold(translator: Translator) -> None:
    sentences = read_sentences()
    found = await translated(translator, sentences, "html")
    plain = await translated(translator, sentences, "text")
    results = [judged(one, text) for one, text in zip(sentences, found, strict=True)]
    for sentence, text, result in zip(sentences, found, results, strict=True):
        if result.num_right < result.num_tags or not result.is_whole:
            print(f"  {sentence.text}\n  {text}\n")
    num_tags = sum(one.num_tags for one in results)
    print(f"{len(sentences)} sentences, {num_tags} tags")
    print(f"at the gold place   {100 * sum(one.num_right for one in results) / num_tags:5.1f} %")
    print(f"same and balanced   {100 * sum(one.is_whole for one in results) / len(results):5.1f} %")
    same = sum(stripped(one) == other for one, other in zip(found, plain, strict=True))
    print(f"words as without    {100 * same / len(results):5.1f} %")
    print(f"translation of gold {100 * sum(one.has_gold_words for one in results) / len(results):5.1f} %")


def _with_two_tags() -> list[Sentence]:
    return [one for one in read_sentences() if len(elements_of(one.text) or []) == 2]


async def compare_speed(translator: Translator, rounds: int) -> None:
    """Sentences with two tags against the same without, in turn."""
    sentences = _with_two_tags()
    seconds = dict.fromkeys(("text", "html"), 0.0)
    for _ in range(rounds):
        for text_format in seconds:
            started = time.process_time()
            await translated(translator, sentences, text_format)
            seconds[text_format] += time.process_time() - started
    print(
        f"speed with two tags {100 * seconds['text'] / seconds['html']:5.1f} % of that without, by CPU time"
    )


async def compare_rates(target: Target, num_clients: int, rounds: int) -> None:
    """As `compare_speed`, of a running service: sentences per second."""
    languages = target.source_lang, target.target_lang
    tagged = [one.text for one in _with_two_tags() if (one.source_lang, one.target_lang) == languages]
    texts = {"text": [stripped(one) for one in tagged], "html": tagged}
    rates: dict[str, list[float]] = {text_format: [] for text_format in texts}
    for _ in range(rounds + 1):
        for text_format, some in texts.items():
            asked = replace(target, text_format=text_format)
            rates[text_format].append(await closed_loop_rate(asked, some * _REPEATS, num_clients))
    ratios = [tags / none for none, tags in zip(*(kept[1:] for kept in rates.values()), strict=True)]
    plain, html = (statistics.median(kept[1:]) for kept in rates.values())
    print(
        f"{plain:.0f} sentences a second, {html:.0f} with two tags: {100 * statistics.median(ratios):.1f} %, "
        f"{100 * min(ratios):.1f} to {100 * max(ratios):.1f} % in {rounds} rounds"
    )


async def place_random_spans(
    translator: Translator, pairs: Sequence[GoldPair], source_lang: str, target_lang: str, num_spans: int
) -> None:
    chance = random.Random(0)
    whole, contiguous = Counter[str](), Counter[str]()
    for pair in pairs:
        request = AlignRequest(
            source=pair.source, target=pair.target, source_lang=source_lang, target_lang=target_lang
        )
        _, result = await translator.align(request, _ALLOWANCE)
        for words in _drawn(pair, chance, num_spans):
            gold = {target for source, target in pair.sure if words[0] <= source < words[1]}
            gold = _with_letters(pair.target, gold)
            if gold:
                found = _placed(pair, result.links, words)
                counts = Counter(spans=1, both=len(found & gold), found=len(found), gold=len(gold))
                counts["empty"] = not found
                whole += counts
                if gold == _with_letters(pair.target, set(range(min(gold), max(gold) + 1))):
                    contiguous += counts
    for name, counts in (("all spans", whole), ("contiguous ones", contiguous)):
        f1 = 200 * counts["both"] / (counts["found"] + counts["gold"])
        empty = 1000 * counts["empty"] / counts["spans"]
        print(f"{name}: {counts['spans']}, F1 {f1:.1f}, each once, empty {empty:.1f} per 1,000")


def _drawn(pair: GoldPair, chance: random.Random, num_spans: int) -> Iterator[Span]:
    num_words = len(token_spans(pair.source))
    for _ in range(num_spans):
        size = min(chance.randint(1, _MAX_WORDS), num_words)
        start = chance.randint(0, num_words - size)
        yield start, start + size


def _placed(pair: GoldPair, links: Sequence[Link], words: Span) -> set[int]:
    """The target's words that a span of the source's is put around."""
    tokens = token_spans(pair.source)
    span = tokens[words[0]][0], tokens[words[1] - 1][1]
    start, end = place([Element(span)], links, pair.source, pair.target).spans()[0]
    targets = token_spans(pair.target)
    return _with_letters(pair.target, {i for i, (a, b) in enumerate(targets) if a < end and start < b})


def _with_letters(text: str, words: set[int]) -> set[int]:
    spans = token_spans(text)
    return {number for number in words if any(map(str.isalnum, text[slice(*spans[number])]))}


@contextmanager
def starters() -> Iterator[Translator]:
    """A translator over them."""
    loaded = [load_local_model(ModelSettings(id=name), num_threads=1) for name in starter_names()]
    try:
        served = [model.served for model in loaded]
        yield Translator(ModelCatalog([model for model in served if model.task == "translation"]))
    finally:
        for model in loaded:
            model.engine.close()


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--from", dest="source_lang", default="en")
    parser.add_argument("--to", dest="target_lang", default="pt")
    parser.add_argument("--spans", type=int, default=10, help="drawn for each pair")
    parser.add_argument("--rounds", type=int, default=5, help="of the comparison of speed")
    parser.add_argument("--url", help="of a service on this machine: its speed alone")
    parser.add_argument("--clients", type=int, default=16, help="of the service at a time")
    options = parser.parse_args()
    if options.url:
        check_is_local(options.url)
        target = Target(options.url, options.source_lang, options.target_lang)
        asyncio.run(compare_rates(target, options.clients, options.rounds))
        return
    with starters() as translator:
        if options.gold:
            pairs = read_gold(options.gold)
            languages = options.source_lang, options.target_lang
            asyncio.run(place_random_spans(translator, pairs, *languages, options.spans))
            return

        async def both() -> None:
            await place_gold(translator)
            await compare_speed(translator, options.rounds)

        asyncio.run(both())


if __name__ == "__main__":
    main()
