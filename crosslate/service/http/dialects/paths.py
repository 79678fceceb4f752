"""Where a request goes, which says what API it may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

GOOGLE_PREFIXES = ("/v3/projects/", "/v3beta1/projects/")
"""Of Google's API since its version 3; DeepL's has `/v3/`, too."""
VERSION_PARAMETER = "api-version"
"""What requests to Azure's translator have, which shares paths with others."""
AMAZON_SERVICE = "AWSShineFrontendService_20170701"
"""What Amazon Translate is called in requests: before an operation's name in a header, or in the path."""
AMAZON_OPERATIONS = f"/service/{AMAZON_SERVICE}/operation/"
ROOT = frozenset({"", "/"})
"""Paths of the service's own address: the first, where it is mounted below another path."""


def path_of(scope: Scope) -> str:
    """The path below the one that the service is mounted at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an API answers for, known paths and unknown ones, as data: a proxy goes by it, too.

    Attributes:
        prefixes: everything below.
        but: nothing below these, which are another API's.
        paths: exactly these, without `api-version` in the query.
        versioned_paths: exactly these, with it.
        root_header: at the root, requests that have this header, in lower case.
    """

    prefixes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()
    versioned_paths: frozenset[str] = frozenset()
    root_header: str | None = None

    def covers(self, request: Request) -> bool:
        """Whether the request may be this API's."""
        path = path_of(request.scope)
        if self._has_below(path):
            return True
        if self.root_header is not None and path in ROOT:
            return self.root_header in request.headers
        return path in (self.versioned_paths if VERSION_PARAMETER in request.query_params else self.paths)

    def have(self, path: str) -> bool:
        """Whether any request for the path may be this API's."""
        if self.root_header is not None and path in ROOT:
            return True
        return self._has_below(path) or path in self.paths or path in self.versioned_paths

    def _has_below(self, path: str) -> bool:
        return path.startswith(self.prefixes) and not path.startswith(self.but)


def united(claims: Iterable[Claim]) -> Claim:
    """What several APIs answer for together."""
    every = list(claims)
    return Claim(
        prefixes=tuple(prefix for claim in every for prefix in claim.prefixes),
        paths=frozenset().union(*(claim.paths for claim in every)),
        versioned_paths=frozenset().union(*(claim.versioned_paths for claim in every)),
        root_header=next((claim.root_header for claim in every if claim.root_header is not None), None),
    )
