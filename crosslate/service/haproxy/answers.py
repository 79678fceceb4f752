"""What HAProxy says itself, to each API's clients in that API's form.

A DeepL client cannot read problem+json, and the one for Hugging Face's API sends a request that met a 503
again at once, for ever. The forms are the dialects' own: each error is rendered by each of them beforehand,
and HAProxy looks up what a request's form makes of it. Two files hold what stands before the request id and
what stands after it; in most forms there is none, and all of it stands before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from starlette.responses import Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.hugging_face.dialect import HELD_BACK_S, HUGGING_FACE
from crosslate.service.http.dialects.paths import VERSION_PARAMETER
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.errors import retry_headers
from crosslate.service.http.native import NATIVE

REQUEST_ID = "%[var(txn.crosslate_id)]"
PATH = "var(txn.crosslate_path)"
"""The path as replicas read it: decoded, with one slash at its beginning and none at its end."""
ASKED = "var(txn.crosslate_asked)"
"""The path, and what Amazon's API has in a header instead."""
_TARGET = "/%[req.hdr(x-amz-target)]"
_PLAIN_PATH = r"path,url_dec,regsub(^/+,/),regsub(/+$,)"
_FORM = f"var(txn.crosslate_form,{NATIVE.name})"
_SHOWN_ID = "%[var(txn.crosslate_shown_id)]"
_NATIVE_TYPE = "application/problem+json"
_IS_OURS = f"{{ res.hdr(content-type) {_NATIVE_TYPE} }}"
_COMMON = frozenset({"content-length", "content-type", "retry-after"})
"""Headers that every form has alike, or sets at last."""


class Answers:
    """Lines of configuration for errors that HAProxy answers with.

    Args:
        folder: where the files with the forms are written.
        errors: all that there are, one at least; no two with the same code.
    """

    def __init__(self, folder: Path, errors: Sequence[ServiceError]) -> None:
        self._errors = errors
        self._heads, self._tails = folder / "heads.map", folder / "tails.map"
        parts = {
            f"{dialect.name}-{error.code}": _parts(_rendered(dialect, error))
            for dialect in (NATIVE, *DIALECTS)
            for error in errors
        }
        self._heads.write_bytes(_map({key: head for key, (head, _) in parts.items()}))
        self._tails.write_bytes(_map({key: tail for key, (_, tail) in parts.items()}))

    def of(self, error: ServiceError) -> str:
        """As `http-error` and `http-request return` take it."""
        body = _SHOWN_ID.join(
            f'%[{_FORM},concat(-{error.code}),map_str("{path}")]' for path in (self._heads, self._tails)
        )
        headers = {**retry_headers(error), "X-Request-ID": REQUEST_ID}
        return " ".join(
            [
                f"status {error.status} content-type {_NATIVE_TYPE} lf-string '{body}'",
                *(f"hdr {name} {value}" for name, value in headers.items()),
            ]
        )

    def refused(self, error: ServiceError) -> list[str]:
        """Rules with which a backend answers every request."""
        return [
            f"http-request tarpit {self.of(error)} if {_is(HUGGING_FACE.name)}",
            f"http-request return {self.of(error)}",
        ]

    @property
    def defaults(self) -> list[str]:
        """For every proxy."""
        return [f"timeout tarpit {round(HELD_BACK_S * 1000)}ms"]

    @property
    def rules(self) -> list[str]:
        """For the frontend: which form a request wants, and what the form has besides a body."""
        plain_path = f"http-request set-var(txn.crosslate_path) {_PLAIN_PATH}"
        asked = f"http-request set-var-fmt(txn.crosslate_asked) %[{PATH}]{_TARGET}"
        conditions = _conditions()
        forms = (
            f"http-request set-var(txn.crosslate_form) str({dialect.name}) if {condition}"
            for dialect, alternatives in conditions.items()
            for condition in alternatives
        )
        shown_id = f"http-request set-var(txn.crosslate_shown_id) var(txn.crosslate_id) if {_is(NATIVE.name)}"
        return [plain_path, asked, *forms, shown_id, *self._head_rules(list(conditions))]

    def _head_rules(self, dialects: Sequence[Dialect]) -> Iterator[str]:
        """Statuses and headers, the content type last: by it the others know an answer of HAProxy's own."""
        types: dict[str, list[str]] = {}
        for dialect in dialects:
            mine = f"{_is(dialect.name)} {_IS_OURS}"
            responses = [_rendered(dialect, error) for error in self._errors]
            for error, response in zip(self._errors, responses, strict=True):
                if response.status_code != error.status:
                    changed = f"set-status {response.status_code}"
                    yield f"http-after-response {changed} if {mine} {{ status {error.status} }}"
            headers = responses[0].headers  # besides the common ones, all of a form's errors have the same
            for name in sorted(set(headers) - _COMMON):
                yield f"http-after-response set-header {name} {headers[name]} if {mine}"
            types.setdefault(headers["content-type"], []).append(dialect.name)
        for content_type, names in types.items():
            yield f"http-after-response set-header content-type {content_type} if {_is(*names)} {_IS_OURS}"


def _is(*names: str) -> str:
    return f"{{ {_FORM} -m str {' '.join(names)} }}"


def _conditions() -> dict[Dialect, list[str]]:
    """When a request is answered in whose form.

    The first that claims it has it, as where a replica answers and the body tells nothing: here nobody reads
    bodies.
    """
    taken: set[tuple[str, bool]] = set()
    found: dict[Dialect, list[str]] = {}
    has_version = f"{{ url_param({VERSION_PARAMETER}) -m found }}"
    for dialect in DIALECTS:
        claim = dialect.claim
        others = f" !{{ {PATH} -m beg {' '.join(claim.but)} }}" if claim.but else ""
        conditions = [f"{{ {PATH} -m beg {' '.join(claim.prefixes)} }}{others}"] if claim.prefixes else []
        for is_versioned, paths in ((False, claim.paths), (True, claim.versioned_paths)):
            free = sorted(path for path in paths if (path, is_versioned) not in taken)
            taken |= {(path, is_versioned) for path in free}
            if free:
                words = " ".join(free)
                conditions.append(f"{{ {PATH} -m str {words} }} {'' if is_versioned else '!'}{has_version}")
        if claim.root_header is not None:
            conditions.append(f"{{ {PATH} -m len 0 }} {{ req.hdr({claim.root_header}) -m found }}")
        if conditions:
            found[dialect] = conditions
    return found


def _rendered(dialect: Dialect, error: ServiceError) -> Response:
    return dialect.error_response(error, REQUEST_ID)


def _parts(response: Response) -> tuple[bytes, bytes]:
    """Of the body: before the request id, and after it."""
    head, _, tail = bytes(response.body).partition(REQUEST_ID.encode())
    return head, tail


def _map(values: dict[str, bytes]) -> bytes:
    return b"".join(b"%s %s\n" % (key.encode(), value) for key, value in values.items() if value)
