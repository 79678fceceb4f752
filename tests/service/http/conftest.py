from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.service.http.databases import closed_in_the_end
from tests.service.http.fakes import Service, create_service


@pytest.fixture(scope="module", autouse=True)
def databases() -> Iterator[None]:
    with closed_in_the_end():
        yield


@pytest.fixture
async def service() -> Service:
    return create_service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
