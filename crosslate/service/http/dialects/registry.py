"""The APIs that are served besides the native one: the first that a request speaks answers it."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.amazon.dialects import AMAZON, AMAZON_CBOR
from crosslate.service.http.dialects.azure.dialect import AZURE
from crosslate.service.http.dialects.deepl.dialect import DEEPL
from crosslate.service.http.dialects.deeplx import DEEPLX
from crosslate.service.http.dialects.google.dialects import GOOGLE_V2, GOOGLE_V3
from crosslate.service.http.dialects.hugging_face.dialect import HUGGING_FACE
from crosslate.service.http.dialects.libretranslate.dialect import LIBRETRANSLATE
from crosslate.service.http.dialects.nllb import NLLB_API, NLLB_SERVE

DIALECTS: Sequence[Dialect] = (
    AZURE,
    DEEPL,
    LIBRETRANSLATE,  # before the others at /translate: what no body tells apart is answered in its form
    DEEPLX,
    NLLB_SERVE,
    NLLB_API,
    HUGGING_FACE,
    GOOGLE_V2,
    GOOGLE_V3,
    AMAZON,
    AMAZON_CBOR,
)
