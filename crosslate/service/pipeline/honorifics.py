"""Portuguese forms of address, `Exmos. Senhores`, which models make up words of: `We are. Ladies`."""

from __future__ import annotations

import re

from crosslate.service.pipeline.languages import base_language
from crosslate.service.pipeline.origin import DerivedText

_MOST = r"(?:Ex\.?(?:ce)?(?:lent[ií]ssim|m)|Il(?:ustr[ií]ssim|m))"
_LETTER = re.compile(rf"^\s*(?P<one>{_MOST}(?P<gender>[oa])(?P<plural>s?)\.?)[ \xa0](?=Senhor|Sr)")
_AMID = re.compile(rf"(?<=\w[ \xa0])(?P<one>{_MOST}[oa]s?\.?[ \xa0])(?=Senhor|Sr)")


def with_plain_honorifics(given: DerivedText, lang: str) -> DerivedText:
    """A text in this language, with `Prezados` where such a form begins it, and with none amid it."""
    if base_language(lang) != "pt" or ("Ex" not in given.text and "Il" not in given.text):
        return given
    edits = [(one.span("one"), "") for one in _AMID.finditer(given.text)]
    if (first := _LETTER.match(given.text)) is not None:
        edits.insert(0, (first.span("one"), f"Prezad{first['gender']}{first['plural']}"))
    return given.edited(edits)
