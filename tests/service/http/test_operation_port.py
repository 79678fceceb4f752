"""Probes and metrics on a port of their own, over real connections."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from crosslate.service.http.application import create_operation_app
from crosslate.service.http.operation_server import OperationServer, PortError
from crosslate.service.settings.config import Settings
from crosslate.service.settings.config_sources import SettingsError, load_settings
from tests.service.http.fakes import Service, create_service
from tests.service.http.test_errors import check_problem

PATHS = ("/livez", "/readyz", "/metrics")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def service() -> Service:
    return create_service(Settings(operation_port=9000))


@pytest.fixture
async def operation(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    server = await OperationServer.open(create_operation_app(service.services), "127.0.0.1", port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client
    await server.close()


@pytest.mark.parametrize("path", PATHS)
async def test_they_are_there_and_not_on_the_public_port(
    client: httpx.AsyncClient, operation: httpx.AsyncClient, path: str
) -> None:
    assert (await operation.get(path)).status_code == 200
    check_problem(await client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/v1/models", "/version", "/", "/translate", "/openapi.json"])
async def test_nothing_else_is_there(operation: httpx.AsyncClient, path: str) -> None:
    check_problem(await operation.get(path), 404, "not_found")


async def test_a_draining_replica_says_so(service: Service, operation: httpx.AsyncClient) -> None:
    service.readiness.drain()
    check_problem(await operation.get("/readyz"), 503, "draining")
    assert (await operation.get("/livez")).status_code == 200


async def test_the_page_and_the_description_do_not_name_them(client: httpx.AsyncClient) -> None:
    assert "/metrics" not in (await client.get("/")).text
    assert not (await client.get("/openapi.json")).json()["paths"].keys() & set(PATHS)


async def test_replicas_of_one_machine_share_the_port_and_others_do_not() -> None:
    port = free_port()
    app = create_operation_app(create_service().services)
    servers = [await OperationServer.open(app, "127.0.0.1", port) for _ in range(2)]
    for server in servers:
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200
        await server.close()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortError, match="operation_port"):
        await OperationServer.open(app, "127.0.0.1", port)


def test_it_is_another_port() -> None:
    with pytest.raises(SettingsError, match="operation_port is the same as port"):
        load_settings(environ={"CROSSLATE_OPERATION_PORT": "8000"})


async def test_one_that_does_not_start_is_not_taken_for_one_that_listens(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(server: object, sockets: object) -> None:
        raise OSError("too many open files")

    monkeypatch.setattr("uvicorn.Server.startup", fail)
    with pytest.raises(OSError, match="too many"):
        await OperationServer.open(create_operation_app(service.services), "127.0.0.1", free_port())
