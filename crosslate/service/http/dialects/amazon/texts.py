"""Amazon's `TranslateText`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.amazon.asking import Asking
from crosslate.service.http.dialects.amazon.fields import TextFields
from crosslate.service.http.dialects.amazon.markup import format_of
from crosslate.service.http.dialects.amazon.operation import Answer, Asked
from crosslate.service.http.dialects.notes import SAME_LANGUAGE
from crosslate.service.pipeline.markup.references import words_of
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TextFormat, TranslationRequest, TranslationResult
from crosslate.service.serving.serving import Call


@dataclass(frozen=True, slots=True)
class Texts:
    """The operation on them."""

    asking: Asking

    async def translate(self, asked: Asked[TextFields]) -> Answer:
        """One text; one that shows itself to be HTML is translated as such."""
        fields = asked.fields
        text, worker = fields.text, self.asking.services.text_worker
        form = await worker.run(len(text), lambda: format_of(text))
        source, target = self.asking.pair(fields)
        if fields.terminology_names and source is None:
            source = await self._found(text, form, asked.call)
        terms = await self.asking.terms(fields, (source, target), asked.call)
        wanted = TranslationRequest(
            text=text, text_format=form, target_lang=target, source_lang=source, glossary=terms.entries
        )
        result = await self._result(wanted, asked.call)
        members: dict[str, Any] = {
            "TranslatedText": text if result is None else result.text,
            **self.asking.told(fields, source or target if result is None else result.source_lang),
        }
        if fields.terminology_names:
            members["AppliedTerminologies"] = terms.applied((result and result.terms) or ())
        return Answer(members, self._notes(fields, result))

    async def _found(self, text: str, form: TextFormat, call: Call) -> str:
        """Its language, by which terms are chosen: the text is counted for that, too."""
        words = words_of(text) if form == "html" else text
        (found,) = await self.asking.services.serving.detect([words], call)
        return found.lang

    async def _result(self, wanted: TranslationRequest, call: Call) -> TranslationResult | None:
        """None where the text is in the target language, and is to stay as it is."""
        serving = self.asking.services.serving
        try:
            (result,) = await serving.ask(serving.translation, [wanted], call)
        except ServiceError as error:
            if error.code != "same_language":
                raise
            return None
        return result

    def _notes(self, fields: TextFields, result: TranslationResult | None) -> list[str]:
        if result is None:
            return [SAME_LANGUAGE] if fields.text.strip() else []
        variety = self.asking.languages.variety_note(fields.target_language_code, result.target_lang)
        return [*messages(result.warnings), *variety]
