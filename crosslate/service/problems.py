"""Every problem that the service can answer with, by its code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What a code stands for: its HTTP status, a title in a few words, and what is told of it."""

    status: int
    title: str
    """The same for every occurrence (RFC 9457, section 3.1.3)."""
    meaning: str
    """For the documentation of the API."""


PROBLEMS = {
    "bad_request": Problem(
        400, "Bad request", "no valid HTTP, or a body that ends too early or stands still"
    ),
    "glossaries_off": Problem(400, "Glossaries are not kept", "the service keeps no glossaries"),
    "glossary_not_for_pair": Problem(
        400,
        "The glossary is not for these languages",
        "the stored glossary has no entries for these languages",
    ),
    "invalid_parameters": Problem(
        400, "Invalid generation parameters", "the model cannot follow these generation parameters"
    ),
    "documents_off": Problem(
        400, "Documents are off", "the service translates no documents; the detail says why"
    ),
    "no_reverse_model": Problem(
        400,
        "No model for the opposite direction",
        "a symmetric alignment needs a model for the opposite direction",
    ),
    "no_summarizer": Problem(400, "No summarizer", "no model that summarizes is served"),
    "not_supported_yet": Problem(400, "Not supported yet", "a field whose values are reserved"),
    "pivot_not_aligned": Problem(
        400,
        "No such alignment through a third language",
        "two models on the way have no common map of every head",
    ),
    "same_language": Problem(
        400, "Source and target language are the same", "source and target language are the same"
    ),
    "unsupported_language_pair": Problem(
        400, "Unsupported language pair", "no model serves the pair; the nearest are named"
    ),
    "wrong_task": Problem(400, "The model does another task", "the model that was named does another task"),
    "key_invalid": Problem(401, "Unknown key", "not a key of this service"),
    "key_missing": Problem(
        401, "Key required", "the service answers only with a key; see the header `WWW-Authenticate`"
    ),
    "key_not_for_model": Problem(403, "The key is not for this model", "the key is for other models"),
    "glossary_not_found": Problem(404, "No such glossary", "no glossary of the key has this id"),
    "document_not_found": Problem(
        404, "No such document", "there is no document of this id and key, or not any more"
    ),
    "model_not_found": Problem(404, "No such model", "the model that was named is not served"),
    "not_found": Problem(404, "No such path", "nothing is served at this path"),
    "method_not_allowed": Problem(
        405, "Method not allowed", "the path takes another method; see the header `Allow`"
    ),
    "request_timeout": Problem(
        408, "Request too slow", "the body did not come within `limits.body_timeout_s`"
    ),
    "document_not_ready": Problem(
        409, "Not finished yet", "the document is not finished yet; ask again later"
    ),
    "alignment_too_large": Problem(
        413, "The alignment is too large", "the alignment would have too many values"
    ),
    "body_too_large": Problem(413, "Body too large", "over `limits.max_body_bytes`, as sent or as unpacked"),
    "glossary_too_large": Problem(413, "The glossary is too large", "over `glossaries.max_entries`"),
    "document_too_large": Problem(
        413,
        "The document is too large",
        "over `documents.max_bytes` or `documents.max_characters`, or unpacked too large",
    ),
    "text_too_large": Problem(413, "Text too large", "over `limits.max_text_bytes`"),
    "text_too_long": Problem(
        413, "The text is too long", "the model, or its engine's memory, does not take so long a piece"
    ),
    "markup_too_deep": Problem(
        413, "The markup is nested too deeply", "too many elements of HTML or XML within each other"
    ),
    "too_many_glossaries": Problem(413, "Too many glossaries", "over `glossaries.max_glossaries`"),
    "too_many_texts": Problem(413, "Too many texts", "over `limits.max_texts`"),
    "uri_too_long": Problem(414, "URI too long", "texts belong in the body"),
    "document_unsupported": Problem(
        415,
        "Unsupported kind of document",
        "a kind of file that is not translated; the detail says which are",
    ),
    "unsupported_media_type": Problem(
        415, "Unsupported media type", "not JSON in UTF-8, or packed otherwise than with gzip"
    ),
    "invalid_markup": Problem(
        422, "The markup cannot be read", "a text in XML that is not well formed, or declares entities"
    ),
    "document_failed": Problem(
        422,
        "The document could not be translated",
        "the document could not be translated; the detail says why",
    ),
    "document_unreadable": Problem(
        422,
        "The document cannot be read",
        "not a file of the kind that its name says, or damaged, or encrypted",
    ),
    "document_unsafe": Problem(
        422, "The document is refused", "a file with macros or XML entities, or one made to fill memory"
    ),
    "invalid_pattern": Problem(422, "Not a pattern", "one of `protect` is no pattern in RE2's syntax"),
    "invalid_text": Problem(422, "The text is not valid Unicode", "half of a surrogate pair"),
    "malformed_request": Problem(
        422, "Malformed request", "not the form that the path takes; `errors` has the faults"
    ),
    "queue_full": Problem(
        429, "Too many requests are waiting", "too many requests wait; see the header `Retry-After`"
    ),
    "quota_exceeded": Problem(
        429, "The month's quota is used up", "the key's characters of the month are used up"
    ),
    "rate_limited": Problem(
        429,
        "Too much within a minute",
        "more within a minute than the key may send; see the header `Retry-After`",
    ),
    "headers_too_large": Problem(431, "Headers too large", "the headers are too large, or too many"),
    "internal_error": Problem(500, "Internal error", "a defect of the server"),
    "replica_failed": Problem(
        502, "Replica failed", "the replica ended before it answered; send the request again"
    ),
    "draining": Problem(503, "Service stopping", "the replica is shutting down; send the request again"),
    "loading": Problem(503, "Service loading", "the models are being loaded; see the header `Retry-After`"),
    "model_unavailable": Problem(
        503, "The model does not answer", "no engine of the model is left that works; the replica is replaced"
    ),
    "store_unavailable": Problem(
        503, "The store does not answer", "the store does not answer; see the header `Retry-After`"
    ),
    "unavailable": Problem(
        503, "Service unavailable", "no replica could be reached; see the header `Retry-After`"
    ),
    "timeout": Problem(504, "The time limit passed", "not finished within `timeout_s`"),
}
