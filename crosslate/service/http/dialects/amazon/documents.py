"""Amazon's `TranslateDocument`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from crosslate.service.documents.formats.media_types import ENDINGS, ending_of
from crosslate.service.documents.jobs.jobs import DocumentResult, DocumentStatus
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.amazon.asking import Asking
from crosslate.service.http.dialects.amazon.fields import DocumentFields
from crosslate.service.http.dialects.amazon.operation import Answer, Asked
from crosslate.service.http.dialects.waiting import wait_for_document
from crosslate.service.http.uploads import take_in
from crosslate.service.serving.serving import Call

_NAME = "document"
"""None is sent."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The operation on them."""

    asking: Asking

    async def translate(self, asked: Asked[DocumentFields]) -> Answer:
        """A document in, its translation out; nothing of it is kept."""
        fields = asked.fields
        name = _NAME + _ending(fields.document.content_type)
        source, target = self.asking.pair(fields)
        terms = await self.asking.terms(fields, (source, target), asked.call)
        wanted = DocumentRequest(name=name, target_lang=target, source_lang=source, glossary=terms.entries)
        status, result = await self._outcome(asked.call, fields.document.content, wanted)
        report = status.report
        members: dict[str, Any] = {
            "TranslatedDocument": {"Content": result.content},
            **self.asking.told(fields, source or report.detected or ""),
        }
        if fields.terminology_names:
            is_used = report.terms is not None and report.terms.enforced > 0
            members["AppliedTerminologies"] = [{"Name": name} for name in terms.by_name if is_used]
        notices = [": ".join(filter(None, (one.place, one.message))) for one in report.notices]
        return Answer(members, [*notices, *fields.notes()])

    async def _outcome(
        self, call: Call, data: bytes, wanted: DocumentRequest
    ) -> tuple[DocumentStatus, DocumentResult]:
        """What is told of a translation, and the translation."""
        services = self.asking.services
        jobs = await services.documents.jobs()
        ticket, _ = await take_in(services, call, data, wanted)
        owner = await jobs.owner(ticket)
        try:
            return await wait_for_document(services, ticket), await jobs.result(ticket, owner)
        finally:
            with contextlib.suppress(ServiceError):  # what failed may be gone
                await jobs.delete(ticket, owner)


def _ending(media_type: str) -> str:
    ending = ending_of(media_type)
    if ending is None:
        listed = ", ".join(sorted(ENDINGS))
        raise ServiceError(
            "document_unsupported",
            f"Document.ContentType names no document that is translated. These do: {listed}.",
        )
    return ending
