"""HAProxy in front of the replicas: what it allows clients, and what it answers itself.

Ray Serve sends a replica nothing before its models are loaded, and HAProxy then says 404 to everything, or
holds the request until somebody's patience is at an end. What is said meanwhile should be the truth: the
service lives, and is not ready. Nor has Serve a limit for clients that do not go on, or answers in the form
that the API promises. `launch` puts what is written here into its configuration.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from crosslate.service.errors import ServiceError
from crosslate.service.haproxy.answers import ASKED, PATH, REQUEST_ID, Answers
from crosslate.service.haproxy.blocks import PRESSURE, Blocks
from crosslate.service.haproxy.cross_origin import answer_rules, preflight_rules
from crosslate.service.http.middleware import QUIET_ROUTES
from crosslate.service.http.request_id import PATTERN

RETRY_AFTER_S = 5
MAX_HEADER_BYTES = 16 * 1024
REPEATED_BYTES = 128 * 1024
"""A request with a longer body goes to one replica only. Every request that is under way takes such a buffer,
or as much of it as it needs."""
_KEEPING = (
    "/document /glossaries /translate_file :translateDocument "
    "TranslateDocument ImportTerminology DeleteTerminology"
)
_ONCE = f"{{ {ASKED} -m sub {_KEEPING} }} !{{ method GET HEAD OPTIONS }}"
"""Requests that keep something, which would be there twice: they are not given to another replica."""
MAX_HEADERS = 100
_MANY_HEADERS = f"{{ req.hdrs,length gt {MAX_HEADER_BYTES} }} || {{ req.hdr_cnt gt {MAX_HEADERS} }}"
_LONG_URI = f"{{ url,length gt {MAX_HEADER_BYTES} }}"

# Without what is installed: importing that would take longer than HAProxy's start. A copy of ours: another
# version may be installed while a service runs, and HAProxy would not start again for new replicas.
_ROOT = Path(__file__).parents[3]
_LAUNCHED = (
    "crosslate/__init__.py",
    "crosslate/models/__init__.py",
    "crosslate/models/whole_file.py",
    "crosslate/service/__init__.py",
    "crosslate/service/haproxy/__init__.py",
    "crosslate/service/haproxy/admin.py",
    "crosslate/service/haproxy/blocks.py",
    "crosslate/service/haproxy/edits.py",
    "crosslate/service/haproxy/failures.py",
    "crosslate/service/haproxy/guard.py",
    "crosslate/service/haproxy/inner.py",
    "crosslate/service/haproxy/launch.py",
    "crosslate/service/process/__init__.py",
    "crosslate/service/process/machine.py",
    "crosslate/service/settings/__init__.py",
    "crosslate/service/settings/served_origins.py",
)
_CODE = """\
import sys
sys.path.append({root!r})
from crosslate.service.haproxy.launch import main
main(sys.argv[1:])"""


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What HAProxy allows a client and a replica, where the operator has not told Ray otherwise.

    Attributes:
        headers_s: from a request's first byte, or a connection's beginning, to the end of its headers.
        body_s: from there to the end of the body, or to a full buffer of it.
        client_s: without a byte from a client that is sending, or taken by one that is being sent to.
        server_s: without a byte from a replica that has a request.
        max_connections: open at once.
        retries: how often a request whose replica is gone before it answered is given to another one.
    """

    headers_s: int = 10
    body_s: int = 10
    client_s: int = 60
    server_s: int = 900
    max_connections: int = 16384
    retries: int = 2


DEFAULT_LIMITS = EdgeLimits()

_LOADING = ServiceError(
    "loading",
    "The models are being loaded, or the service is stopping: send the request again in a few seconds.",
    retry_after_s=RETRY_AFTER_S,
)
_UNAVAILABLE = ServiceError(
    "unavailable",
    "No replica could be reached: send the request again in a few seconds.",
    retry_after_s=RETRY_AFTER_S,
)
_CROWDING = ServiceError(
    "queue_full",
    "Too many requests with long bodies, documents or changes of glossaries are under way from this address: "
    "send it again when some have ended.",
    retry_after_s=RETRY_AFTER_S,
)
_HEADERS_TOO_LARGE = ServiceError(
    "headers_too_large",
    f"The headers are over {MAX_HEADER_BYTES} bytes or more than {MAX_HEADERS}: send texts in the body.",
)
_URI_TOO_LONG = ServiceError(
    "uri_too_long", f"The URI is over {MAX_HEADER_BYTES} bytes: send texts in the body."
)


_METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE"
_UNKNOWN_METHOD = ServiceError(
    "method_not_allowed",
    "The service takes no requests with this method; /docs lists those that it takes.",
)
_NO_PATH = ServiceError("not_found", "Nothing is served here; /docs lists what is.")


