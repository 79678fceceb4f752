"""Which summaries a strict reader would accept: damage, repeats, fragments, length, the main point.

    python -m loadtests.eval_acceptance --length auto short --json before.json

The texts and the rubric are described in loadtests/quality/README.md. The summaries come from the whole
pipeline, in this process, without a server; baselines stand beside them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from loadtests.arguments import parser_of
from loadtests.quality.baselines import BASELINES
from loadtests.quality.rubric import Judgement, Length, Output, judge
from loadtests.quality.texts import TEXTS, MarkedText, read_texts
from loadtests.tables import markdown_table

if TYPE_CHECKING:
    from crosslate.service.pipeline.summarization.summarizer import Summarizer

HEADER = (
    *("", "texts", "accepted", "main point %", "sentences", "changed", "harmed facts", "fragments"),
    *("repeats", "⁇", "wrong length"),
)
_OF_LANGUAGE = re.compile(r"language", re.IGNORECASE)


def summarize_all(model: str, texts: Sequence[MarkedText], length: Length) -> list[Output]:
    """Through the pipeline, all in one flow."""
    from crosslate.service.loading.local import open_pipeline, settings_for

    settings = settings_for(None, model)
    with open_pipeline(settings.models, settings, lambda _: None) as pipeline:

        async def summaries() -> list[Output]:
            return [await _summary(pipeline.summarizer, model, text, length) for text in texts]

        return asyncio.run(summaries())


async def _summary(summarizer: Summarizer, model: str, marked: MarkedText, length: Length) -> Output:
    from crosslate.service.errors import ServiceError
    from crosslate.service.pipeline.summarization.types import SummaryRequest

    try:
        asked = SummaryRequest(text=marked.text, model=model, length=length)
        result = await summarizer.summarize(asked)
    except ServiceError as error:
        if error.status >= 500:
            raise
        return Output("", is_flagged=True)
    is_flagged = any(_OF_LANGUAGE.search(str(warning)) for warning in result.warnings)
    return Output(result.text, is_flagged=is_flagged)


def row(name: str, judgements: Sequence[Judgement]) -> list[str]:
    """One system's figures, or one kind's."""
    hits = [j.hit for j in judgements if j.hit is not None]
    return [
        name,
        str(len(judgements)),
        str(sum(j.accepted for j in judgements)),
        f"{100 * sum(hits) / len(hits):.1f}" if hits else "-",
        str(sum(j.sentences for j in judgements)),
        str(sum(len(j.changed) for j in judgements)),
        str(sum(len(j.harms) for j in judgements)),
        str(sum(len(j.fragments) for j in judgements)),
        str(sum(j.repeats for j in judgements)),
        str(sum(j.unspellable for j in judgements)),
        str(sum(not j.is_right_length for j in judgements)),
    ]


def tables(systems: dict[str, list[Judgement]], model: str) -> str:
    """All systems on all texts, the model by kind, and the main points that each system hits by kind."""
    kinds = list(dict.fromkeys(j.kind for j in systems[model]))
    of_kind = {
        kind: {name: [j for j in js if j.kind == kind] for name, js in systems.items()} for kind in kinds
    }
    return "\n\n".join(
        (
            markdown_table(HEADER, [row(name, js) for name, js in systems.items()]),
            markdown_table(HEADER, [row(kind, of_kind[kind][model]) for kind in kinds]),
            markdown_table(
                ["main point %", *systems],
                [[kind, *(row(name, js)[3] for name, js in of_kind[kind].items())] for kind in kinds],
            ),
        )
    )


def main() -> None:
    """Measure, print, and write what was found."""
    parser = parser_of(__doc__)
    parser.add_argument("--model", default="starter/summarize-en")
    parser.add_argument("--length", nargs="+", choices=get_args(Length), default=["auto", "short"])
    parser.add_argument("--texts", type=Path, default=TEXTS, metavar="FILE", help="the marked texts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every judgement, for comparing runs")
    options = parser.parse_args()
    texts = read_texts(options.texts)
    found: dict[str, dict[str, list[Judgement]]] = {}
    for length in options.length:
        outputs = {options.model: summarize_all(options.model, texts, length)}
        outputs |= {name: [Output(make(text.text)) for text in texts] for name, make in BASELINES.items()}
        found[length] = {
            name: [judge(text, output, length) for text, output in zip(texts, made, strict=True)]
            for name, made in outputs.items()
        }
        print(f"\n{length}\n\n{tables(found[length], options.model)}", flush=True)
    if options.json:
        plain = {
            length: {name: [j.as_json() for j in js] for name, js in by.items()}
            for length, by in found.items()
        }
        options.json.write_text(json.dumps(plain, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
