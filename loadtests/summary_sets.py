"""Texts with summaries that people wrote, in the formats that such sets have."""

from __future__ import annotations

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loadtests.summary_scores import Example
from training.gap_sentences import split_sentences

CLAUSES = "all_v1.json"
_BLANK_LINE = re.compile(r"\n\s*\n")
_MIN_REFERENCE_WORDS, _MIN_SHORTENING = 4, 1.3
_PLOT = 1
"""SQuALITY asks five things about each story; the first is what happens in it."""


def read_sets(folder: Path) -> dict[str, list[Example]]:
    """Those of every `dev.jsonl`, `heldout.jsonl` and `all_v1.json` below `folder`, by name.

    A line of the first two has a `source` (a text, or its sentences) and a `target` (a summary, or several),
    and perhaps a `kind`, which divides a file into sets; or, as SQuALITY's, a `document` and `questions`. The
    last is Manor and Li's set of contracts: clauses of several sentences are taken, of documents on which
    nothing of the choice of sentences was fitted (`is_left_out`).
    """
    sets: dict[str, list[Example]] = defaultdict(list)
    for file in sorted([*folder.rglob("dev.jsonl"), *folder.rglob("heldout.jsonl")]):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "document" in record:
                sets[file.parent.name].append(_story(record))
            elif "source" in record and "target" in record:
                sets[record.get("kind", file.parent.name)].append(_pair(record))
            else:
                break
    for file in sorted(folder.rglob(CLAUSES)):
        sets[file.parent.name] += _clauses(file)
    return dict(sets)


def read_stories(file: Path) -> list[Example]:
    """Those of SQuALITY."""
    return [_story(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def is_left_out(document: str) -> bool:
    """Whether a document's clauses are for measuring: half of the documents, by their names."""
    return zlib.crc32(document.encode()) % 2 == 1


def _pair(record: dict[str, Any]) -> Example:
    source, target = record["source"], record["target"]
    sentences = split_sentences(source) if isinstance(source, str) else source
    return Example(sentences, [target] if isinstance(target, str) else target)


def _story(record: dict[str, Any]) -> Example:
    (plot,) = (q for q in record["questions"] if q["question_number"] == _PLOT)
    # Lines are wrapped, and paragraphs are apart.
    sentences = [
        sentence
        for paragraph in _BLANK_LINE.split(record["document"])
        for sentence in split_sentences(" ".join(paragraph.split()))
    ]
    return Example(sentences, [response["response_text"] for response in plot["responses"]])


def _clauses(file: Path) -> Iterator[Example]:
    for clause in json.loads(file.read_text(encoding="utf-8")).values():
        source, target = clause["original_text"], clause["reference_summary"]
        num_words, num_wanted = len(source.split()), len(target.split())
        if num_wanted < _MIN_REFERENCE_WORDS or num_words <= _MIN_SHORTENING * num_wanted:
            continue
        sentences = split_sentences(source)
        if len(sentences) > 1 and is_left_out(clause["doc"]):
            yield Example(sentences, [target])
