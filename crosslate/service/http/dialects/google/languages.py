"""Languages by the codes that Google has for them, of which some are older than today's."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.dialects.codes import LanguageCodes, without_usual_script
from crosslate.service.http.dialects.notes import variety_note
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import LanguageSet, language_name, standard_tag

_OWN_CODES: Mapping[str, str] = {
    "fil": "tl",
    "he": "iw",
    "jv": "jw",
    "nb": "no",
    "pt-BR": "pt",
    "zh": "zh-CN",
    "zh-Hant": "zh-TW",
}


@dataclass(frozen=True, slots=True)
class ListedLanguage:
    """One that is served, from or into."""

    code: str
    """Google's."""
    served: str
    """The models' name for it."""
    is_source: bool
    is_target: bool

    def name(self, reader: str) -> str:
        """In a reader's language, such as `en`."""
        return language_name(self.served, reader)


class GoogleLanguages:
    """Those that are served, under their names here and there."""

    def __init__(self, services: Services) -> None:
        languages = served_languages(services)
        sources = {language.lang for language in languages}
        targets = {target for language in languages for target in language.targets}
        every = LanguageSet(sorted(sources | targets))
        self.codes = LanguageCodes.of(services)
        self._own = {name: _code_among(name, every) for name in every}
        listed = [ListedLanguage(self._own[name], name, name in sources, name in targets) for name in every]
        self.all = sorted(listed, key=lambda language: language.code)
        """In the order of their codes."""

    def code(self, served: str) -> str:
        """Google's, for a language that was found or is served."""
        return self._own.get(served) or google_code(served)

    def variety_note(self, asked: str, served: str) -> list[str]:
        """As `notes.variety_note`; `zh-CN` is what Google calls `zh-Hans`."""
        tag = standard_tag(asked) or asked
        names = {tag} if "-" in tag else {tag, google_code(tag)}
        return [] if self.code(served) in names else variety_note(asked, served)

    def named(self, reader: str, where: str) -> list[tuple[ListedLanguage, str]]:
        """All of them with their names in a reader's language, in the order of these.

        Raises:
            ServiceError: 422, `reader`, which stands at `where`, is no language.
        """
        if standard_tag(reader) is None:
            raise malformed((FieldError((where,), "is no language code, such as en or pt-BR"),))
        named = [(language, language.name(reader)) for language in self.all]
        return sorted(named, key=lambda pair: _without_accents(pair[1].casefold()))


def google_code(name: str) -> str:
    """`iw` for `he`, `zh-TW` for `zh-Hant`; a script is named only where the language has several."""
    tag = without_usual_script(standard_tag(name) or name)
    return _OWN_CODES.get(tag, tag)


def _without_accents(text: str) -> str:
    """That `Árabe` stands beside `Armênio`."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def _code_among(name: str, served: LanguageSet) -> str:
    """One by which it is found again."""
    code = google_code(name)
    return code if served.match(code) == name else name
