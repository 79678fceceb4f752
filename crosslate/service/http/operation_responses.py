"""Answers about the service itself: what it serves, how it is, and what went wrong."""

from __future__ import annotations

from typing import Literal

from crosslate.service.http.responses import Answer


class LanguageAnswer(Answer):
    """A source language and the targets that it can be translated to."""

    lang: str
    """BCP-47."""
    name: str
    """In English."""
    targets: list[str]
    """All of them, sorted."""
    pivoted: list[str]
    """The targets that no model reaches directly: the text goes through a third language."""


class LanguagesAnswer(Answer):
    """`GET /v1/languages`."""

    data: list[LanguageAnswer]
    """Sorted by `lang`."""


class AlignmentMethodAnswer(Answer):
    """Where a model's alignment is read: decoder layer, heads (null: their mean) and row."""

    layer: int
    """Of the decoder, counted from 0."""
    heads: list[int] | None
    """Null: all of them."""
    row: Literal["input", "output"]
    """Which decoder step stands for a token: the one that writes it, or the one that reads it."""
    threshold: float
    """Least score of a link."""


class ModelAnswer(Answer):
    """One configured model."""

    id: str
    """What requests name as `model`."""
    task: Literal["translation", "summarization"]
    """What it is for."""
    family: str
    """Its architecture."""
    pairs: list[tuple[str, str]]
    """Empty where there are more than 500: `/v1/languages` has the targets of each source."""
    num_pairs: int
    """How many pairs it serves."""
    source_langs: list[str]
    """Languages that it reads."""
    target_langs: list[str]
    """Languages that it writes."""
    device: str
    """Where it runs."""
    dtype: str
    """Of its weights."""
    state: Literal["ready", "draining"]
    """`draining`: this replica takes no new requests."""
    alignment: AlignmentMethodAnswer
    """Where its alignments are read."""
    max_source_tokens: int
    """The longest piece that it reads at once."""
    size_bytes: int
    """Of its weights."""
    license: str | None
    """As the checkpoint or the configuration has it."""


class ModelsAnswer(Answer):
    """`GET /v1/models`."""

    data: list[ModelAnswer]
    """In the order of the configuration."""


class StatusAnswer(Answer):
    """`GET /livez` and `GET /readyz`."""

    status: Literal["ok"] = "ok"
    """It answers."""


class VersionAnswer(Answer):
    """`GET /version`."""

    name: Literal["crosslate"] = "crosslate"
    """The server."""
    version: str
    """Of the server."""


class FaultAnswer(Answer):
    """One fault of a malformed request."""

    loc: list[str | int]
    """The path to it, such as `["body", "text"]`."""
    msg: str
    """What is wrong there."""


class ProblemAnswer(Answer):
    """RFC 9457 problem details."""

    type: str
    """A URN with the code."""
    title: str
    """A short summary, the same for every occurrence."""
    status: int
    """The HTTP status."""
    detail: str
    """What was wrong here, and what to do about it."""
    code: str
    """Stable: what a program goes by."""
    request_id: str
    """As in the header `X-Request-ID` and in the log."""
    errors: list[FaultAnswer]
    """The faults one by one, for 422."""
