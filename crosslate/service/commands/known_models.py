"""Which of the world's models serve a pair of languages, and what it takes to have them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from crosslate.models.checkpoints.catalogue import CatalogueEntry, catalogue
from crosslate.service.pipeline.language.languages import match_language, standard_tag
from crosslate.service.terminal.console import CommandError, UsageError

HUB_LIMIT_S = 2.0
_HUB = "https://huggingface.co"
_UNKNOWN_TO_THE_HUB = frozenset({401, 404})
_PAIR = re.compile(r"(?P<source>[^>:]+)[>:](?P<target>[^>:]+)|(?P<from>[A-Za-z]+)-(?P<to>[A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Pair:
    """Source and target language, as somebody wrote them."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the catalogue for one pair, in the codes that it has for the languages."""

    id: str
    entry: CatalogueEntry
    pair: Pair

    @property
    def score(self) -> str | None:
        """What its publisher has measured for the pair, such as `BLEU 55.4 (Tatoeba)`."""
        quality = self.entry.quality
        value = None if quality is None else quality.scores.get(str(self.pair))
        return None if quality is None or value is None else f"{quality.metric} {value} ({quality.test})"

    @property
    def size(self) -> str | None:
        """Rounded: the catalogue knows it about so, or not at all."""
        size = self.entry.size_bytes
        if size is None:
            return None
        return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB"

    @property
    def license(self) -> str:
        """With what else there is to know of it."""
        known, note = self.entry.license, self.entry.license_note
        if known is None:
            return note or "licence not known"
        return f"{known} ({note})" if note else known

    @property
    def is_on_hub(self) -> bool:
        """Whether it can be downloaded without a person."""
        return self.entry.needs_download and self.entry.fetch_from is None


def read_pairs(text: str) -> list[Pair]:
    """`de-en,en-de`; with a region or script, `pt-BR>en`.

    Raises:
        UsageError: it is something else.
    """
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _PAIR.fullmatch(part)
        names = [] if found is None else [name for name in found.groups() if name]
        if len(names) != 2 or not all(map(standard_tag, names)):
            raise UsageError(f"{part!r} is no pair of languages: write de-en, or pt-BR>en")
        pairs.append(Pair(*names))
    if not pairs:
        raise UsageError("name at least one pair of languages, such as de-en")
    return pairs


def models_for(pair: Pair) -> list[KnownModel]:
    """Those that translate the pair, the preferred first."""
    return [known for entry in catalogue() if (known := _of_pair(entry, pair)) is not None]


ELSEWHERE = "name a folder, or a model of the Hugging Face Hub, that does"


def choose(pairs: Sequence[Pair]) -> list[KnownModel]:
    """The first for each pair that needs no person to fetch it.

    Raises:
        CommandError: no model of the catalogue has a pair.
    """
    chosen = []
    for pair in pairs:
        found = models_for(pair)
        usable = [model for model in found if model.entry.fetch_from is None]
        if not usable:
            by_hand = f"; {found[0].id} is at {found[0].entry.fetch_from}" if found else ""
            raise CommandError(f"no model of the catalogue translates {pair}{by_hand or f': {ELSEWHERE}'}")
        chosen.append(usable[0])
    return chosen


def settings_of(chosen: Sequence[KnownModel]) -> list[dict[str, Any]]:
    """As `models` of the configuration; a model of many languages offers the pairs that were asked for."""
    by_id: dict[str, list[KnownModel]] = {}
    for model in chosen:
        by_id.setdefault(model.id, []).append(model)
    return [_settings(models) for models in by_id.values()]


def _settings(models: Sequence[KnownModel]) -> dict[str, Any]:
    entry = models[0].entry
    settings: dict[str, Any] = {"id": models[0].id, **entry.settings}
    if entry.license is not None:
        settings["license"] = entry.license
    if "{source}" not in entry.id:
        settings["pairs"] = [[model.pair.source, model.pair.target] for model in models]
    return settings


def check_reach(models: Sequence[KnownModel], *, offline: bool) -> list[KnownModel]:
    """The models that are to be downloaded now.

    Raises:
        CommandError: there are some, and the Hub must not or cannot be asked: said within two seconds.
    """
    from crosslate.models.checkpoints.hub import find_cached

    needed = {model.id: model for model in models if model.is_on_hub}
    missing = [model for name, model in needed.items() if find_cached(name) is None]
    if missing and offline:
        raise CommandError(f"{missing[0].id} is not on this machine, and --offline forbids to download it")
    for model in missing:
        if (reason := _why_not(model.id)) is not None:
            raise CommandError(
                f"{model.id} has to be downloaded, and {reason}: check the network or HF_ENDPOINT, or"
                " download the folder elsewhere and give its path"
            )
    return missing


def _why_not(model_id: str) -> str | None:
    """Why the Hub does not give a model; None where it does."""
    hub = os.environ.get("HF_ENDPOINT", _HUB).rstrip("/")
    try:
        status = httpx.get(f"{hub}/api/models/{model_id}", timeout=HUB_LIMIT_S).status_code
    except httpx.HTTPError as error:
        return f"the Hugging Face Hub cannot be reached ({type(error).__name__})"
    if status in _UNKNOWN_TO_THE_HUB:
        return "the Hugging Face Hub has no public model of that name"
    return None if status == httpx.codes.OK else f"the Hugging Face Hub cannot be reached (status {status})"


def _of_pair(entry: CatalogueEntry, pair: Pair) -> KnownModel | None:
    if entry.task != "translation":
        return None
    source = match_language(pair.source, entry.targets or entry.languages)
    if source is None:
        return None
    targets = entry.languages if entry.targets is None else entry.targets[source]
    target = match_language(pair.target, targets)
    if target is None or target == source:
        return None
    found = Pair(source, target)
    return KnownModel(entry.model_id(source, target), entry, found)