def _failures(limits: EdgeLimits) -> tuple[ServiceError, ...]:
    """What HAProxy may have to say itself."""
    return (
        ServiceError(
            "bad_request",
            "The request is no valid HTTP, its body came to an end too early or stood still, or the "
            "connection was closed for sending before the answer had come: keep it open.",
        ),
        ServiceError(
            "request_timeout",
            f"The body of the request did not come within {limits.body_s} s: send it without pauses.",
        ),
        ServiceError("internal_error", "The proxy failed on this request; its log tells why."),
        ServiceError(
            "replica_failed",
            "The replica that had this request ended before it answered: send the request again.",
            retry_after_s=RETRY_AFTER_S,
        ),
        _UNAVAILABLE,
        ServiceError(
            "timeout",
            f"The replica that had this request said nothing for {limits.server_s} s. "
            "Send less text at a time.",
        ),
    )


def write_haproxy_wrapper(folder: Path, binary: str, limits: EdgeLimits = DEFAULT_LIMITS) -> Path:
    """An executable that is HAProxy with our answers and limits; it needs the folder's other files."""
    blocks, wrapper = folder / "blocks.json", folder / "haproxy"
    blocks.write_text(json.dumps(dataclasses.asdict(_blocks(folder, limits))), encoding="utf-8")
    code = _CODE.format(root=str(_copied(folder / "code")))
    words = [sys.executable, "-IS", "-c", code, str(blocks), binary]
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    return wrapper


def _copied(root: Path) -> Path:
    """What `launch` is made of, in this folder."""
    for name in _LAUNCHED:
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_ROOT / name, target)
    return root


def _blocks(folder: Path, limits: EdgeLimits) -> Blocks:
    is_given = f"{{ req.fhdr_cnt(x-request-id) eq 1 }} {{ req.fhdr(x-request-id) -m reg ^{PATTERN}$ }}"
    failures = _failures(limits)
    answers = Answers(
        folder,
        [_LOADING, _CROWDING, _HEADERS_TOO_LARGE, _URI_TOO_LONG, _UNKNOWN_METHOD, _NO_PATH, *failures],
    )
    return Blocks(
        defaults=_lines(
            f"timeout http-request {limits.headers_s}s",
            # Browsers open connections in advance; one that is closed unused needs no answer.
            "option http-ignore-probes",
            *answers.defaults,
            *(f"http-error {answers.of(error)}" for error in failures),
        ),
        requests=_lines(
            f"http-request set-var(txn.crosslate_id) req.fhdr(x-request-id) if {is_given}",
            "http-request set-var(txn.crosslate_id) uuid() if !{ var(txn.crosslate_id) -m found }",
            *answers.rules,
            f"http-request set-log-level silent if {{ {PATH} -m str {' '.join(sorted(QUIET_ROUTES))} }}",
        ),
        limits=_lines(
            f"http-request return {answers.of(_HEADERS_TOO_LARGE)} if {_MANY_HEADERS}",
            f"http-request return {answers.of(_URI_TOO_LONG)} if {_LONG_URI}",
            # Replicas know no other methods, and would not answer as the API does; nor is a tunnel a path.
            f"http-request return {answers.of(_UNKNOWN_METHOD)} hdr Allow {_METHODS.replace(' ', ',')} "
            f"if !{{ method {_METHODS} }}",
            f"http-request return {answers.of(_NO_PATH)} if !{{ path_beg / }}",
            # A replica's server would refuse to speak another protocol, without saying why.
            "http-request del-header Upgrade",
            # Connections are kept for a next request only while there are enough for others.
            f"http-after-response set-header connection close if {{ fe_conn gt {PRESSURE} }}",
        ),
        unserved=_unserved(answers, _LOADING),
        gone=_unserved(answers, _UNAVAILABLE),
        origins=_lines(*answer_rules()),
        preflights=_lines(*preflight_rules()),
        buffer_bytes=MAX_HEADER_BYTES + REPEATED_BYTES,
        repeated_bytes=REPEATED_BYTES,
        once=_ONCE,
        bodies=_lines(
            f"http-request wait-for-body time {limits.body_s}s", f"http-request disable-l7-retry if {_ONCE}"
        ),
        crowding=answers.of(_CROWDING),
        max_connections=limits.max_connections,
        client_timeout_s=limits.client_s,
        server_timeout_s=limits.server_s,
        retries=limits.retries,
    )


def _unserved(answers: Answers, error: ServiceError) -> str:
    """Where no replica is to take a request."""
    return _lines(
        'http-request return status 200 content-type application/json string \'{"status":"ok"}\' '
        f"hdr X-Request-ID {REQUEST_ID} if {{ {PATH} -m str /livez }}",
        *answers.refused(error),
    )


def _lines(*lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines)
