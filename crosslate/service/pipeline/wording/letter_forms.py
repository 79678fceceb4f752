"""Forms of letters and mail that models make up words of: `Exmos. Senhores`, `From: Ana`."""

from __future__ import annotations

import re

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_MOST = r"(?:Ex\.?(?:ce)?(?:lent[ií]ssim|m)|Il(?:ustr[ií]ssim|m))"
_LETTER = re.compile(rf"^\s*(?P<one>{_MOST}(?P<gender>[oa])(?P<plural>s?)\.?)[ \xa0](?=Senhor|Sr)")
_AMID = re.compile(rf"(?<=\w[ \xa0])(?P<one>{_MOST}[oa]s?\.?[ \xa0])(?=Senhor|Sr)")
_ALONE = {
    ("en", "pt"): (
        (re.compile(r"\s*(?P<one>[Tt]hank you(?=[,.!]*\s*$)|[Tt]hanks(?=,?\s*$))[,.!]*\s*"), "Many thanks"),
        (re.compile(r"\s*(?P<one>(?:Kind|Warm)(?:est)? [Rr]egards)[,.!]*\s*"), "Best regards"),
        (re.compile(r"\s*(?P<one>Yours (?:sincerely|faithfully|truly))[,.!]*\s*"), "Sincerely"),
    ),
    ("pt", "en"): (
        (re.compile(r"\s*(?P<one>[Oo]brigad[oa])[,.!]*\s*"), "Muito obrigado"),
        (re.compile(r"\s*(?P<one>Atenciosamente|Atentamente)[,.!]*\s*"), "Cordialmente"),
    ),
}
"""What stands alone at the end of letters, and what is read of it: models make up sentences of some."""
_LONGEST = 24
_FROM = "From:"
_OF_MAIL = re.compile(r"^[> \t]*(?:Subject|Cc|Sent|Reply-To): ", re.MULTILINE)
"""What the head of a mail has besides, and an itinerary has not."""


def with_plain_letter_forms(given: DerivedText, lang: str, sent: str) -> DerivedText:
    """A text with `Prezados` where such a form begins it, none amid it, and `Sender` in the head of a mail.

    Args:
        given: a text or a part of one.
        lang: its language.
        sent: the whole text.
    """
    match base_language(lang):
        case "pt" if "Ex" in given.text or "Il" in given.text:
            return _with_plain_address(given)
        case "en" if given.text.startswith(_FROM) and _OF_MAIL.search(sent) is not None:
            return given.edited([((0, len(_FROM) - 1), "Sender")])
    return given


def with_plain_ending(given: DerivedText, source_lang: str, target_lang: str) -> DerivedText:
    """A text that is only `Thank you,` or its like as what says the same to models of this pair."""
    if len(given.text) > _LONGEST:
        return given
    for form, plain in _ALONE.get((base_language(source_lang), base_language(target_lang)), ()):
        if (alone := form.fullmatch(given.text)) is not None:
            return given.edited([(alone.span("one"), plain)])
    return given


def _with_plain_address(given: DerivedText) -> DerivedText:
    edits = [(one.span("one"), "") for one in _AMID.finditer(given.text)]
    if (first := _LETTER.match(given.text)) is not None:
        edits.insert(0, (first.span("one"), f"Prezad{first['gender']}{first['plural']}"))
    return given.edited(edits)
