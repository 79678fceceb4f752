"""Refusals and broken connections as exceptions."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from crosslate.client.decoding import json_value
from crosslate.client.errors import ConnectionFailedError, CrosslateError, Fault, Problem, api_error
from crosslate.client.retries import retry_after_s

_MEMBERS = frozenset({"code", "detail", "status"})


def failure_of(response: httpx.Response) -> CrosslateError | None:
    """What a whole answer says went wrong; None where nothing did."""
    if response.is_success:
        return None
    header = response.headers.get("X-Request-ID")
    wait_s = retry_after_s(response.headers.get("Retry-After"))
    try:
        body = json_value(response.content)
    except ValueError:
        body = None
    if (problem := problem_from(body, retry_after_s=wait_s)) is not None:
        return api_error(problem)
    status = response.status_code
    title = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else f"Status {status}"
    detail = (
        f"{title}. This is no answer of Crosslate's: look at the URL and at what stands before the server."
    )
    return api_error(
        Problem(
            status=status,
            code="unknown",
            title=title,
            detail=detail,
            request_id=header,
            retry_after_s=wait_s,
        )
    )


def problem_from(body: object, *, retry_after_s: float | None) -> Problem | None:
    """From the members of RFC 9457; None where what was answered is not of Crosslate's form."""
    if not isinstance(body, dict) or not (body.keys() >= _MEMBERS and isinstance(body["status"], int)):
        return None
    errors = body.get("errors")
    faults = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return Problem(
        status=body["status"],
        code=str(body["code"]),
        title=str(body.get("title", "")),
        detail=str(body["detail"]),
        request_id=body.get("request_id"),
        errors=tuple(Fault(_place(one.get("loc")), str(one.get("msg", ""))) for one in faults),
        retry_after_s=retry_after_s,
    )


def _place(loc: object) -> tuple[str | int, ...]:
    return tuple(one for one in loc if isinstance(one, str | int)) if isinstance(loc, list) else ()


def connection_failure(error: httpx.RequestError, url: httpx.URL) -> ConnectionFailedError:
    """In words for who started the client."""
    never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if isinstance(error, httpx.TimeoutException) and not never_sent:
        return ConnectionFailedError(
            f"{url} did not answer in time: a larger timeout_s waits longer",
            was_sent=True,
            has_timed_out=True,
        )
    what = "cannot be reached" if never_sent else "broke the connection off"
    return ConnectionFailedError(f"{url} {what} ({type(error).__name__}: {error})", was_sent=not never_sent)
