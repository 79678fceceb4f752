"""Glossaries that are kept for those who use them again and again."""

from __future__ import annotations

from crosslate.service.section import PositiveInt, Section


class GlossarySettings(Section):
    """Stored glossaries; those that come with a request need none of this."""

    enabled: bool = True
    """They need the store (`store.url`), which is opened when the first one is sent."""
    max_glossaries: PositiveInt = 1000
    """Of one key, or of all who need none."""
    max_entries: PositiveInt = 5000
    """Of one pair of languages in a glossary."""
