"""Words with a capital wherever they stand, which vocabularies have in small letters, too."""

from __future__ import annotations

import re

from crosslate.service.pipeline.language.languages import base_language

_ENGLISH = (
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August"
    "|September|October|November|December|Christmas|Easter|Lent|Ramadan|Hanukkah|Carnival|Thanksgiving|Halloween"
    "|God|Bible|Koran|Christian|Catholic|Protestant|Orthodox|Muslim|Jew|Jewish|Buddhist|Hindu|Islam|Islamic"
    "|English|French|Spanish|German|Greek|Dutch|Danish|Swedish|Finnish|Polish|Czech|Turkish|Irish|Scottish|Welsh"
    "|British|Swiss|Arab|Arabic|Thai|Latin|Internet|Mr|Mrs|Ms|Dr"
)
_PORTUGUESE = "Natal|Páscoa|Carnaval|Deus|Bíblia|Internet|Sr|Sra|Dr|Dra"
_LISTED = {"en": re.compile(f"(?:{_ENGLISH})s?"), "pt": re.compile(_PORTUGUESE)}
_EVERYWHERE = re.compile(
    "Brazil|Portugal|Angola|Canada|Japan|China|India|Russia|Mexico|Chile|Peru|Cuba|Egypt|Israel|Iran|Iraq|Kenya"
    "|Brasil|Canadá|Japão|Rússia|México|Egito|Irão|Irã|Iraque|Quénia|Quênia|Europa|Europe|Africa|Asia|África|Ásia"
)
_ADJECTIVES = {"en": re.compile(r"\w{3,}(?:ese|ican|ian|ean)s?")}
"""Of countries: `Portuguese`, `African`, `Italian`, `European`. The other words that end so are few."""
_WITH_NOUNS_IN_CAPITALS = frozenset({"de", "lb", "nds"})


def is_proper(word: str, lang: str) -> bool:
    """Whether a word with a capital may be one that always has it, as far as its form tells."""
    base = base_language(lang)
    if base in _WITH_NOUNS_IN_CAPITALS or (base == "en" and word == "I"):
        return True
    patterns = (_EVERYWHERE, _LISTED.get(base), _ADJECTIVES.get(base))
    return any(pattern is not None and pattern.fullmatch(word) for pattern in patterns)
