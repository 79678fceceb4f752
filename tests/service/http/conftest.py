from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.service.http.fakes import Service, create_service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = create_service()
    yield made
    await made.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
