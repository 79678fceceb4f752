"""Writes docs/catalogue.md from the catalogue: python -m tests.service.write_catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from crosslate.models.checkpoints.catalogue import CatalogueEntry, catalogue
from crosslate.service.commands.known_models import KnownModel, Pair

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"
HEAD = """# Catalogue of models

What the world has and Crosslate can load, those that are to be preferred first; written from
`crosslate/models/checkpoints/catalogue.yaml`. `crosslate models --for de-en` lists those for a pair, and
`crosslate serve --pairs de-en,en-de` serves the first for each, after it has said how large they are and
under which licence; without a network it says so within two seconds. Models that were never loaded here are
of families whose tests use random weights: see [Models](models.md). Scores of different tests do not compare.
"–" is a size that we do not know.

**Licences** are the publishers'. Those that say NC forbid commercial use; "not known" is what we do not know.
"""
MAX_LISTED = 12


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for task, title in (("translation", "Translation"), ("summarization", "Summarization")):
        entries = [entry for entry in catalogue() if entry.task == task]
        parts += [f"\n## {title}\n", *table(entries)]
    parts += ["\n## Published scores by pair\n", *scores(catalogue())]
    parts += ["\n## Languages\n", *languages(catalogue())]
    return "\n".join(parts) + "\n"


def table(entries: Iterable[CatalogueEntry]) -> Iterator[str]:
    yield "| model | languages | size | licence | loaded here |\n|---|---|---|---|---|"
    for entry in entries:
        known = KnownModel(entry.id, entry, Pair("", ""))
        name = f"`{entry.id}`" + (f", [by hand]({entry.fetch_from})" if entry.fetch_from else "")
        licence = f"**{known.license}**" if entry.is_non_commercial else known.license
        loaded = "yes" if entry.loaded_here else "no"
        yield f"| {name} | {extent(entry)} | {known.size or '–'} | {licence} | {loaded} |"


def extent(entry: CatalogueEntry) -> str:
    if entry.targets is not None:
        pairs = [f"{source}-{target}" for source, targets in entry.targets.items() for target in targets]
        return ", ".join(pairs) if len(pairs) <= MAX_LISTED else f"{len(pairs)} pairs"
    if len(entry.languages) <= MAX_LISTED:
        return ", ".join(entry.languages)
    return f"{len(entry.languages)}" + (f", {entry.languages_note}" if entry.languages_note else "")


def scores(entries: Iterable[CatalogueEntry]) -> Iterator[str]:
    yield "| model | score | test | source |\n|---|---|---|---|"
    for entry in entries:
        quality = entry.quality
        for pair, value in ({} if quality is None else quality.scores).items():
            assert quality is not None
            name = entry.model_id(*pair.split("-")) if "-" in pair else entry.id
            yield f"| `{name}` | {quality.metric} {value} | {quality.test} | {quality.source} |"


def languages(entries: Iterable[CatalogueEntry]) -> Iterator[str]:
    """The long lists, once for all models that share one."""
    sharing: dict[tuple[str, ...], list[str]] = {}
    for entry in entries:
        if len(entry.languages) > MAX_LISTED:
            sharing.setdefault(entry.languages, []).append(f"`{entry.id}`")
        elif len(entry.targets or ()) > MAX_LISTED and "{source}" in entry.id:
            yield f"`{entry.id}`, from and to:\n"
            yield from (
                f"- {source}: {' '.join(targets)}" for source, targets in (entry.targets or {}).items()
            )
            yield ""
    for codes, ids in sharing.items():
        yield f"{', '.join(ids)}: {' '.join(codes)}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
