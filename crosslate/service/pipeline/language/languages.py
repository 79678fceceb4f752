"""Language codes as people write them, in the form that models are listed under (BCP-47)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import langcodes

from crosslate.models.language.language_codes import bcp47

AUTO = "auto"
"""What other APIs have for a source language that is to be detected."""
_CLOSE = (
    frozenset({"da", "nb", "nn", "no", "sv"}),
    frozenset({"bs", "hr", "sh", "sr"}),
    frozenset({"cs", "sk"}),
    frozenset({"be", "ru", "uk"}),
    frozenset({"bg", "mk"}),
    frozenset({"ast", "ca", "es", "gl", "oc", "pt"}),
    frozenset({"af", "nl"}),
    frozenset({"yue", "zh", "wuu"}),
    frozenset({"ar", "acm", "acq", "aeb", "ajp", "apc", "ars", "ary", "arz"}),
    frozenset({"hi", "awa", "bho", "hne", "mag", "mai", "mr", "ne", "sa"}),
    frozenset({"id", "ms", "min", "bjn"}),
    frozenset({"rn", "rw"}),
    frozenset({"ak", "tw"}),
)
"""Languages that share whole phrases in writing."""

_SAME = {"no": "nb", "nb": "no", "tw": "ak", "ak": "tw"}
"""Names of one language, of which a model has one: Norwegian nearly always means Bokmål."""

_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
"""Scripts that are in use today (Unicode's `Bidi_Class` R and AL)."""
_LONGEST_TAG = 35
"""What RFC 5646 tells programs to have room for; `langcodes` recurses once for each part of a tag."""


@lru_cache(maxsize=2048)
def standard_tag(code: str) -> str | None:
    """`pt_br`, `PT-BR`, `eng_Latn` → `pt-BR`, `pt-BR`, `en`; None for what is no language code."""
    if len(code) > _LONGEST_TAG:
        return None
    try:
        return bcp47(code)
    except ValueError:
        return None


class LanguageSet:
    """Names of languages that something is served for, in their order, found by what people call them."""

    def __init__(self, names: Iterable[str], further: Mapping[str, str] | None = None) -> None:
        """`further` has tags that stand for others where these are served and they are not."""
        self._further = further or {}
        self._names = dict.fromkeys(names)
        self._by_tag: dict[str, str] = {}
        self._varieties: dict[str, list[str]] = {}
        for name in self._names:
            tag = standard_tag(name) or name
            self._by_tag.setdefault(tag, name)
            self._varieties.setdefault(tag.split("-")[0], []).append(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def varieties(self, base: str) -> list[str]:
        """The names of one language, whatever their region and script."""
        return self._varieties.get(base, [])

    def match(self, code: str) -> str | None:
        """The language that `code` asks for, or None.

        Exact first; then without the region or script that is not served (`pt-PT` → `pt`); then, for a bare
        language, the variety in the script that it is usually written in (`zh` → `zh-Hans`), or the first; at
        last the same language under its other name (`no` → `nb`).
        """
        if code in self._names:
            return code
        tag = standard_tag(code)
        if tag is None:
            return None
        first = tag.split("-")[0]
        found = self._nearest(tag)
        if found or first in _SAME:
            return found or self._nearest(_SAME[first] + tag[len(first) :])
        other = self._further.get("-".join(tag.split("-")[:2]))
        return None if other is None else self._nearest(other)

    def _nearest(self, tag: str) -> str | None:
        subtags = tag.split("-")
        for length in range(len(subtags), 0, -1):
            if (found := self._by_tag.get("-".join(subtags[:length]))) is not None:
                return found
        varieties = self.varieties(subtags[0])
        found = _same_script(tag, varieties)
        return found if found or len(subtags) > 1 else next(iter(varieties), None)


def match_language(code: str, served: Iterable[str]) -> str | None:
    """The one of `served` that `code` asks for, or None: see `LanguageSet.match`."""
    return LanguageSet(served).match(code)


def named(code: str | None) -> str | None:
    """A source language as it was named; None, to be detected, for `auto` and for none."""
    return None if not code or code.lower() == AUTO else code


def same_language(first: str, second: str) -> bool:
    """Whether two codes name the same language, whatever the region or script."""
    one, other = standard_tag(first), standard_tag(second)
    if one is None or other is None:
        return False
    bases = one.split("-")[0], other.split("-")[0]
    return bases[0] == bases[1] or set(bases) == {"nb", "no"}


@lru_cache(maxsize=2048)
def are_close(first: str, second: str) -> bool:
    """Whether whole sentences may read the same in both languages."""
    one, other = (base_language(code) for code in (first, second))
    return one == other or any({one, other} <= group for group in _CLOSE)


@lru_cache(maxsize=2048)
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


def is_right_to_left(code: str) -> bool:
    """Whether the language is written from right to left."""
    tag = standard_tag(code)
    return tag is not None and langcodes.Language.get(tag).maximize().script in _RIGHT_TO_LEFT


def shown_code(code: str) -> str:
    """A code as it may stand in a message: what is no language code is not repeated."""
    return code if standard_tag(code) is not None else "an unknown language"


def suggestion(code: str) -> str | None:
    """The code of a language that was given by its name: `Portuguese` → `pt`."""
    if len(code) > _LONGEST_TAG:
        return None
    try:
        return langcodes.find(code).to_tag()
    except (LookupError, ValueError):
        return None


def _same_script(tag: str, varieties: Sequence[str]) -> str | None:
    """`zh-TW` → `zh-Hant`: the served variety written in the script that the region implies."""
    wanted = langcodes.Language.get(tag).maximize()
    for name in varieties:
        if langcodes.Language.get(standard_tag(name) or name).maximize().script == wanted.script:
            return name
    return None
