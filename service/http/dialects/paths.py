"""Where a request goes, for `Dialect.claims`."""

from __future__ import annotations

from starlette.requests import Request


def path_of(request: Request) -> str:
    """The path below the one that the service is mounted at."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
