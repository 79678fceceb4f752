from __future__ import annotations

import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.fakes import Service, create_service


@pytest.fixture
async def service() -> Service:
    return create_service(dialects=DIALECTS)
