"""Every problem that the service can answer with, by its code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What a code stands for: its HTTP status, and what is told of it."""

    status: int
    title: str
    """The same for every occurrence (RFC 9457, section 3.1.3)."""
    more: str = ""
    """For the documentation of the API, behind the title."""


_RETRY = "see the header `Retry-After`"
PROBLEMS = {
    "bad_request": Problem(
        400, "Bad request", "no valid HTTP, or a body that ends too early or stands still"
    ),
    "glossaries_off": Problem(400, "Glossaries are not kept"),
    "glossary_not_for_pair": Problem(400, "The glossary is not for these languages"),
    "invalid_parameters": Problem(400, "Invalid generation parameters"),
    "documents_off": Problem(400, "Documents are off", "the detail says why"),
    "no_reverse_model": Problem(
        400, "No model for the opposite direction", "a symmetric alignment needs one"
    ),
    "no_summarizer": Problem(400, "No summarizer", "none is served"),
    "not_supported_yet": Problem(400, "Not supported yet", "a field whose values are reserved"),
    "pivot_not_aligned": Problem(
        400, "No such alignment through a third language", "the models on the way have no common map"
    ),
    "same_language": Problem(400, "Source and target language are the same"),
    "unsupported_language_pair": Problem(
        400, "Unsupported language pair", "the nearest that are served are named"
    ),
    "wrong_task": Problem(400, "The model does another task"),
    "key_invalid": Problem(401, "Unknown key"),
    "key_missing": Problem(401, "Key required", "see the header `WWW-Authenticate`"),
    "key_not_for_model": Problem(403, "The key is not for this model"),
    "glossary_not_found": Problem(404, "No such glossary", "none of the key has this id"),
    "document_not_found": Problem(404, "No such document", "none has this id and key, or not any more"),
    "model_not_found": Problem(404, "No such model", "the one that was named is not served"),
    "not_found": Problem(404, "No such path"),
    "method_not_allowed": Problem(405, "Method not allowed", "see the header `Allow`"),
    "request_timeout": Problem(
        408, "Request too slow", "the body did not come within `limits.body_timeout_s`"
    ),
    "document_not_ready": Problem(409, "Not finished yet", "ask again later"),
    "alignment_too_large": Problem(413, "The alignment is too large", "it would have too many values"),
    "body_too_large": Problem(413, "Body too large", "over `limits.max_body_bytes`, as sent or as unpacked"),
    "glossary_too_large": Problem(413, "The glossary is too large", "over `glossaries.max_entries`"),
    "document_too_large": Problem(
        413,
        "The document is too large",
        "over `documents.max_bytes` or `documents.max_characters`, or unpacked too large",
    ),
    "text_too_large": Problem(413, "Text too large", "over `limits.max_text_bytes`"),
    "text_too_long": Problem(
        413, "The text is too long", "in one piece, for the model or its engine's memory"
    ),
    "markup_too_deep": Problem(413, "The markup is nested too deeply"),
    "too_many_glossaries": Problem(413, "Too many glossaries", "over `glossaries.max_glossaries`"),
    "too_many_texts": Problem(413, "Too many texts", "over `limits.max_texts`"),
    "uri_too_long": Problem(414, "URI too long", "texts belong in the body"),
    "document_unsupported": Problem(
        415, "Unsupported kind of document", "the detail says which are translated"
    ),
    "unsupported_media_type": Problem(
        415, "Unsupported media type", "not JSON in UTF-8, or packed otherwise than with gzip"
    ),
    "invalid_markup": Problem(
        422, "The markup cannot be read", "XML is not well formed, or declares entities"
    ),
    "document_failed": Problem(422, "The document could not be translated", "the detail says why"),
    "document_unreadable": Problem(
        422, "The document cannot be read", "it is no such file, or damaged, or encrypted"
    ),
    "document_unsafe": Problem(
        422, "The document is refused", "it has macros or XML entities, or is made to fill memory"
    ),
    "invalid_pattern": Problem(422, "Not a pattern", "one of `protect` is none in RE2's syntax"),
    "invalid_text": Problem(422, "The text is not valid Unicode", "half of a surrogate pair"),
    "malformed_request": Problem(422, "Malformed request", "`errors` has the faults"),
    "queue_full": Problem(429, "Too many requests are waiting", _RETRY),
    "quota_exceeded": Problem(429, "The month's quota is used up"),
    "rate_limited": Problem(429, "Too much within a minute", _RETRY),
    "headers_too_large": Problem(431, "Headers too large", "or too many"),
    "internal_error": Problem(500, "Internal error", "a defect of the server"),
    "replica_failed": Problem(502, "Replica failed", "send the request again"),
    "draining": Problem(503, "Service stopping", "send the request again"),
    "loading": Problem(503, "Service loading", _RETRY),
    "model_unavailable": Problem(
        503, "The model does not answer", "no engine of it is left that works; the replica is replaced"
    ),
    "store_unavailable": Problem(503, "The store does not answer", _RETRY),
    "unavailable": Problem(503, "Service unavailable", "no replica could be reached; send the request again"),
    "timeout": Problem(504, "The time limit passed", "not finished within `timeout_s`"),
}
