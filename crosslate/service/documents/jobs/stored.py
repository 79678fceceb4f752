"""What lies in a document's files besides the document, to JSON and back."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.translation import DocumentReport, Finished

REQUESTS: Final = TypeAdapter(DocumentRequest)
"""As it waits with the file."""
PARTS: Final = TypeAdapter(dict[int, Finished])
"""A batch of what is finished, by the numbers of segments."""
REPORTS: Final = TypeAdapter(DocumentReport)
"""What is told of a document that is done."""
