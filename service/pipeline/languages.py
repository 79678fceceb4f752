"""Language codes as people write them, in the form that models are listed under (BCP-47)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import langcodes

_MAX_SHOWN = 8
_CLOSE = (
    frozenset({"da", "nb", "nn", "no", "sv"}),
    frozenset({"bs", "hr", "sh", "sr"}),
    frozenset({"cs", "sk"}),
    frozenset({"be", "ru", "uk"}),
    frozenset({"bg", "mk"}),
    frozenset({"ast", "ca", "es", "gl", "oc", "pt"}),
    frozenset({"id", "ms"}),
    frozenset({"af", "nl"}),
    frozenset({"yue", "zh", "wuu"}),
)
"""Languages that share whole phrases in writing."""


@lru_cache(maxsize=2048)
def standard_tag(code: str) -> str | None:
    """`pt_br`, `PT-BR`, `eng_Latn` → `pt-BR`, `pt-BR`, `en`; None for what is no language code."""
    try:
        return langcodes.standardize_tag(code.strip().replace("_", "-"), macro=True)
    except ValueError:
        return None


def match_language(code: str, served: Collection[str]) -> str | None:
    """The served language that `code` asks for, or None.

    Exact first; then without the region or script that no model has (`pt-PT` → `pt`); then, for a bare
    language, the first served variety of it (`zh` → `zh-Hans`).
    """
    if code in served:
        return code
    tag = standard_tag(code)
    if tag is None:
        return None
    standard = _standard_tags(tuple(served))
    subtags = tag.split("-")
    for length in range(len(subtags), 0, -1):
        if (found := standard.get("-".join(subtags[:length]))) is not None:
            return found
    if len(subtags) == 1:
        return next((name for known, name in standard.items() if known.split("-")[0] == tag), None)
    return _same_script(tag, standard)


def same_language(first: str, second: str) -> bool:
    """Whether two codes name the same language, whatever the region or script."""
    one, other = standard_tag(first), standard_tag(second)
    return one is not None and other is not None and one.split("-")[0] == other.split("-")[0]


def are_close(first: str, second: str) -> bool:
    """Whether whole sentences may read the same in both languages."""
    one, other = (base_language(code) for code in (first, second))
    return one == other or any({one, other} <= group for group in _CLOSE)


def base_language(code: str) -> str:
    """`zh` of `zh-Hant`; what is no language code, as it is."""
    return (standard_tag(code) or code).split("-")[0]


@lru_cache(maxsize=512)
def language_name(code: str, in_language: str = "en") -> str:
    """`Portuguese (Brazil)` for `pt-BR`; the code itself where no name is known."""
    tag = standard_tag(code)
    return code if tag is None else langcodes.Language.get(tag).display_name(in_language)


def native_name(code: str) -> str:
    """`português` for `pt`."""
    return language_name(code, code) if standard_tag(code) else code


def suggestion(code: str) -> str | None:
    """The code of a language that was given by its name: `Portuguese` → `pt`."""
    try:
        return langcodes.find(code).to_tag()
    except (LookupError, ValueError):
        return None


def nearest_pairs(
    source: str | None, target: str, pairs: Sequence[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """The served pairs most like the one asked for: same target first, then same source."""

    def distance(pair: tuple[str, str]) -> tuple[bool, bool]:
        return not same_language(pair[1], target), source is None or not same_language(pair[0], source)

    return sorted(pairs, key=distance)[:_MAX_SHOWN]


@lru_cache(maxsize=64)
def _standard_tags(served: tuple[str, ...]) -> dict[str, str]:
    """Standard tag → the name it is served under."""
    tags: dict[str, str] = {}
    for name in served:
        tags.setdefault(standard_tag(name) or name, name)
    return tags


def _same_script(tag: str, standard: dict[str, str]) -> str | None:
    """`zh-TW` → `zh-Hant`: the served variety written in the script that the region implies."""
    wanted = langcodes.Language.get(tag).maximize()
    for known, name in standard.items():
        candidate = langcodes.Language.get(known)
        if candidate.language == wanted.language and candidate.maximize().script == wanted.script:
            return name
    return None
