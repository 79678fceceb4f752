"""What lies in a document's files besides the document, to JSON and back."""

from __future__ import annotations

import json
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter

from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.translation import DocumentReport, TranslatedSegment

T = TypeVar("T")


class Stored(Generic[T]):
    """Values of one type, as files have them.

    Pydantic checks the shapes; the JSON is Python's, which takes half of a surrogate pair: strings of a JSON
    document may have one.
    """

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._adapter = adapter

    def to_bytes(self, value: T) -> bytes:
        """For `parse`."""
        return json.dumps(self._adapter.dump_python(value)).encode()

    def parse(self, data: bytes) -> T:
        """What `to_bytes` was given."""
        return self._adapter.validate_python(json.loads(data))


REQUESTS: Final = Stored(TypeAdapter(DocumentRequest))
"""As it waits with the file."""
PARTS: Final = Stored(TypeAdapter(dict[int, TranslatedSegment]))
"""A batch of what is finished, by the numbers of segments."""
REPORTS: Final = Stored(TypeAdapter(DocumentReport))
"""What is told of a document that is done."""
