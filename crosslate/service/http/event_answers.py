"""What the events of streams have as their data, where it is no answer as it is."""

from __future__ import annotations

from collections.abc import Mapping

from crosslate.service.http.operation_responses import ProblemAnswer
from crosslate.service.http.responses import Answer, SegmentAnswer
from crosslate.service.http.summary_responses import SummaryChunkAnswer


class TokenData(Answer):
    """`token`: a piece of the output."""

    text: str
    """What follows what has come so far."""


class SegmentData(SegmentAnswer):
    """`segment` of a translation: a sentence is finished."""

    text: str
    """What follows what has come so far."""


class ChunkData(SummaryChunkAnswer):
    """`segment` of a summary: a part of the text is finished."""

    text: str
    """What follows what has come so far."""
    num_finished: int
    """How many parts are finished."""
    num_chunks: int
    """Of how many."""


class ErrorData(ProblemAnswer):
    """`error`: what a problem would be that came before the stream."""

    retry_after: int | None = None
    """Seconds to wait, where the same may be sent again."""


EVENT_DATA = (TokenData, SegmentData, ChunkData, ErrorData)
OF_TRANSLATION: Mapping[str, str] = {
    "token": "TokenData",
    "segment": "SegmentData",
    "alignment": "AlignmentAnswer",
    "done": "TranslateAnswer",
    "error": "ErrorData",
}
"""The schema of each event's data."""
OF_SUMMARIES: Mapping[str, str] = {
    "token": "TokenData",
    "segment": "ChunkData",
    "alignment": "SummaryAlignmentAnswer",
    "done": "SummarizeAnswer",
    "error": "ErrorData",
}
"""As of translations."""
