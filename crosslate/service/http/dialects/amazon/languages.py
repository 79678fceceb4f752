"""Languages by Amazon's codes, and `ListLanguages`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosslate.service.http.dialects.amazon.errors import NamedError
from crosslate.service.http.dialects.amazon.fields import LanguagesFields
from crosslate.service.http.dialects.amazon.operation import Answer, Asked
from crosslate.service.http.dialects.amazon.paging import page_of
from crosslate.service.http.dialects.codes import LanguageCodes, without_usual_script
from crosslate.service.http.dialects.notes import variety_note
from crosslate.service.http.dialects.reading import unreadable
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import LanguageSet, language_name, standard_tag

_OWN_CODES: Mapping[str, str] = {"fil": "tl", "nb": "no", "pt-BR": "pt", "zh-Hant": "zh-TW"}
_AUTO, _ENGLISH = "auto", "en"


class AmazonLanguages:
    """Those that are served, under their names here and there."""

    def __init__(self, services: Services) -> None:
        languages = served_languages(services)
        names = {language.lang for language in languages}
        every = LanguageSet(sorted(names.union(*(language.targets for language in languages))))
        self.codes = LanguageCodes.of(services)
        self._own = {name: _code_among(name, every) for name in every}

    def code(self, served: str) -> str:
        """Amazon's, for a language that was found or is served."""
        return self._own.get(served) or amazon_code(served)

    def variety_note(self, asked: str, served: str) -> list[str]:
        """As `notes.variety_note`; by its own code a language is what was asked for."""
        return [] if self.code(served) == amazon_code(asked) else variety_note(asked, served)

    async def list_all(self, asked: Asked[LanguagesFields]) -> Answer:
        """`ListLanguages`: all of either side, in the order of their codes, and `auto`."""
        fields = asked.fields
        reader = fields.display_language_code or _ENGLISH
        if standard_tag(reader) is None:
            told = unreadable("is no language code, such as en or pt", "DisplayLanguageCode")
            name = "UnsupportedDisplayLanguageCodeException"
            raise NamedError(told, name, {"DisplayLanguageCode": reader})
        names = {code: language_name(served, reader) for served, code in self._own.items()}
        every = [("Auto", _AUTO), *((names[code], code) for code in sorted(names))]
        shown, token = page_of(every, fields)
        answer: dict[str, Any] = {
            "Languages": [{"LanguageName": name, "LanguageCode": code} for name, code in shown],
            "DisplayLanguageCode": reader,
        }
        return Answer({**answer, **token})


def amazon_code(name: str) -> str:
    """`pt` for `pt-BR`, `zh-TW` for `zh-Hant`; a script is named only where the language has several."""
    tag = without_usual_script(standard_tag(name) or name)
    return _OWN_CODES.get(tag, tag)


def _code_among(name: str, served: LanguageSet) -> str:
    """One by which it is found again."""
    code = amazon_code(name)
    return code if served.match(code) == name else name
