"""From texts to what the weights of sentences are fitted on.

Shapes: N sentences of a text, F features.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from crosslate.models.engine.extraction import Passage
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.passage_reader import PassagePass
from crosslate.models.engine.search.extracts import FLOOR
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.loading import LoadedModel
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.signs.prepare import lookalikes
from crosslate.service.pipeline.parts.part import Reader
from crosslate.service.pipeline.summarization.extraction.features import feature_names, features
from crosslate.service.pipeline.summarization.extraction.quoting import passages_of
from crosslate.service.pipeline.summarization.extraction.units import Unit, read_units
from crosslate.service.pipeline.summarization.reading.chunking import cut_into_chunks
from crosslate.service.pipeline.summarization.reading.sentences import read_prose
from loadtests.summary_scores import rouge, shared_words
from loadtests.summary_sets import is_left_out, read_stories
from training.salience.texts import MarkedText

PROBABILITY = "probability"
_CPU = torch.device("cpu")
SHARPNESS = 25.0
"""Of the preference for sentences with a high ROUGE: what is 0.04 lower counts a third."""


_LEAST_WORDS, _LENGTH_POWER = 8, 0.8
"""A longer sentence has more of the references; how much of that is its length's."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The quotable sentences of a text."""

    kind: str
    features: torch.Tensor
    """`(N, F)`"""
    wanted: torch.Tensor
    """`(N,)`: how much each is worth saying, sum 1 but in stories"""
    is_main: list[bool]
    rouge: list[tuple[float, float, float]]
    """Where there are references."""


class Teacher:
    """Makes lessons of texts that fit into the model's window."""

    def __init__(self, model: LoadedModel, unused: set[str]) -> None:
        self.names = [*sorted(feature_names() - unused), PROBABILITY]
        self._reader = Reader(model.tokenizer, with_spans=True)
        self._window = model.spec.max_source_tokens
        self._network = model.model
        self._passages = PassagePass(
            Network(
                model=model.model,
                dtype=torch.float32,
                device=_CPU,
                shortlist=model.shortlist,
                copying=model.copying,
            )
        )
        self._substitutes = lookalikes(model.tokenizer)

    def marked(self, text: MarkedText) -> Lesson | None:
        """Of a text with marks; None where none of these can be quoted."""
        read = self._read(text.text)
        if read is None:
            return None
        units, values = read
        weights = [max((w for at, w in text.marked if _is_about(unit, at)), default=0.0) for unit in units]
        if 1.0 not in weights:
            return None
        wanted = torch.tensor(weights)
        return Lesson(text.kind, values, wanted / wanted.sum(), [w == 1.0 for w in weights], [])

    def referenced(self, kind: str, source: str, references: Sequence[str]) -> Lesson | None:
        """Of a text with summaries that people wrote."""
        read = self._read(source)
        if read is None:
            return None
        units, values = read
        scores = [rouge(unit.text, references) for unit in units]
        means = torch.tensor([sum(score) / 3 for score in scores])
        wanted = torch.softmax(means * SHARPNESS, dim=0)
        return Lesson(kind, values, wanted, [False] * len(units), scores)

    def story(self, text: str, references: Sequence[str]) -> Lesson:
        """Of a text of many windows, which the model does not read here.

        What each of its sentences is worth: how much of the references it has, for its length.
        """
        found_units = read_units(text, read_prose(text, "en", self._substitutes))
        found = features(found_units)
        found[PROBABILITY] = [0.0] * len(found_units)
        quotable = [i for i, unit in enumerate(found_units) if unit.is_quotable]
        units = [found_units[i] for i in quotable]
        scores = [shared_words(unit.text, references) for unit in units]
        worth = [
            (one + two) / max(len(unit.text.split()), _LEAST_WORDS) ** _LENGTH_POWER
            for unit, (one, two) in zip(units, scores, strict=True)
        ]
        rows = [[found[name][i] for name in self.names] for i in quotable]
        return Lesson("story", torch.tensor(rows), torch.tensor(worth), [False] * len(units), [])

    def all_referenced(self, kind: str, texts: Iterable[tuple[str, Sequence[str]]]) -> list[Lesson]:
        """Of those that something can be quoted of."""
        return [lesson for text, references in texts if (lesson := self.referenced(kind, text, references))]

    def _read(self, text: str) -> tuple[list[Unit], torch.Tensor] | None:
        sentences = read_prose(text, "en", self._substitutes)
        chunks = cut_into_chunks(sentences, self._reader, self._window).chunks
        if len(chunks) != 1 or chunks[0].tokens is None:
            return None
        units = read_units(text, sentences)
        passages, kept = passages_of(chunks[0].source, chunks[0].tokens, units, [0.0] * len(units), None)
        found = features(units)
        found[PROBABILITY] = self._probabilities(chunks[0].ids, passages, units, kept)
        quotable = [i for i, unit in enumerate(units) if unit.is_quotable and unit in kept]
        if len(quotable) < 2:
            return None
        rows = [[found[name][i] for name in self.names] for i in quotable]
        return [units[i] for i in quotable], torch.tensor(rows)

    @torch.inference_mode()
    def _probabilities(
        self, ids: list[int], passages: Sequence[Passage], units: Sequence[Unit], kept: Sequence[Unit]
    ) -> list[float]:
        """The mean log-probability of each unit's tokens; 0 of those that are not among `kept`."""
        network = self._network
        packing = Packing.of([len(ids)], _CPU)
        memories = network.project_sources(network.encode(pack_ids([ids], _CPU), packing), packing)
        targets = [ids[p.start + p.lead : p.end] for p in passages]
        means = (np.maximum(v, FLOOR).mean() for v in self._passages.log_probs(ids, targets, memories))
        return [float(next(means)) if unit in kept else 0.0 for unit in units]


def read_abstracts(folder: Path, count: int) -> Iterator[tuple[str, list[str]]]:
    """Of SciTLDR's training set."""
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines[:count]:
        record = json.loads(line)
        yield " ".join(record["source"]), record["target"]


def read_clauses(file: Path) -> Iterator[tuple[str, list[str]]]:
    """Those of contracts in plain English that are not left out for measuring."""
    for clause in json.loads(file.read_text(encoding="utf-8")).values():
        if not is_left_out(clause["doc"]):
            yield clause["original_text"], [clause["reference_summary"]]


def read_plots(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Of SQuALITY's training set."""
    for example in read_stories(folder / "train.jsonl"):
        yield example.text, example.references


def _is_about(unit: Unit, marked: Span) -> bool:
    start, end = unit.span
    overlap = min(end, marked[1]) - max(start, marked[0])
    return overlap > 0.5 * min(end - start, marked[1] - marked[0])
