"""`/spec`: what LibreTranslate says of its API, by which programs tell that an address is one of it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from crosslate.service.http.routes.operation import DISTRIBUTION

_TITLE = "LibreTranslate"
"""The API's, which Dialect looks for."""


def specification(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """A document of OpenAPI with the operations of these routes, and that it is LibreTranslate's API."""
    return get_openapi(
        title=_TITLE,
        version=importlib.metadata.version(DISTRIBUTION),
        description="LibreTranslate's API as Crosslate serves it; the version is Crosslate's.",
        routes=routes,
    )
