"""What HAProxy's own answers tell browsers about pages of other origins: what replicas' answers tell.

Without it a page would see no more of a 503 than that something has failed, and not when to come back; and
mostly it would not get as far, for browsers ask beforehand whether a request may be sent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from starlette.datastructures import Headers

from crosslate.service.haproxy.answers import REQUEST_ID
from crosslate.service.haproxy.blocks import ORIGINS
from crosslate.service.http.cross_origin import METHODS, rules
from crosslate.service.http.dialects.registry import DIALECTS

_SENT = "req.fhdr(origin,1)"
_ALLOWED = "var(txn.crosslate_origin)"
"""What an answer names: the origin that has asked, or that all may."""
_HAS_ORIGIN = "var(txn.crosslate_has_origin)"
_IS_TOLD = "var(txn.crosslate_is_told)"
"""Whether the answer has such headers, if it is to have any: it is a replica's, or one to a preflight."""
_IS_OURS = f"!{{ {_IS_TOLD} -m found }}"
_METHOD = "access-control-request-method"
_HEADERS = "access-control-request-headers"
_PRIVATE = "access-control-request-private-network"
_PLACE = f"%[{_ALLOWED}]"
_RULES = rules([_PLACE], DIALECTS)


def answer_rules() -> list[str]:
    """For every frontend: the headers of what HAProxy answers by itself."""
    found = f"{{ {_SENT} -m found }}"
    return [
        f"http-request set-{_HAS_ORIGIN} bool(true) if {found}",
        f"http-request set-{_ALLOWED} {_SENT} if {{ {_SENT} -m str -f {ORIGINS} }}",
        f"http-request set-{_ALLOWED} str(*) if {found} {{ str(*) -m str -f {ORIGINS} }}",
        # Nothing that HAProxy answers by itself passes by this.
        f"http-response set-{_IS_TOLD} bool(true)",
        *(
            f"http-after-response set-header {name} '{value}' if {_IS_OURS} {{ {_HAS_ORIGIN} -m found }}"
            for name, value in _RULES.simple_headers.items()
        ),
        f"http-after-response set-header Access-Control-Allow-Origin {_PLACE} "
        f"if {_IS_OURS} {{ {_ALLOWED} -m found }}",
        f"http-after-response add-header Vary Origin if {_IS_OURS}",
    ]


def preflight_rules() -> Iterator[str]:
    """Where no replica is to take a request: the answers to what browsers ask before they send one.

    Each as a replica would give it to a request that has these headers.
    """
    yield (
        f"http-request set-{_IS_TOLD} bool(true) "
        f"if {{ method OPTIONS }} {{ {_SENT} -m found }} {{ req.fhdr({_METHOD},1) -m found }}"
    )
    # A rule that leaves something open is reached by those alone that lack it: the others are answered.
    for origin, method, headers, private in itertools.product((True, False), repeat=4):
        asked = {
            "origin": _PLACE if origin else "",
            _METHOD: METHODS[0] if method else "",
            **({_HEADERS: f"%[req.fhdr({_HEADERS},1)]"} if headers else {}),
            **({_PRIVATE: "true"} if private else {}),
        }
        conditions = (
            f"{{ {_IS_TOLD} -m found }}",
            f"{{ {_ALLOWED} -m found }}" if origin else "",
            f"{{ req.fhdr({_METHOD},1) -m str {' '.join(METHODS)} }}" if method else "",
            f"{{ req.fhdr({_HEADERS},1) -m found }}" if headers else "",
            f"{{ req.fhdr({_PRIVATE},1) -m found }}" if private else "",
        )
        yield f"http-request return {_preflight(asked)} if {' '.join(filter(None, conditions))}"


def _preflight(asked: dict[str, str]) -> str:
    response = _RULES.preflight_response(Headers(asked))
    headers = {**response.headers, "X-Request-ID": REQUEST_ID}
    content_type = headers.pop("content-type")
    del headers["content-length"]
    body = bytes(response.body).decode()
    return " ".join(
        [
            f"status {response.status_code} content-type '{content_type}' string '{body}'",
            *(f"hdr {name} '{value}'" for name, value in headers.items()),
        ]
    )
