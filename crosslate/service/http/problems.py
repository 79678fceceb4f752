"""Every problem that the API can answer with, by its code; and which path can answer with which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Problem:
    """What a code stands for."""

    status: int
    meaning: str


PROBLEMS = {
    "bad_request": Problem(400, "no valid HTTP, or a body that ends too early or stands still"),
    "glossaries_off": Problem(400, "the service keeps no glossaries"),
    "glossary_not_for_pair": Problem(400, "the stored glossary has no entries for these languages"),
    "invalid_parameters": Problem(400, "the model cannot follow these generation parameters"),
    "documents_off": Problem(400, "the service translates no documents; the detail says why"),
    "no_reverse_model": Problem(400, "a symmetric alignment needs a model for the opposite direction"),
    "no_summarizer": Problem(400, "no model that summarizes is served"),
    "not_supported_yet": Problem(400, "a field whose values are reserved"),
    "pivot_not_aligned": Problem(400, "two models on the way have no common map of every head"),
    "same_language": Problem(400, "source and target language are the same"),
    "unsupported_language_pair": Problem(400, "no model serves the pair; the nearest are named"),
    "wrong_task": Problem(400, "the model that was named does another task"),
    "key_invalid": Problem(401, "not a key of this service"),
    "key_missing": Problem(401, "the service answers only with a key; see the header `WWW-Authenticate`"),
    "key_not_for_model": Problem(403, "the key is for other models"),
    "glossary_not_found": Problem(404, "no glossary of the key has this id"),
    "document_not_found": Problem(404, "there is no document of this id and key, or not any more"),
    "model_not_found": Problem(404, "the model that was named is not served"),
    "not_found": Problem(404, "nothing is served at this path"),
    "method_not_allowed": Problem(405, "the path takes another method; see the header `Allow`"),
    "request_timeout": Problem(408, "the body did not come within `limits.body_timeout_s`"),
    "document_not_ready": Problem(409, "the document is not finished yet; ask again later"),
    "alignment_too_large": Problem(413, "the alignment would have too many values"),
    "body_too_large": Problem(413, "over `limits.max_body_bytes`, as sent or as unpacked"),
    "glossary_too_large": Problem(413, "over `glossaries.max_entries`"),
    "document_too_large": Problem(
        413, "over `documents.max_bytes` or `documents.max_characters`, or unpacked too large"
    ),
    "text_too_large": Problem(413, "over `limits.max_text_bytes`"),
    "text_too_long": Problem(413, "the model, or its engine's memory, does not take so long a piece"),
    "markup_too_deep": Problem(413, "too many elements of HTML or XML within each other"),
    "too_many_glossaries": Problem(413, "over `glossaries.max_glossaries`"),
    "too_many_texts": Problem(413, "over `limits.max_texts`"),
    "uri_too_long": Problem(414, "texts belong in the body"),
    "document_unsupported": Problem(415, "a kind of file that is not translated; the detail says which are"),
    "unsupported_media_type": Problem(415, "not JSON in UTF-8, or packed otherwise than with gzip"),
    "invalid_markup": Problem(422, "a text in XML that is not well formed, or declares entities"),
    "document_failed": Problem(422, "the document could not be translated; the detail says why"),
    "document_unreadable": Problem(
        422, "not a file of the kind that its name says, or damaged, or encrypted"
    ),
    "document_unsafe": Problem(422, "a file with macros or XML entities, or one made to fill memory"),
    "invalid_pattern": Problem(422, "one of `protect` is no pattern in RE2's syntax"),
    "invalid_text": Problem(422, "half of a surrogate pair"),
    "malformed_request": Problem(422, "not the form that the path takes; `errors` has the faults"),
    "queue_full": Problem(429, "too many requests wait; see the header `Retry-After`"),
    "quota_exceeded": Problem(429, "the key's characters of the month are used up"),
    "rate_limited": Problem(429, "more within a minute than the key may send; see the header `Retry-After`"),
    "headers_too_large": Problem(431, "the headers are too large, or too many"),
    "internal_error": Problem(500, "a defect of the server"),
    "replica_failed": Problem(502, "the replica ended before it answered; send the request again"),
    "draining": Problem(503, "the replica is shutting down; send the request again"),
    "loading": Problem(503, "the models are being loaded; see the header `Retry-After`"),
    "model_unavailable": Problem(503, "no engine of the model is left that works; the replica is replaced"),
    "store_unavailable": Problem(503, "the store does not answer; see the header `Retry-After`"),
    "unavailable": Problem(503, "no replica could be reached; see the header `Retry-After`"),
    "timeout": Problem(504, "not finished within `timeout_s`"),
}

ANYWHERE = (
    "bad_request",
    "headers_too_large",
    "internal_error",
    "loading",
    "replica_failed",
    "unavailable",
    "uri_too_long",
)
_BODY = ("body_too_large", "malformed_request", "request_timeout", "unsupported_media_type", *ANYWHERE)
_KEY = ("key_invalid", "key_missing", "quota_exceeded", "rate_limited")
_TEXTS = ("draining", "invalid_text", "text_too_large", *_KEY, *_BODY)
_MODEL = (
    "invalid_parameters",
    "key_not_for_model",
    "model_not_found",
    "model_unavailable",
    "queue_full",
    "text_too_long",
    "timeout",
    "wrong_task",
    *_TEXTS,
)
_PAIR = ("alignment_too_large", "no_reverse_model", "same_language", "unsupported_language_pair", *_MODEL)

_MARKUP = ("invalid_markup", "markup_too_deep")
_STORED = ("glossaries_off", "store_unavailable")
_STORED_TERMS = ("glossary_not_for_pair", "glossary_not_found", *_STORED)

TRANSLATE = (
    *_STORED_TERMS,
    "invalid_pattern",
    "pivot_not_aligned",
    "too_many_texts",
    *_MARKUP,
    *_PAIR,
)
SUMMARIZE = ("alignment_too_large", "invalid_markup", "no_summarizer", "too_many_texts", *_MODEL)
ALIGN = _PAIR
SEND_DOCUMENT = (
    *_STORED_TERMS,
    "document_too_large",
    "document_unreadable",
    "document_unsafe",
    "document_unsupported",
    "documents_off",
    "draining",
    "invalid_pattern",
    "key_not_for_model",
    "model_not_found",
    "queue_full",
    "text_too_large",
    "unsupported_language_pair",
    "wrong_task",
    *_KEY,
    *_BODY,
)
ASK_DOCUMENT = (
    *("document_not_found", "documents_off", "draining", "key_invalid", "key_missing", "store_unavailable"),
    *ANYWHERE,
)
FETCH_DOCUMENT = ("document_failed", "document_not_ready", *ASK_DOCUMENT)
DETECT = ("too_many_texts", *_TEXTS)
_MY_GLOSSARIES = ("key_invalid", "key_missing", *_STORED, *ANYWHERE)
GLOSSARIES = _MY_GLOSSARIES
GLOSSARY = ("glossary_not_found", *_MY_GLOSSARIES)
GLOSSARY_ENTRIES = ("glossary_not_for_pair", "malformed_request", *GLOSSARY)
GLOSSARY_CREATE = ("glossary_too_large", "too_many_glossaries", *_MY_GLOSSARIES, *_BODY)
READY = ("draining", *ANYWHERE)


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """The codes of each status, both sorted."""
    grouped: dict[int, list[str]] = {}
    for code in sorted(codes, key=lambda code: (PROBLEMS[code].status, code)):
        grouped.setdefault(PROBLEMS[code].status, []).append(code)
    return grouped


def description(status: int, codes: Iterable[str]) -> str:
    """What a status means where these codes are possible with it."""
    meanings = "; ".join(f"`{code}`: {PROBLEMS[code].meaning}" for code in codes)
    return f"{HTTPStatus(status).phrase}. {meanings}."
