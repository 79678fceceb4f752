from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from crosslate.client import AsyncClient, Client
from crosslate.client import retries as retries_module
from crosslate.service.settings.config import Settings
from tests.client.blocking import Blocking
from tests.service.auth.accounts import make_access, make_key
from tests.service.http.fakes import Service, create_service
from tests.service.http.running import running

Connect = Callable[..., Client]


@dataclass(frozen=True)
class Running:
    """An application over the fake translator, behind a real server."""

    service: Service
    url: str


@pytest.fixture(scope="module")
def under_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    service = create_service(Settings(state_dir=tmp_path_factory.mktemp("state")))
    service.translator.delays_s["slow"] = 1.0
    with running(service.app, service.close) as url:
        yield Running(service, url)


@pytest.fixture(scope="module")
def behind_keys() -> Iterator[str]:
    """The URL of one that asks for the key `secret`."""
    with running(create_service(access=make_access(make_key(secret="secret"))).app) as url:
        yield url


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries_module, "_FIRST_WAIT_S", 0.001)


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of both kinds that are used in the same way."""
    if request.param == "sync":
        made: list[Client] = []

        def plain(*args: Any, **options: Any) -> Client:
            made.append(Client(*args, **options))
            return made[-1]

        yield plain
        for client in made:
            client.close()
        return
    with asyncio.Runner() as runner:
        wrapped: list[AsyncClient] = []

        def blocking(*args: Any, **options: Any) -> Client:
            wrapped.append(AsyncClient(*args, **options))
            return cast("Client", Blocking(wrapped[-1], runner))

        yield blocking
        for one in wrapped:
            runner.run(one.close())


@pytest.fixture
def client(connect: Connect, under_way: Running) -> Client:
    under_way.service.translator.failures.clear()
    under_way.service.translator.refused_targets.clear()
    return connect(under_way.url)
