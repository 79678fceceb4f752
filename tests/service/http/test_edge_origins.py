"""What Serve answers in the application's place, compared with what that answers itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.edge_origins import EdgeOriginsMiddleware
from crosslate.service.settings import served_origins
from crosslate.service.settings.config import CorsSettings, Settings
from tests.service.http.fakes import create_service

FRIEND, STRANGER = "https://a.example", "https://b.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
    "Access-Control-Request-Private-Network": "true",
}
SERVES = PlainTextResponse("Path not found", status_code=503, headers={"X-Request-ID": "r-1"})
Keep = Callable[..., None]


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """What the process that starts the service writes."""
    environ: dict[str, str] = {}
    served_origins.keep_in(tmp_path, environ)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return lambda *origins: served_origins.write(origins, environ)


def application(*origins: str) -> ASGIApp:
    return create_service(Settings(cors=CorsSettings(allow_origins=origins)), dialects=DIALECTS).app


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


def of_browsers(answer: httpx.Response) -> list[tuple[str, str]]:
    names = ("access-control-", "vary")
    return sorted((name, value) for name, value in answer.headers.multi_items() if name.startswith(names))


@pytest.mark.parametrize("origins", [(FRIEND,), ("*",)])
@pytest.mark.parametrize("origin", [FRIEND, STRANGER])
async def test_serves_own_answers_are_as_open(keep: Keep, origins: tuple[str, ...], origin: str) -> None:
    keep(*origins)
    own, asked = client(EdgeOriginsMiddleware(SERVES)), client(application(*origins))
    answer = await own.post("/v1/translate", headers={"Origin": origin})
    expected = await asked.get("/nowhere", headers={"Origin": origin})
    assert (answer.status_code, answer.text) == (503, "Path not found")
    assert of_browsers(answer) == of_browsers(expected) != []
    answer = await own.options("/v1/translate", headers={"Origin": origin, **PREFLIGHT})
    expected = await asked.options("/v1/translate", headers={"Origin": origin, **PREFLIGHT})
    assert (answer.status_code, answer.text) == (expected.status_code, expected.text)
    assert of_browsers(answer) == of_browsers(expected) != []
    assert answer.headers["x-request-id"] == "r-1"


async def test_the_applications_answers_stay_as_they_are(keep: Keep) -> None:
    """Also of one with settings from before, and of one that lets others in."""
    keep(STRANGER)
    for app in (application(), application(FRIEND)):
        for sent in (
            {"Origin": STRANGER},
            {"Origin": STRANGER, **PREFLIGHT},
            {"Origin": FRIEND, **PREFLIGHT},
        ):
            expected = await client(app).options("/v1/translate", headers=sent)
            answer = await client(EdgeOriginsMiddleware(app)).options("/v1/translate", headers=sent)
            assert answer.status_code == expected.status_code
            assert of_browsers(answer) == of_browsers(expected)


async def test_who_was_named_is_not_when_the_settings_change(keep: Keep) -> None:
    own = client(EdgeOriginsMiddleware(SERVES))
    headers = {"Origin": FRIEND}
    for origins in ((FRIEND,), (STRANGER, FRIEND)):
        keep(*origins)
        assert "access-control-allow-origin" in (await own.get("/", headers=headers)).headers
    keep(STRANGER)
    assert "access-control-allow-origin" not in (await own.get("/", headers=headers)).headers
    keep()
    assert of_browsers(await own.get("/", headers=headers)) == []


async def test_where_nobody_has_said_so_nothing_changes() -> None:
    answer = await client(EdgeOriginsMiddleware(SERVES)).options("/", headers={"Origin": FRIEND, **PREFLIGHT})
    assert (answer.status_code, of_browsers(answer)) == (503, [])
