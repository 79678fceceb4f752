"""What speaks for a unit to be said in a summary of its text: place, words, signs of what matters.

The words are English, as those of the model that the weights are fitted for. What the model itself makes of
the text is apart from this: the engine has it.

Shapes: N units, F features.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from crosslate.models.arrays import FloatArray, IntArray
from crosslate.service.pipeline.summarization.extraction.cues import (
    ANNOUNCEMENT,
    CUES,
    DANGLING,
    DATE,
    DEPENDENT,
)
from crosslate.service.pipeline.summarization.extraction.kinds import is_contract, of_kinds
from crosslate.service.pipeline.summarization.extraction.long_texts import with_length
from crosslate.service.pipeline.summarization.extraction.units import Unit, read_units
from crosslate.service.pipeline.summarization.reading.sentences import Sentence
from crosslate.service.pipeline.text.origin import DerivedText

_ITERATIONS, _DAMPING = 20, 0.85
_IMPERATIVE = re.compile(
    r"(?:(?:First|Then|Next|Now|Finally|Before|After|If|When)\b[^,.]*, )?"
    r"(?:do not|don't|never|always|make|use|fill|put|take|add|remove|set|open|close|press|click|run|call|"
    r"turn|write|read|check|keep|let|leave|bring|pour|mix|cut|wash|place|pull|push|hold|wait|send|give|choose|"
    r"select|enter|install|stop|start|avoid|ask|tell|see|go|try|store|clean|dry|heat|cook|stir|plant|water)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,:]*")
_AMOUNT = re.compile(r"[$€£]\s?\d|\d\s?(?:%|percent|euros?|pounds?|dollars?|million|cents)", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+")
_FEW_WORDS = 15
"""A longer sentence says more than what is done with "it"."""
_STEM = re.compile(r"(?<=\w{4})(?:ing|ed|es|s|ly)$")


def _place(units: Sequence[Unit]) -> dict[str, list[float]]:
    count = len(units)
    is_talk = any(unit.speaker is not None for unit in units)
    return {
        "first": [float(i == 0) for i in range(count)],
        "second": [float(i == 1) for i in range(count)],
        "early": [1 / (1 + i) for i in range(count)],
        "relative": [i / max(count - 1, 1) for i in range(count)],
        "middle": [4 * (i / max(count - 1, 1)) * (1 - i / max(count - 1, 1)) for i in range(count)],
        "last": [float(i == count - 1) for i in range(count)],
        "first_of_block": [float(unit.is_first) for unit in units],
        "first_prose": [float(i == 0 and not is_talk) for i in range(count)],
        "relative_talk": [is_talk * i / max(count - 1, 1) for i in range(count)],
        "announced": [0.0, *(float(ANNOUNCEMENT.search(u.text) is not None) for u in units[:-1])],
    }


def _form(units: Sequence[Unit]) -> dict[str, list[float]]:
    lengths = [len(unit.words) for unit in units]
    mean = sum(lengths) / max(len(lengths), 1)
    return {
        "length": [math.log(1 + n) for n in lengths],
        "longer": [math.log((1 + n) / (1 + mean)) for n in lengths],
        "short": [float(n < 7) for n in lengths],
        "very_long": [float(n > 40) for n in lengths],
        "question": [float(unit.text.rstrip("\"'”’)").endswith("?")) for unit in units],
        "exclamation": [float(unit.text.endswith("!")) for unit in units],
        "quote": [float(unit.text[:1] in "\"“'‘") for unit in units],
        "dependent": [float(DEPENDENT.match(unit.words_said) is not None) for unit in units],
        "dangling": [
            float(n < _FEW_WORDS and DANGLING.match(unit.words_said) is not None)
            for unit, n in zip(units, lengths, strict=True)
        ],
        "imperative": [float(_IMPERATIVE.match(unit.words_said) is not None) for unit in units],
        "numbers": [min(len(_NUMBER.findall(unit.text)), 4) / 4 for unit in units],
        "amount": [float(_AMOUNT.search(unit.text) is not None) for unit in units],
        "date": [float(DATE.search(unit.text) is not None) for unit in units],
        "names": [min(len(_NAME.findall(unit.text)), 3) / 3 for unit in units],
        "clauses": [min(unit.text.count(",") + unit.text.count(";"), 4) / 4 for unit in units],
        "colon": [float(": " in unit.text) for unit in units],
        "parenthesis": [float("(" in unit.text) for unit in units],
        "turn": [float(unit.speaker is not None) for unit in units],
    }


def _cues(units: Sequence[Unit]) -> dict[str, list[float]]:
    return {name: [float(cue.search(unit.text) is not None) for unit in units] for name, cue in CUES.items()}


def _shared_words(units: Sequence[Unit]) -> dict[str, list[float]]:
    words = [content_of(unit.words) for unit in units]
    held = Counter(word for counts in words for word in counts)
    rarity = {word: math.log(1 + len(words) / n) for word, n in held.items()}
    cosines = cosines_of(words, rarity)
    total: Counter[str] = Counter()
    for counts in words:
        total.update(counts)
    frequent = [sum(total[w] - 1 for w in counts) / max(len(counts), 1) ** 0.5 for counts in words]
    covered = [sum(total[w] > 1 for w in counts) / max(len(counts), 1) for counts in words]
    return {
        "lex_rank": _standard(_walk(cosines)),
        "text_rank": _standard(_walk(overlaps_of(words))),
        "frequent_words": _standard(np.array(frequent, dtype=np.float32)),
        "shared_share": covered,
        "like_the_first": cosines[0].tolist(),
    }


def content_of(words: Sequence[str]) -> Counter[str]:
    """Those of more than three letters, without endings, and numbers."""
    return Counter(_STEM.sub("", word) for word in words if len(word) > 3 or word[0].isdigit())


def cosine(one: Counter[str], other: Counter[str], rarity: Mapping[str, float]) -> float:
    """Of tf-idf vectors; words without a rarity weigh as much as the rarest."""
    most = max(rarity.values(), default=1.0)
    product = sum(n * other[word] * rarity.get(word, most) ** 2 for word, n in one.items() if word in other)
    norms = [
        math.sqrt(sum((n * rarity.get(w, most)) ** 2 for w, n in counts.items())) for counts in (one, other)
    ]
    return product / (norms[0] * norms[1]) if product else 0.0


def cosines_of(words: Sequence[Counter[str]], rarity: Mapping[str, float]) -> FloatArray:
    """Of each two tf-idf vectors: `(N, N)`; 0 of each with itself."""
    found = np.zeros((len(words), len(words)), dtype=np.float32)
    for word, (places, counts) in _postings(words).items():
        values = (counts * rarity[word]).astype(np.float32)
        found[np.ix_(places, places)] += np.outer(values, values)
    norms = np.sqrt(np.maximum(found.diagonal(), np.finfo(np.float32).tiny))
    found /= norms[:, None] * norms
    np.fill_diagonal(found, 0.0)
    return found


def overlaps_of(words: Sequence[Counter[str]]) -> FloatArray:
    """How many words each two share, over the logarithms of both lengths: `(N, N)`; 0 of each with itself."""
    found = np.zeros((len(words), len(words)), dtype=np.float32)
    for places, counts in _postings(words).values():
        found[np.ix_(places, places)] += np.minimum(counts[:, None], counts)
    logs = np.array([math.log(1 + counts.total()) if len(counts) > 1 else math.inf for counts in words])
    found /= (logs[:, None] + logs).astype(np.float32)
    np.fill_diagonal(found, 0.0)
    return found


def _postings(words: Sequence[Counter[str]]) -> dict[str, tuple[IntArray, IntArray]]:
    """Of each word, where it is and how often there; both `(n,)`."""
    places: dict[str, list[int]] = {}
    for place, counts in enumerate(words):
        for word in counts:
            places.setdefault(word, []).append(place)
    return {
        word: (np.array(found), np.array([words[place][word] for place in found]))
        for word, found in places.items()
    }


def _walk(weights: FloatArray) -> FloatArray:
    """How often a random walk along `weights` `(N, N)` comes by each unit: `(N,)`."""
    totals = weights.sum(axis=1)
    steps = weights / np.where(totals > 0, totals, 1.0)[:, None]
    ranks = np.ones(len(weights), dtype=np.float32)
    for _ in range(_ITERATIONS):
        ranks = (1 - _DAMPING + _DAMPING * ranks @ steps).astype(np.float32)
    return ranks


def _standard(values: FloatArray) -> list[float]:
    deviation = values.std()
    found: list[float] = ((values - values.mean()) / (deviation if deviation > 1e-9 else 1.0)).tolist()
    return found


_GROUPS: tuple[Callable[[Sequence[Unit]], dict[str, list[float]]], ...] = (
    _place,
    _form,
    of_kinds,
    _cues,
    _shared_words,
)


def features(units: Sequence[Unit]) -> dict[str, list[float]]:
    """Each feature of all units, one at least, by name."""
    found = {name: values for group in _GROUPS for name, values in group(units).items()}
    in_contract = is_contract(units)
    found["contract_central"] = [in_contract * value for value in found["lex_rank"]]
    return with_length(units, found)


def feature_names() -> frozenset[str]:
    """Of everything that is counted."""
    sentence = DerivedText.of("A word.")
    return frozenset(features(read_units(sentence.text, [Sentence(sentence)])))
