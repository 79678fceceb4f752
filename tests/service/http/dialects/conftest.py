from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.fakes import Service, create_service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = create_service(dialects=DIALECTS)
    yield made
    await made.close()
