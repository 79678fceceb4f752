from __future__ import annotations

import json

import httpx
import pytest

from crosslate.service.http.dialects.registry import DIALECTS
from tests.service.http.fakes import Service, create_service
from tests.service.http.test_errors import GETS, POSTS, check_problem


@pytest.mark.parametrize("path", [*GETS, "/favicon.ico"])
async def test_head_is_get_without_the_body(service: Service, client: httpx.AsyncClient, path: str) -> None:
    head = await client.head(path)
    line = json.loads(service.log.getvalue().splitlines()[-1])
    get = await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    names = {"content-type", "content-length", "vary", "cache-control"}
    if path != "/metrics":  # which counts these very requests
        assert {name: head.headers.get(name) for name in names} == {n: get.headers.get(n) for n in names}
    assert (line["method"], line["route"], line["status"]) == ("HEAD", path, 200)


@pytest.mark.parametrize("path", POSTS)
async def test_what_takes_a_post_has_no_head(client: httpx.AsyncClient, path: str) -> None:
    head = await client.head(path)
    assert (head.status_code, head.headers["allow"], head.content) == (405, "POST", b"")


@pytest.mark.parametrize("path", GETS)
async def test_refusals_name_both_methods(client: httpx.AsyncClient, path: str) -> None:
    for method in ("POST", "OPTIONS", "TRACE", "PROPFIND", "FOO"):
        response = await client.request(method, path)
        check_problem(response, 405, "method_not_allowed")
        assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/glossaries", "GET, POST, HEAD"),
        ("/v1/documents/x", "GET, DELETE, HEAD"),
        ("/v2/glossaries/x/", "GET, DELETE, HEAD"),
        ("/v3/glossaries/x", "GET, PATCH, DELETE, HEAD"),
        ("/language/translate/v2", "GET, POST, HEAD"),
        ("/v3/projects/p/locations/global/glossaries", "GET, POST, HEAD"),
    ],
)
async def test_refusals_name_the_methods_of_all_routes_of_a_path(path: str, allowed: str) -> None:
    transport = httpx.ASGITransport(app=create_service(dialects=DIALECTS).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method in ("OPTIONS", "PUT"):
            answer = await client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("slashes", ["/", "//"])
async def test_a_slash_at_the_end_changes_nothing(
    service: Service, client: httpx.AsyncClient, slashes: str
) -> None:
    for path, content in POSTS.items():
        plain = await client.post(path, json=content)
        assert (await client.post(path + slashes, json=content)).json() == plain.json()
        assert json.loads(service.log.getvalue().splitlines()[-1])["route"] == path
    for path in set(GETS) - {"/"}:
        assert (await client.get(path + slashes)).status_code == 200
    check_problem(await client.post("/v1/translate/", content=b"{"), 422)
    check_problem(await client.get("/nope/"), 404, "not_found")
    check_problem(await client.get("/v1//models"), 404, "not_found")


@pytest.mark.parametrize("root", ["", "/app"])
async def test_so_do_slashes_at_the_beginning(root: str) -> None:
    """Of an address that ends with one, such as LibreTranslate's clients are given."""
    asked = {"q": "a", "source": "en", "target": "pt"}
    transport = httpx.ASGITransport(app=create_service(dialects=DIALECTS).app, root_path=root)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("//translate", "///translate/", "/translate"):
            answer = await client.post(f"http://test{root}{path}", json=asked)
            assert answer.json() == {"translatedText": "A"}
        assert (await client.get(f"http://test{root}//languages")).status_code == 200
        refused = await client.post(f"http://test{root}//v2/translate", json={})
        assert (refused.status_code, set(refused.json())) == (400, {"message", "detail"})
        assert (await client.get(f"http://test{root}//")).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/app"])
async def test_under_a_prefix_too(service: Service, prefix: str) -> None:
    transport = httpx.ASGITransport(app=service.app, root_path=prefix)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path in ("/", "/livez", "/livez/"):
            assert (await client.get(prefix + path)).status_code == 200, path


async def test_methods_that_nobody_has_heard_of_share_a_series(
    service: Service, client: httpx.AsyncClient
) -> None:
    for number in range(20):
        await client.request(f"METHOD{number}", "/livez")
    text = (await client.get("/metrics")).text
    assert "METHOD" not in text
    assert 'method="other"' in text


@pytest.mark.parametrize(
    "path", ["/%ff", "/%00", "/a%0ab", "/%2e%2e/livez", "/v1/models%2f", "/" + "a" * 5000]
)
async def test_odd_paths_are_unknown_paths(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    if response.status_code != 200:
        check_problem(response, 404, "not_found")


async def test_the_icon_is_one(client: httpx.AsyncClient) -> None:
    response = await client.get("/favicon.ico")
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.text.startswith("<svg")
