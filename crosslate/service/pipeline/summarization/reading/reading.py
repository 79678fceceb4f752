"""A request's text as a summarizer reads it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from crosslate.service.pipeline.layout.readable import read_as_plain
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.text.readable import ReadableText


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request whose text is read."""

    request: SummaryRequest
    """Of the text as it is read, `source.marked`."""
    source: ReadableText


async def read_request(request: SummaryRequest) -> ReadRequest:
    """By its format.

    Raises:
        ServiceError: 422 `invalid_markup`.
    """
    if request.text_format == "text":
        return ReadRequest(request, ReadableText.of_plain(request.text))
    # Up to a second for a very long page: not in the event loop.
    source = await asyncio.to_thread(read_as_plain, request.text, request.text_format)
    return ReadRequest(replace(request, text=source.marked.text), source)
