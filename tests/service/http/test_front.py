"""Ready, as a probe on a port of its own has it: also for those who come through the proxy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from crosslate.service.deployment.front_address import address_of
from crosslate.service.http.application import create_operation_app
from crosslate.service.http.front import Front, FrontAddress
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service
from tests.service.http.test_errors import check_problem
from tests.service.http.test_operation_port import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray.serve.config import HTTPOptions
    from ray.serve.schema import ServeInstanceDetails


@contextmanager
def proxy(status: Callable[[], int]) -> Iterator[tuple[int, list[str]]]:
    """Its port, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    thread.join()
    server.server_close()


def probing(address: Callable[[], FrontAddress | None]) -> tuple[Service, httpx.AsyncClient]:
    service = create_service(Settings(operation_port=9000), front=Front(address))
    transport = httpx.ASGITransport(app=create_operation_app(service.services))
    return service, httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_not_before_the_proxy_hands_requests_on_and_then_whatever_it_does() -> None:
    statuses = iter([503, 200, 503])
    with proxy(lambda: next(statuses)) as (port, asked):
        service, client = probing(lambda: FrontAddress("127.0.0.1", port, "/texts"))
        async with client:
            check_problem(await client.get("/readyz"), 503, "loading")
            assert (await client.get("/livez")).status_code == 200
            assert [(await client.get("/readyz")).status_code for _ in range(2)] == [200, 200]
            service.readiness.drain()
            check_problem(await client.get("/readyz"), 503, "draining")
        assert asked == ["/texts/version"] * 2


async def test_not_while_nobody_listens_there() -> None:
    _, client = probing(lambda: FrontAddress("127.0.0.1", free_port()))
    async with client:
        check_problem(await client.get("/readyz"), 503, "loading")


async def test_where_nobody_can_tell_where_it_is_models_are_enough() -> None:
    _, client = probing(lambda: None)
    async with client:
        assert (await client.get("/readyz")).status_code == 200


def details(prefix: str = "/", **changed: object) -> dict[str, object]:
    given: dict[str, object] = {
        "proxy_location": "EveryNode",
        "applications": {
            "texts": {
                "name": "texts",
                "route_prefix": prefix,
                "docs_path": None,
                "status": "RUNNING",
                "message": "",
                "last_deployed_time_s": 0.0,
                "source": "declarative",
                "external_scaler_enabled": False,
                "deployments": {},
            }
        },
        "target_capacity": None,
        "controller_info": {},
        "proxies": {},
    }
    whole = ServeInstanceDetails.model_validate(given | changed)
    return whole._get_user_facing_json_serializable_dict(exclude_unset=True)


@pytest.mark.parametrize(
    ("options", "told", "expected"),
    [
        (HTTPOptions(), details(), FrontAddress("127.0.0.1", 8000)),
        (HTTPOptions(host="0.0.0.0", port=9), details("/a"), FrontAddress("127.0.0.1", 9, "/a")),
        (HTTPOptions(host="::1"), details(), FrontAddress("::1", 8000)),
        (HTTPOptions(), details(proxy_location="HeadOnly"), None),
        (HTTPOptions(), details(applications={}), None),
        (HTTPOptions(host=None), details(), None),
        (HTTPOptions(ssl_keyfile="key", ssl_certfile="certificate"), details(), None),
    ],
    ids=["default", "prefix", "IPv6", "head", "no application", "no proxy", "TLS"],
)
def test_serve_says_where_it_is(
    options: HTTPOptions, told: dict[str, object], expected: FrontAddress | None
) -> None:
    assert address_of(options, told, "texts") == expected
