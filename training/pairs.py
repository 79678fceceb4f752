"""Training pairs, long text and short, from what `sources.md` lists.

    python -m training.pairs --scitldr FOLDER --legal FILE --descriptions FILE --prose FOLDER
        --out FOLDER

FOLDER gets `train.jsonl` and `heldout.jsonl`, one `{"kind", "source", "target"}` a line.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from training.gap_sentences import (
    LEAD_BONUS,
    central_sentences,
    condense,
    content_words,
    is_quotable,
    split_sentences,
)

NUM_HELD_OUT = {"legal": 46, "description": 300, "gap": 300}
MIN_SHARED = 0.6
"""Of a description's content words, how many its long form must hold."""
PASSAGE_WORDS = (40, 330)
SENTENCES_WANTED = (1, 1, 1, 1, 2, 2, 3)
MAX_WORDS_PER_FILE_GROUP = 260_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A text and its summary."""

    kind: str
    source: str
    target: str


def scitldr_pairs(folder: Path) -> Iterator[Pair]:
    """Abstracts with every summary, and with the sentence that is nearest to the summaries."""
    for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines():
        paper = json.loads(line)
        source = " ".join(paper["source"])
        for target in paper["target"]:
            yield Pair("scitldr", source, " ".join(target.split()))
        scores = paper["rouge_scores"]
        best = paper["source"][scores.index(max(scores))]
        if is_quotable(best):
            yield Pair("scitldr-sentence", source, condense(best))


def legal_pairs(file: Path) -> Iterator[Pair]:
    """Contract clauses in plain English; jokes and one-word summaries left out."""
    for clause in json.loads(file.read_text(encoding="utf-8")).values():
        source, target = clause["original_text"], clause["reference_summary"]
        if len(target.split()) >= 4 and len(source.split()) > 1.3 * len(target.split()):
            yield Pair("legal", source, target)


def description_pairs(file: Path) -> Iterator[Pair]:
    """Debian package descriptions: the long one and the line above it. One of each family of packages."""
    seen: set[str] = set()
    for entry in re.split(r"\n\n+", file.read_text(encoding="utf-8")):
        match = re.search(r"^Description-en: (.+)\n((?: .*\n?)+)", entry, re.MULTILINE)
        if match is None:
            continue
        short = re.sub(r"^\S+ - | \(.*\)$| - .*$", "", match[1]).strip()
        text = " ".join(line.strip() for line in match[2].splitlines() if line.strip() != ".")
        keys = {short.lower(), text[:60]}
        words, held = content_words(short), content_words(text)
        if seen & keys or not words or len(short.split()) < 4 or not 35 <= len(text.split()) <= 330:
            continue
        seen |= keys
        if (words & held).total() >= MIN_SHARED * words.total():
            yield Pair("description", text, short[0].upper() + short[1:].rstrip(".") + ".")


def gap_pairs(folder: Path, rng: random.Random, lead_bonus: float = LEAD_BONUS) -> Iterator[Pair]:
    """Passages of prose with their most central sentences."""
    for file in sorted(folder.glob("*.txt")):
        documents = file.read_text(encoding="utf-8").split("\f")
        rng.shuffle(documents)
        budget = MAX_WORDS_PER_FILE_GROUP
        for document in documents:
            paragraphs = [p.strip() for p in document.split("\n\n") if p.strip()]
            for passage in passages(paragraphs, rng):
                if pair := gap_pair(passage, rng, lead_bonus):
                    yield pair
                    budget -= len(pair.source.split())
            if budget < 0:
                break


def passages(paragraphs: list[str], rng: random.Random) -> Iterator[str]:
    """Consecutive paragraphs, as many as fill a length that is drawn anew each time."""
    passage: list[str] = []
    wanted = rng.randint(*PASSAGE_WORDS)
    for paragraph in paragraphs:
        passage.append(paragraph)
        if sum(len(p.split()) for p in passage) >= wanted:
            yield " ".join(passage)
            passage, wanted = [], rng.randint(*PASSAGE_WORDS)
    if passage:
        yield " ".join(passage)


def gap_pair(passage: str, rng: random.Random, lead_bonus: float = LEAD_BONUS) -> Pair | None:
    """None where a passage has no sentences to choose from."""
    sentences = split_sentences(" ".join(passage.split()[: PASSAGE_WORDS[1] + 60]))
    count = min(rng.choice(SENTENCES_WANTED), max(1, len(sentences) // 3))
    chosen = central_sentences(sentences, count, lead_bonus=lead_bonus)
    if len(sentences) < 2 or not chosen:
        return None
    return Pair("gap", " ".join(sentences), " ".join(condense(sentences[i]) for i in chosen))


def hold_out(pairs: Iterable[Pair], rng: random.Random) -> tuple[list[Pair], list[Pair]]:
    """(training, held-out) pairs, shuffled."""
    training: list[Pair] = []
    held: dict[str, list[Pair]] = {kind: [] for kind in NUM_HELD_OUT}
    shuffled = list(pairs)
    rng.shuffle(shuffled)
    for pair in shuffled:
        group = held.get(pair.kind)
        if group is not None and len(group) < NUM_HELD_OUT[pair.kind]:
            group.append(pair)
        else:
            training.append(pair)
    return training, [pair for group in held.values() for pair in group]


def write_pairs(path: Path, pairs: Iterable[Pair]) -> None:
    """One JSON object a line."""
    lines = (json.dumps(asdict(pair), ensure_ascii=False) + "\n" for pair in pairs)
    path.write_text("".join(lines), encoding="utf-8")


def read_pairs(path: Path) -> list[Pair]:
    """What `write_pairs` wrote."""
    return [Pair(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("scitldr", "legal", "descriptions", "prose", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument(
        "--lead-bonus",
        type=float,
        default=LEAD_BONUS,
        help="of a passage's first sentence, see gap_sentences",
    )
    options = parser.parse_args()
    rng = random.Random(0)
    pairs = [
        *scitldr_pairs(options.scitldr),
        *legal_pairs(options.legal),
        *description_pairs(options.descriptions),
        *gap_pairs(options.prose, rng, options.lead_bonus),
    ]
    training, held_out = hold_out(pairs, rng)
    options.out.mkdir(parents=True, exist_ok=True)
    write_pairs(options.out / "train.jsonl", training)
    write_pairs(options.out / "heldout.jsonl", held_out)


if __name__ == "__main__":
    main()
