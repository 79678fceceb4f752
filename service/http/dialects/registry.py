"""The APIs that are served besides the native one: the first that a request speaks answers it."""

from __future__ import annotations

from collections.abc import Sequence

from service.http.dialect import Dialect
from service.http.dialects.libretranslate.dialect import LIBRETRANSLATE

DIALECTS: Sequence[Dialect] = (LIBRETRANSLATE,)
