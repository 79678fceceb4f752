"""Which path can answer with which problem."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from crosslate.service.problems import PROBLEMS, Problem

ANYWHERE = (
    "bad_request",
    "headers_too_large",
    "internal_error",
    "loading",
    "replica_failed",
    "unavailable",
    "uri_too_long",
)
_CHANGE = ("queue_full", *ANYWHERE)
"""Also HAProxy says so, of long bodies and of what is kept."""
_BODY = ("body_too_large", "malformed_request", "request_timeout", "unsupported_media_type", *_CHANGE)
_KEY = ("key_invalid", "key_missing", "quota_exceeded", "rate_limited")
_TEXTS = ("draining", "invalid_text", "text_too_large", *_KEY, *_BODY)
_MODEL = (
    "invalid_parameters",
    "key_not_for_model",
    "model_not_found",
    "model_unavailable",
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
    "text_too_large",
    "unsupported_language_pair",
    "wrong_task",
    *_KEY,
    *_BODY,
)
ASK_DOCUMENT = (
    *("document_not_found", "documents_off", "draining", "key_invalid", "key_missing", "store_unavailable"),
    *_CHANGE,
)
FETCH_DOCUMENT = ("document_failed", "document_not_ready", *ASK_DOCUMENT)
DETECT = ("too_many_texts", *_TEXTS)
_MY_GLOSSARIES = ("key_invalid", "key_missing", *_STORED, *_CHANGE)
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
    meanings = "; ".join(f"`{code}`: {_told(PROBLEMS[code])}" for code in codes)
    return f"{HTTPStatus(status).phrase}. {meanings}."


def _told(problem: Problem) -> str:
    return f"{problem.title} ({problem.more})" if problem.more else problem.title
