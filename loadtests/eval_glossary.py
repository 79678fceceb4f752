"""Whether translations hold to a glossary, with a starter model in this process.

    python -m loadtests.eval_glossary DIR
    python -m loadtests.eval_glossary DIR --random --show
    python -m loadtests.eval_glossary DIR --back

DIR has `terms.tsv`, a term, a tab and its translations separated by ` | `, and `dev.tsv`, a sentence, a tab
and its translation; TICO-19 has such (https://tico-19.github.io). Counted are the terms where they stand in a
source as whole words, the longest first: all of them, and those of which the reference has a listed form.
`--of-reference` gives each sentence only these. `--random` gives each term another one's translation, which
no model would choose. `--back` goes from Portuguese to English. `rest` is what the translation has in common
with the plain one, in chrF2++.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import random
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sacrebleu

from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.engine_pool import EnginePool
from crosslate.models.loading import load_model
from crosslate.service.loading.loading import served_model
from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.settings.config import ModelSettings
from loadtests.arguments import parser_of
from loadtests.tables import markdown_table

Terms = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The translations of all sentences."""

    results: Sequence[TranslationResult]
    cpu_s: float

    @property
    def texts(self) -> list[str]:
        """The translations alone."""
        return [result.text for result in self.results]


def read_terms(path: Path) -> dict[str, list[str]]:
    """Each term with what it may become."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return {term: [form.strip() for form in forms.split("|")] for term, forms in lines}


def turned(terms: Terms) -> dict[str, list[str]]:
    """Each translation with the terms that it is of."""
    found: dict[str, list[str]] = {}
    for term, forms in terms.items():
        for form in forms:
            found.setdefault(form, []).append(term)
    return found


def shuffled(terms: Terms, seed: int) -> dict[str, list[str]]:
    """Each term with the first translation of another; those that differ only in capitals with the same."""
    targets = [forms[0] for forms in terms.values()]
    random.Random(seed).shuffle(targets)
    given: dict[str, str] = {}
    return {
        term: [given.setdefault(term.casefold(), target)] for term, target in zip(terms, targets, strict=True)
    }


def occurs(words: str, text: str) -> bool:
    """Whole, in any case."""
    return _pattern(words, re.IGNORECASE).search(text) is not None


@functools.cache
def _pattern(words: str, case: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)", case)


def occurrences(terms: Terms, source: str) -> list[str]:
    """The terms in a source, the longest first, none within another; an abbreviation as it is written."""
    found: list[str] = []
    taken: list[range] = []
    for term in sorted(terms, key=len, reverse=True):
        case = re.NOFLAG if term.isupper() and term.isalpha() else re.IGNORECASE
        for match in _pattern(term, case).finditer(source):
            if not any(match.start() < other.stop and other.start < match.end() for other in taken):
                taken.append(range(*match.span()))
                found.append(term)
    return found


def of_reference(terms: Terms, source: str, reference: str) -> list[str]:
    """The terms in a source of which its translation has a listed form."""
    return [
        term
        for term in dict.fromkeys(occurrences(terms, source))
        if any(occurs(form, reference) for form in terms[term])
    ]


def glossary_of(terms: Terms, chosen: Iterable[str]) -> tuple[GlossaryEntry, ...]:
    """Entries for some of the terms."""
    return tuple(GlossaryEntry(term, form) for term in chosen for form in terms[term])


async def translated(
    translator: Translator,
    sources: Sequence[str],
    glossaries: Sequence[tuple[GlossaryEntry, ...]],
    languages: tuple[str, str],
    concurrency: int,
) -> Outcome:
    """Every sentence, as many at once as `concurrency` says."""
    source_lang, target_lang = languages
    places = asyncio.Semaphore(concurrency)

    async def one(text: str, glossary: tuple[GlossaryEntry, ...]) -> TranslationResult:
        async with places:
            asked = TranslationRequest(
                text=text, source_lang=source_lang, target_lang=target_lang, glossary=glossary
            )
            return await translator.translate(asked)

    started = time.process_time()
    results = await asyncio.gather(*map(one, sources, glossaries))
    return Outcome(results, time.process_time() - started)


def row(
    name: str, outcome: Outcome, plain: Outcome, pairs: Sequence[tuple[str, str]], terms: Terms
) -> list[str]:
    """What a table shows of an outcome."""
    every = expected = hits = expected_hits = 0
    for (source, reference), text in zip(pairs, outcome.texts, strict=True):
        for term in occurrences(terms, source):
            is_hit = any(occurs(form, text) for form in terms[term])
            every, hits = every + 1, hits + is_hit
            if any(occurs(form, reference) for form in terms[term]):
                expected, expected_hits = expected + 1, expected_hits + is_hit
    chrf = sacrebleu.CHRF(word_order=2)
    references = [reference for _, reference in pairs]
    return [
        name,
        f"{100 * hits / max(every, 1):.1f} of {every}",
        f"{100 * expected_hits / max(expected, 1):.1f} of {expected}",
        f"{chrf.corpus_score(outcome.texts, [references]).score:.2f}",
        f"{chrf.corpus_score(outcome.texts, [plain.texts]).score:.1f}",
        f"{outcome.cpu_s:.0f}",
    ]


def failures(outcome: Outcome) -> str:
    """The terms that are not there, by their own account."""
    lines = [
        f"{term.reason}: {term.source!r} as {term.target!r}\n  {result.text}"
        for result in outcome.results
        for term in result.terms or ()
        if not term.enforced
    ]
    return "\n".join(lines)


async def run(options: argparse.Namespace) -> None:
    """Translate with and without the glossary, and compare."""
    terms = read_terms(options.folder / "terms.tsv")
    terms = turned(terms) if options.back else terms
    terms = shuffled(terms, options.seed) if options.random else terms
    lines = (options.folder / "dev.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [(source, reference) for source, reference in (line.split("\t")[:2] for line in lines if line)]
    pairs = [(target, source) for source, target in pairs] if options.back else pairs
    pairs = pairs[:: options.every]
    languages = ("pt", "en") if options.back else ("en", "pt")
    model = options.model or f"starter/{'-'.join(languages)}"
    every = glossary_of(terms, terms)
    glossaries = [
        glossary_of(terms, of_reference(terms, *pair)) if options.of_reference else every for pair in pairs
    ]
    loaded = load_model(model, dtype="int8")
    engine = EnginePool([AsyncEngine(loaded.make_engine(), num_threads=1)])
    served = served_model(ModelSettings(id=model), loaded, engine)
    try:
        translator = Translator(ModelCatalog([served]))
        sources = [source for source, _ in pairs]
        plain = await translated(translator, sources, [()] * len(sources), languages, options.concurrency)
        held = await translated(translator, sources, glossaries, languages, options.concurrency)
    finally:
        engine.close()
    header = ["", "terms %", "of the reference's %", "chrF2++", "rest", "CPU s"]
    rows = [
        row("without a glossary", plain, plain, pairs, terms),
        row("with it", held, plain, pairs, terms),
    ]
    print(markdown_table(header, rows))
    if options.show:
        print(f"\n{failures(held)}")


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="the starter of the languages, if none is named")
    parser.add_argument("--back", action="store_true", help="from Portuguese to English")
    parser.add_argument("--of-reference", action="store_true", help="only terms as the reference has them")
    parser.add_argument("--random", action="store_true", help="give each term another one's translation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th sentence")
    parser.add_argument("--show", action="store_true", help="the terms that are not in the translations")
    parser.add_argument("--concurrency", type=int, default=24)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
