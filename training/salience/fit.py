"""Fits the weights by which the starter summarizer chooses sentences, and writes its `extraction.json`.

    python -m training.salience.fit --scitldr DIR --legal FILE --squality DIR
        --out crosslate/models/starter/summarize-en/extraction.json

Two kinds of text teach it: those of `texts.txt`, of many kinds, with their main sentences marked by hand, and
abstracts of SciTLDR's training set and clauses of contracts, where the sentences that are most like the
reference summaries (ROUGE) count as marked. A sentence's probability of being chosen is the softmax, over
the sentences of its text, of the sum of its features times their weights; the cross entropy with the marks is
the loss, with an L2 penalty. How often the sentences chosen are the marked ones is printed for texts that
were left out in turn.

Clauses are short and many, and would turn the weights of all other texts. So these are fitted without them,
and then the features that only contracts have, all others held, by the ROUGE that is to be expected.

So are last those that only long texts have, on the stories of SQuALITY's training set: by least squares, so
that a sentence's sum of all features is what it has of the reference summaries, for its length. What
the model would make of a sentence is left aside there.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn.utils.rnn import pad_sequence

from crosslate.models.loading import load_model
from training.salience.lessons import (
    PROBABILITY,
    SHARPNESS,
    Lesson,
    Teacher,
    read_abstracts,
    read_clauses,
    read_plots,
)
from training.salience.texts import read_texts

MODEL = "starter/summarize-en"
FIXED = {
    "cited": -2.0,
    "dependent": -0.5,
    "formality": -0.8,
    "long_lex_rank": 0.6,
    "question": -0.4,
    "short": -0.8,
    "undecided": -0.8,
}
"""Set by hand: who reads a summary does not know what "it" is, and wants no questions, nor
"They met", nor when they meet again, nor what was left open, nor what a letter answers. How central the
best sentences of a story are, least squares over all of its sentences do not see."""
CENTRALITY, REDUNDANCY = 0.0, 1.0
"""What the encoder's states find central is what shared words find central already."""
UNUSED = {
    *FIXED,
    *("second", "early", "exclamation", "parenthesis", "dangling"),
    *(
        "reason",
        "contrast",
        "hedge",
        "clauses",
        "colon",
        "you",
        "names",
        "finding",
        "amount",
        "report",
        "turn",
        "length",
    ),
}
"""Features without which texts that were left out came out as well, or better, or that count in short
summaries only."""
CONTRACT = "contract_"
"""Features with such names are 0 in all other texts."""
LONG = "long_"
"""Likewise."""
STORY_SPREAD, STORY_PENALTY = 2.0, 5.0
"""What is one standard deviation of worth among a story's sentences; the L2 penalty for each story."""
PENALTY = 0.1
NUM_FOLDS = 6


