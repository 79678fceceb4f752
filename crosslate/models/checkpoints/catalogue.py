"""Models that the world has and this package can load: `catalogue.yaml`, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from crosslate.models.language.language_groups import members

_FILE = Path(__file__).with_name("catalogue.yaml")
_MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Quality:
    """What a model's publisher has measured: a score by pair, or by language of summaries."""

    metric: str
    test: str
    source: str
    scores: Mapping[str, float | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A model, or as many as there are pairs where `{source}` and `{target}` stand in the `id`.

    Attributes:
        task: `translation` or `summarization`.
        targets: of each source language the targets; None where any of `languages` goes with any other.
        languages: of translations without `targets`, or of summaries.
        size_bytes: of the weights; None where it is not known.
        license: None where it is not known.
        license_note: what else there is to know of it.
        is_non_commercial: its licence forbids commercial use.
        needs_download: it does not come with the packages.
        fetch_from: where a person has to fetch it, because it is not on the Hub.
        settings: of a model in the configuration, without which it does not serve well.
        loaded_here: this project's tests load it.
    """

    id: str
    task: Literal["translation", "summarization"]
    targets: Mapping[str, tuple[str, ...]] | None
    languages: tuple[str, ...]
    languages_note: str | None
    size_bytes: int | None
    license: str | None
    license_note: str | None
    is_non_commercial: bool
    needs_download: bool
    fetch_from: str | None
    quality: Quality | None
    settings: Mapping[str, Any]
    loaded_here: bool

    def model_id(self, source: str, target: str) -> str:
        """Of the model for this pair, in the entry's own codes."""
        return self.id.replace("{source}", source).replace("{target}", target)


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """Those to be preferred first."""
    return tuple(_entry(one) for one in yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def _entry(row: dict[str, Any]) -> CatalogueEntry:
    rest = {
        "languages_note": None,
        "license": None,
        "license_note": None,
        "needs_download": True,
        "fetch_from": None,
        "settings": {},
        "loaded_here": False,
        **row,
    }
    size, quality = rest.pop("size_mb", None), rest.pop("quality", None)
    return CatalogueEntry(
        targets=_targets(rest),
        languages=tuple(rest.pop("languages", "").split()),
        size_bytes=None if size is None else size * _MEGABYTE,
        is_non_commercial=rest.pop("non_commercial", False),
        quality=None if quality is None else Quality(**quality),
        **rest,
    )


def _targets(row: dict[str, Any]) -> dict[str, tuple[str, ...]] | None:
    """Takes the pairs out of a row: listed, or all of a group with one other language."""
    pairs, sources, targets = (row.pop(key, None) for key in ("pairs", "sources", "targets"))
    source_group, target_group = row.pop("source_group", None), row.pop("target_group", None)
    if pairs is not None:
        return {source: tuple(listed.split()) for source, listed in pairs.items()}
    if source_group is not None:
        return dict.fromkeys(members(source_group), (targets,))
    return None if target_group is None else {sources: members(target_group)}
