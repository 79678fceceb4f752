"""What the commands print as tables: plain columns, never cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslate.service.commands.columns import columns

if TYPE_CHECKING:
    from crosslate.models.families.supported import SupportedFamily
    from crosslate.service.calibration.choosing import Choice, Judged
    from crosslate.service.calibration.heads import HeadSummary
    from crosslate.service.commands.bench import Benchmark
    from crosslate.service.commands.known_models import KnownModel
    from crosslate.service.commands.usage_report import UsageRow
    from crosslate.service.loading.local import ModelSummary
    from crosslate.service.pipeline.summarization.types import SummaryAlignment
    from crosslate.service.pipeline.text.origin import DerivedText

_MAX_PAIRS = 4
_LEAST_SHOWN_MASS = 0.1
_NUM_CANDIDATES = 5


def model_table(summaries: Sequence[ModelSummary], width: int | None = None) -> str:
    """One row a model."""
    rows = [["MODEL", "FAMILY", "TASK", "LANGUAGES", "SIZE", "LICENCE", "STATE"]]
    rows += [
        [
            summary.id,
            summary.family or "-",
            summary.task or "-",
            _pairs(summary.pairs),
            "-" if summary.size_bytes is None else f"{summary.size_bytes / 1e6:.0f} MB",
            summary.license or "not stated",
            summary.problem or ("configured" if summary.is_configured else "found"),
        ]
        for summary in summaries
    ]
    return columns(rows, width=width)


def family_table(families: Sequence[SupportedFamily], width: int | None = None) -> str:
    """One row a family that can be loaded."""
    rows = [["SUPPORTED FAMILY", "TASK", "SUCH AS"]]
    rows += [[family.name, family.task, ", ".join(family.examples)] for family in families]
    return columns(rows, width=width)


def known_table(models: Sequence[KnownModel], width: int | None = None) -> str:
    """One row a model of the catalogue, for its pair; then how to have one."""
    rows = [["MODEL", "PAIR", "SIZE", "LICENCE", "PUBLISHED QUALITY", "NOTE"]]
    rows += [
        [
            model.id,
            str(model.pair),
            model.size or "-",
            model.license.removeprefix("licence ").partition(" (")[0],
            model.score or "-",
            _note(model),
        ]
        for model in models
    ]
    return f"{columns(rows, width=width)}\n\nServe one with: crosslate serve MODEL"


def _note(model: KnownModel) -> str:
    if model.entry.fetch_from is not None:
        return f"by hand: {model.entry.fetch_from}"
    return "-" if model.entry.loaded_here else "never loaded here"


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    if not pairs:
        return "-"
    shown = ", ".join(f"{source}>{target}" for source, target in pairs[:_MAX_PAIRS])
    return shown if len(pairs) <= _MAX_PAIRS else f"{shown} and {len(pairs) - _MAX_PAIRS} more"


def sentence_list(alignment: SummaryAlignment, source: DerivedText, summary: str) -> str:
    """Each sentence of a summary, and below it those that it mostly rests on; spans in code points.

    `source` is the text as a reader sees it.
    """
    from crosslate.service.pipeline.text.origin import place_in

    lines: list[str] = []
    for sentence in alignment.sentences:
        lines += ["", _on_one_line(summary, sentence.target)]
        lines += [
            f"  {s.mass:4.0%}  {_on_one_line(source.text, place_in(source, s.source) or (0, 0))}"
            for s in sentence.sources
            if s.mass >= _LEAST_SHOWN_MASS
        ]
    return "\n".join(lines)


def _on_one_line(text: str, span: tuple[int, int]) -> str:
    return " ".join(text[span[0] : span[1]].split())


def measurement_table(benchmark: Benchmark) -> str:
    """One row a closed loop."""
    is_summary = benchmark.task == "summarization"
    texts, source = ("SUMMARIES/S", "WORDS/S") if is_summary else ("TEXTS/S", "CHARACTERS/S")
    rows = [["AT A TIME", "TEXTS", texts, "TOKENS/S", source, "P50 MS", "P95 MS", "P99 MS"]]
    rows += [
        [
            str(m.num_workers),
            str(m.num_texts),
            f"{m.texts_per_s:.1f}",
            f"{m.tokens_per_s:.0f}",
            f"{m.words_per_s if is_summary else m.characters_per_s:.0f}",
            f"{m.latency_s(0.5) * 1000:.0f}",
            f"{m.latency_s(0.95) * 1000:.0f}",
            f"{m.latency_s(0.99) * 1000:.0f}",
        ]
        for m in benchmark.measurements
    ]
    return columns(rows, str.rjust)


def candidate_table(choice: Choice) -> str:
    """The best single heads and layers, what they come to together, and what the model is read by today."""
    shown = {each.candidate: each for each in (choice.best, *choice.judged[:_NUM_CANDIDATES], choice.today)}
    rows = [["LAYER", "HEADS", "ROW", "AGREEMENT", "COPIES", "SCORE", ""]]
    rows += [_candidate_row(each, choice) for each in sorted(shown.values(), key=lambda j: -j.score)]
    return columns(rows)


def _candidate_row(judged: Judged, choice: Choice) -> list[str]:
    candidate = judged.candidate
    notes = ["today"] if candidate == choice.today.candidate else []
    notes += ["chosen"] if candidate == choice.chosen else []
    return [
        str(candidate.layer),
        "all" if candidate.heads is None else ",".join(map(str, candidate.heads)),
        candidate.row,
        f"{judged.agreement:.1%}",
        f"{judged.copies:.1%}",
        f"{judged.score:.3f}",
        ", ".join(notes),
    ]


def head_table(heads: Sequence[HeadSummary]) -> str:
    """One row a head; agreement and copies at the row where it shows links better.

    What is lost without it is in nats a token; a dash: it was not silenced.
    """
    rows = [["LAYER", "HEAD", "ENTROPY", "ON NO TEXT", "ROW", "AGREEMENT", "COPIES", "LOST WITHOUT"]]
    rows += [
        [
            str(head.layer),
            str(head.head),
            f"{head.entropy:.2f}",
            f"{head.without_text:.1%}",
            head.best.candidate.row,
            f"{head.best.agreement:.1%}",
            f"{head.best.copies:.1%}",
            "-" if head.lost is None else f"{head.lost:.3f}",
        ]
        for head in heads
    ]
    return columns(rows)


def usage_table(rows: Sequence[UsageRow]) -> str:
    """One row a key."""
    cells = [["KEY", "MONTH", "REQUESTS", "CHARACTERS", "LIMIT", "USED"]]
    for row in rows:
        limit = row.characters_per_month
        cells.append(
            [
                row.key,
                row.month,
                f"{row.requests:,}",
                f"{row.characters:,}",
                "-" if limit is None else f"{limit:,}",
                "-" if limit is None else f"{row.characters / limit:.1%}",
            ]
        )
    return columns(cells, str.rjust)