def fit(marked: Sequence[Lesson], abstracts: Sequence[Lesson], abstract_weight: float) -> torch.Tensor:
    """The weights (F,) for features as they are."""
    lessons = [*marked, *abstracts]
    shares = [1 / len(marked)] * len(marked) + [abstract_weight / len(abstracts)] * len(abstracts)
    scale = torch.cat([lesson.features for lesson in lessons]).std(dim=0).clamp(min=1e-6)
    # (B, N, F), (B, N): B texts, padded with sentences that are never chosen
    values = pad_sequence([lesson.features / scale for lesson in lessons], batch_first=True)
    wanted = pad_sequence([lesson.wanted for lesson in lessons], batch_first=True)
    is_there = pad_sequence([torch.ones_like(lesson.wanted) for lesson in lessons], batch_first=True) > 0
    weights = torch.zeros(len(scale), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=80, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        chosen = torch.log_softmax((values @ weights).masked_fill(~is_there, -1e9), dim=1)
        losses = -(wanted * chosen).sum(dim=1)
        loss = losses @ torch.tensor(shares) + PENALTY * weights.square().sum() / 2
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weights.detach() / scale


def fit_to_clauses(clauses: Sequence[Lesson], weights: torch.Tensor, is_free: torch.Tensor) -> torch.Tensor:
    """`weights` (F,) with those that are free (F,) fitted on clauses."""
    scale = torch.cat([lesson.features for lesson in clauses]).std(dim=0).clamp(min=1e-6)
    held = torch.where(is_free, 0.0, weights)
    # (B, N, F), (B, N)
    values = pad_sequence([lesson.features / scale for lesson in clauses], batch_first=True)
    known = pad_sequence([lesson.features @ held for lesson in clauses], batch_first=True, padding_value=-1e9)
    scores = pad_sequence([torch.tensor(lesson.rouge).mean(dim=1) for lesson in clauses], batch_first=True)
    found = torch.zeros(len(weights), requires_grad=True)
    optimizer = torch.optim.LBFGS([found], max_iter=80, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        chosen = torch.softmax(known + values @ (found * is_free), dim=1)
        expected = (chosen * scores).sum(dim=1).mean()
        loss = PENALTY * found.square().sum() / 2 - SHARPNESS * expected
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return held + found.detach() * is_free / scale


def fit_to_stories(stories: Sequence[Lesson], weights: torch.Tensor, is_free: torch.Tensor) -> torch.Tensor:
    """`weights` (F,) with those that are free (F,) fitted on stories."""
    # (all N, F free)
    values = torch.cat([_centred(story.features[:, is_free]) for story in stories]).double()
    scale = values.std(dim=0).clamp(min=1e-6)
    values = values / scale
    missing = torch.cat([_missing(story, torch.where(is_free, 0.0, weights)) for story in stories]).double()
    penalty = STORY_PENALTY * len(stories) * torch.eye(len(scale), dtype=torch.float64)
    found = torch.linalg.solve(values.T @ values + penalty, values.T @ missing) / scale
    return weights.masked_scatter(is_free, found.float())


def _missing(story: Lesson, held: torch.Tensor) -> torch.Tensor:
    """What each sentence's worth is beyond the features that are held: (N,)."""
    worth = _centred(story.wanted)
    return STORY_SPREAD * worth / worth.std().clamp(min=1e-6) - _centred(story.features @ held)


def _centred(values: torch.Tensor) -> torch.Tensor:
    return values - values.mean(dim=0)


def hits(lesson: Lesson, weights: torch.Tensor, count: int) -> float:
    """The share of the main sentences, or of as many as fit, that are among the `count` best."""
    best = (lesson.features @ weights).argsort(descending=True)[:count].tolist()
    return sum(lesson.is_main[i] for i in best) / min(sum(lesson.is_main), count)


def cross_validate(marked: Sequence[Lesson], abstracts: Sequence[Lesson], abstract_weight: float) -> str:
    """Hits in percent at one, two and three sentences, of texts that were left out in turn."""
    order = random.Random(0).sample(range(len(marked)), len(marked))
    found: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for fold in range(NUM_FOLDS):
        left_out = order[fold::NUM_FOLDS]
        weights = fit([marked[i] for i in order if i not in left_out], abstracts, abstract_weight)
        for count in found:
            found[count] += [hits(marked[i], weights, count) for i in left_out]
    return ", ".join(f"{100 * sum(v) / len(v):.1f} at {count}" for count, v in found.items())


def mean_rouge(lessons: Sequence[Lesson], weights: torch.Tensor) -> str:
    """Of the best sentence."""
    best = [lesson.rouge[int((lesson.features @ weights).argmax())] for lesson in lessons]
    return " / ".join(f"{100 * sum(scores) / len(scores):.1f}" for scores in zip(*best, strict=True))


def _starting_with(prefix: str, names: Sequence[str]) -> torch.Tensor:
    return torch.tensor([name.startswith(prefix) for name in names])


def main() -> None:
    """Fit, say how good it is, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scitldr", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--abstracts", type=int, default=450, help="how many of them")
    parser.add_argument("--abstract-weight", type=float, default=1.0, help="of all abstracts together")
    parser.add_argument("--legal", type=Path, required=True, metavar="FILE", help="clauses of contracts")
    parser.add_argument("--squality", type=Path, required=True, metavar="FOLDER", help="stories")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    teacher = Teacher(load_model(MODEL), UNUSED)
    marked = [lesson for text in read_texts() if (lesson := teacher.marked(text))]
    read = read_abstracts(options.scitldr, options.abstracts)
    abstracts = teacher.all_referenced("abstract", read)
    clauses = teacher.all_referenced("clause", read_clauses(options.legal))
    print(f"{len(marked)} marked texts, {len(abstracts)} abstracts, {len(clauses)} clauses")
    print("main sentences, left out:", cross_validate(marked, abstracts, options.abstract_weight))
    known = len(abstracts) * 3 // 4
    weights = fit(marked, abstracts[:known], options.abstract_weight)
    print("ROUGE of abstracts, left out:", mean_rouge(abstracts[known:], weights))
    is_free = _starting_with(CONTRACT, teacher.names)
    weights = fit(marked, abstracts, options.abstract_weight)
    known = len(clauses) * 3 // 4
    print("ROUGE of clauses, before:", mean_rouge(clauses[known:], torch.where(is_free, 0.0, weights)))
    of_some = fit_to_clauses(clauses[:known], weights, is_free)
    print("ROUGE of clauses, left out:", mean_rouge(clauses[known:], of_some))
    weights = fit_to_clauses(clauses, weights, is_free)
    stories = [teacher.story(text, references) for text, references in read_plots(options.squality)]
    values = fit_to_stories(stories, weights, _starting_with(LONG, teacher.names)).tolist()
    by_name = {name: round(value, 3) for name, value in zip(teacher.names, values, strict=True)}
    config = {
        "languages": ["en"],
        "centrality": CENTRALITY,
        PROBABILITY: by_name.pop(PROBABILITY),
        "redundancy": REDUNDANCY,
        "features": by_name | FIXED,
    }
    options.out.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
