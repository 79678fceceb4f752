"""A client for Crosslate's own API, for programs that wait and for programs that do not.

    from crosslate.client import Client

    with Client("http://localhost:8000") as client:
        print(client.translate("The black cat sleeps.", target_lang="pt").text)

It needs `httpx` and `numpy` alone, and nothing of the server.
"""

from crosslate.client.arrays import Matrix
from crosslate.client.asynchronous import AsyncClient
from crosslate.client.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailedError,
    CrosslateError,
    DocumentFailedError,
    Fault,
    InvalidRequestError,
    NotFoundError,
    Problem,
    RateLimitError,
    ServerError,
    UnexpectedAnswerError,
)
from crosslate.client.events import (
    ChunkEvent,
    DoneEvent,
    SegmentEvent,
    SummaryEvent,
    TokenEvent,
    TranslationEvent,
)
from crosslate.client.options import (
    AlignOptions,
    DocumentOptions,
    Generation,
    SummarizeOptions,
    TranslateOptions,
)
from crosslate.client.resources import (
    Document,
    DocumentFile,
    DocumentNotice,
    Glossary,
    GlossaryEntry,
    Language,
    Model,
)
from crosslate.client.retries import Retries
from crosslate.client.summaries import Summaries, Summary, SummaryAlignment
from crosslate.client.synchronous import Client
from crosslate.client.translations import (
    AlignedPair,
    Alignment,
    Detection,
    Link,
    Notice,
    Segment,
    Span,
    Translation,
    Translations,
)

__all__ = [
    "AlignOptions",
    "AlignedPair",
    "Alignment",
    "ApiError",
    "AsyncClient",
    "AuthenticationError",
    "ChunkEvent",
    "Client",
    "ConnectionFailedError",
    "CrosslateError",
    "Detection",
    "Document",
    "DocumentFailedError",
    "DocumentFile",
    "DocumentNotice",
    "DocumentOptions",
    "DoneEvent",
    "Fault",
    "Generation",
    "Glossary",
    "GlossaryEntry",
    "InvalidRequestError",
    "Language",
    "Link",
    "Matrix",
    "Model",
    "NotFoundError",
    "Notice",
    "Problem",
    "RateLimitError",
    "Retries",
    "Segment",
    "SegmentEvent",
    "ServerError",
    "Span",
    "Summaries",
    "SummarizeOptions",
    "Summary",
    "SummaryAlignment",
    "SummaryEvent",
    "TokenEvent",
    "TranslateOptions",
    "Translation",
    "TranslationEvent",
    "Translations",
    "UnexpectedAnswerError",
]
