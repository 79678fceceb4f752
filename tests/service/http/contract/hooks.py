"""For Schemathesis: what the description allows is refused only for what it cannot say."""

from __future__ import annotations

import json
import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.generation import GenerationMode

UNSAYABLE = {
    "glossary_not_for_pair",
    "document_unreadable",
    "document_unsafe",
    "document_unsupported",
    "documents_off",
    "glossaries_off",
    "invalid_markup",
    "invalid_parameters",
    "invalid_pattern",
    "no_reverse_model",
    "no_summarizer",
    "pivot_not_aligned",
    "same_language",
    "unsupported_language_pair",
    "wrong_task",
}
"""Codes of what depends on the models, on the settings, on what is kept, or on what a text says."""
UNSAYABLE_FAULTS = re.compile(
    r"has no letter or digit|has more than \d+ bytes|is not valid JSON|is the language of the terms, too|"
    r"has a pair of languages twice|or target_lang has U\+0000|is for [.\w ]+ only, not|"
    r"min_new_tokens is \d+, and max_new_tokens only \d+"
)
FILES = ("text/", "application/x-tmx")
"""A description tells nothing of what is in them."""
MISSING = {401, 403, 404, 409, 429}


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Of a stream leave the schema of its events: the other one, of all of it, is taken for an event's."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                response.get("content", {}).get("text/event-stream", {}).pop("schema", None)


@schemathesis.check
def only_what_no_schema_says(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Of what is allowed only this may be refused."""
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if response.status_code < 400 or response.status_code in MISSING or response.status_code >= 500:
        return
    if case.media_type is not None and case.media_type.startswith(FILES):
        return
    problem = json.loads(response.content)
    faults = [fault["msg"] for fault in problem["errors"]]
    is_known = problem["code"] in UNSAYABLE or (faults and all(map(UNSAYABLE_FAULTS.search, faults)))
    assert is_known, f"{problem['code']}: {problem['detail']}"
