"""The real thing: Ray, HAProxy, the starter models; one in the gateway, one dedicated."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from crosslate.client import Client, DoneEvent
from crosslate.service.deployment.deployment import run
from crosslate.service.deployment.rollout import DeploymentError
from crosslate.service.local_ray.exposure import find_listeners
from crosslate.service.settings.config import Settings
from tests.service.e2e.container import SHARED_MIB, can_contain
from tests.service.e2e.ray_service import Server, starting
from tests.service.http.running import free_port

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def is_contained() -> bool:
    return can_contain()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, is_contained: bool) -> Iterator[Server]:
    """In what a container has, where that can be had."""
    settings = {
        "port": free_port(),
        "gateway": {"num_replicas": 1},
        "models": [
            {"id": "starter/en-pt"},
            {"id": "starter/pt-en", "placement": "dedicated", "max_slots": 2, "max_waiting": 1},
        ],
    }
    folder = tmp_path_factory.mktemp("serve")
    with starting(folder, settings, is_contained=is_contained) as server:
        server.wait_until(server.is_ready, 240)
        yield server


def test_all_of_this_is_so_with_a_read_only_root_and_few_rights(server: Server, is_contained: bool) -> None:
    if not is_contained:
        pytest.skip("needs util-linux and user namespaces: sysctl kernel.unprivileged_userns_clone=1")
    for pid in (server.process.pid, *server.replicas("Gateway"), *server.replicas("starter--pt-en")):
        process = Path("/proc") / str(pid)
        mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
        assert [mount[5].split(",")[0] for mount in mounts if mount[4] == "/"] == ["ro"]
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        assert (int(status["CapEff"], 16), int(status["NoNewPrivs"])) == (0, 1)
        assert shutil.disk_usage(process / "root" / "dev" / "shm").total == SHARED_MIB * 2**20


def num_running(server: Server) -> float:
    lines = httpx.get(f"{server.url}/metrics", timeout=60).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("crosslate_num_requests_"))


def test_while_it_loads_it_lives_and_is_not_ready(server: Server) -> None:
    ready, live = (server.while_loading[path] for path in ("/readyz", "/livez"))
    assert (ready.status_code, ready.json()["code"]) == (503, "loading")
    assert int(ready.headers["retry-after"]) > 0
    assert live.status_code == 200


def test_both_placements_translate_and_align(server: Server) -> None:
    there = server.translate("The house is small.", "en", "pt", alignment="symmetric")
    back = server.translate("A casa é pequena.", "pt", "en", alignment="links")
    assert "casa" in there.json()["translations"][0]["text"]
    assert "house" in back.json()["translations"][0]["text"]
    for response in (there, back):
        assert "0-0" in response.json()["translations"][0]["alignment"]["pharaoh"]
        assert len(response.headers.get_list("x-request-id")) == 1


@pytest.mark.parametrize("given", ["r-1", "x" * 129, "a b"])
def test_a_request_has_one_id_and_does_not_steer_serve(server: Server, given: str) -> None:
    steering = {
        "x-request-timeout-seconds": "0.001",
        "serve_multiplexed_model_id": "m",
        "X-Request-ID": given,
    }
    content = {"text": "The house is small.", "source_lang": "en", "target_lang": "xx"}
    refused = httpx.post(f"{server.url}/v1/translate", json=content, headers=steering, timeout=60)
    assert refused.status_code == 400, refused.text
    (request_id,) = refused.headers.get_list("x-request-id")
    assert refused.json()["request_id"] == request_id
    assert (request_id == given) is (given == "r-1")
    server.wait_until(lambda: f'"request_id":"{request_id}"' in server.log.read_text().replace(" ", ""), 60)


def test_head_packed_bodies_and_last_slashes_pass_the_proxy(server: Server) -> None:
    head = httpx.head(f"{server.url}/v1/models/", timeout=30, headers={"accept-encoding": "gzip"})
    get = httpx.get(f"{server.url}/v1/models", timeout=30, headers={"accept-encoding": "gzip"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert httpx.get(f"{server.url}/metrics", timeout=30).headers["content-encoding"] == "gzip"
    content = gzip.compress(json.dumps({"text": "The house is small.", "target_lang": "pt"}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = httpx.post(f"{server.url}/v1/translate/", content=content, headers=headers, timeout=60)
    assert answer.json()["translations"][0]["detected"]["lang"] == "en"


def test_the_python_client_passes_the_proxy(server: Server, tmp_path: Path) -> None:
    with Client(server.url) as client:
        whole = client.translate("The black cat sleeps.", target_lang="pt", alignment="matrix")
        *_, last = client.stream_translation("The black cat sleeps.", target_lang="pt", source_lang="en")
        (tmp_path / "a.txt").write_text("The black cat sleeps.", encoding="utf-8")
        client.documents.translate(tmp_path / "a.txt", tmp_path / "b.txt", target_lang="pt")
    assert isinstance(last, DoneEvent)
    assert last.result.text == whole.text == (tmp_path / "b.txt").read_text(encoding="utf-8")
    assert whole.alignment is not None
    assert whole.alignment.matrix is not None
    assert whole.alignment.matrix.sum(axis=1, dtype=np.float32) == pytest.approx(1, abs=0.01)
    assert [2, 1] in whole.alignment.pairs.tolist()  # cat, gato


def test_other_apis_pass_the_proxy(server: Server) -> None:
    """A GET with a body, a form in parts, a model's id in the path, JSON that is called something else."""
    listed = httpx.request("GET", f"{server.url}/languages", content=b"api_key=k", timeout=30)
    assert [language["code"] for language in listed.json()] == ["en", "pt"]
    fields = {"q": "A casa é pequena.", "source": "auto", "target": "en"}
    parts = {name: (None, value) for name, value in fields.items()}
    libretranslate = httpx.post(f"{server.url}/translate", files=parts, timeout=60)
    assert libretranslate.json()["detectedLanguage"]["language"] == "pt"
    assert "house" in libretranslate.json()["translatedText"]
    deeplx = httpx.post(
        f"{server.url}/translate",
        content=b'{"text": "The house is small.", "target_lang": "PT"}]}',
        headers={"content-type": "text/plain"},
        timeout=60,
    )
    assert "casa" in deeplx.json()["data"]
    form = {"content-type": "application/x-www-form-urlencoded"}
    targets = httpx.request(
        "GET", f"{server.url}/v2/languages", content=b"type=target", headers=form, timeout=30
    )
    assert [language["language"] for language in targets.json()] == ["EN-GB", "EN-US", "PT-BR", "PT-PT"]
    azure = httpx.post(
        f"{server.url}/translate",
        params={"api-version": "3.0", "to": "pt"},
        json=[{"Text": "The house is small."}],
        timeout=60,
    )
    assert "casa" in azure.json()[0]["translations"][0]["text"]
    google = httpx.post(
        f"{server.url}/v3/projects/p/locations/global:translateText",
        json={"contents": ["The house is small."], "targetLanguageCode": "pt"},
        timeout=60,
    )
    assert "casa" in google.json()["translations"][0]["translatedText"]
    hub = httpx.post(f"{server.url}/hf/starter/en-pt", json={"inputs": "The house is small."}, timeout=60)
    assert "casa" in hub.json()[0]["translation_text"]


@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
def test_both_placements_stream(server: Server, source: str, target: str) -> None:
    text = {"en": "The house is small. It rains.", "pt": "A casa é pequena. Chove."}[source]
    streamed = server.translate(text, source, target, stream=True)
    plain = server.translate(text, source, target)
    blocks = [block.split("\n") for block in streamed.text.strip().split("\n\n")]
    assert blocks[-1][0] == "event: done"
    done = json.loads(blocks[-1][1].removeprefix("data: "))
    assert done["usage"] == plain.json()["usage"]
    assert done["translations"][0]["text"] == plain.json()["translations"][0]["text"]
    assert sum(block[0] == "event: token" for block in blocks) > 5


@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
def test_deadlines_and_refusals_cross_the_hop(server: Server, source: str, target: str) -> None:
    late = server.translate("a b c d e. " * 200, source, target, timeout_s=0.01)
    assert (late.status_code, late.json()["code"]) == (504, "timeout")
    beams = server.translate("a b c", source, target, generation={"num_beams": 3})
    expected = 400 if source == "pt" else 200
    assert beams.status_code == expected, beams.text


@pytest.mark.parametrize(("source", "target", "lines"), [("en", "pt", 32), ("pt", "en", 2)])
def test_a_large_request_is_served_whole_and_refuses_nobody(
    server: Server, source: str, target: str, lines: int
) -> None:
    """The dedicated model has 2 slots and 1 place in its queue: a request takes that place once."""
    word = {"en": "Yes.", "pt": "Sim."}[source]
    texts = ["\n".join([word] * lines)] * 32
    statuses = []
    with ThreadPoolExecutor(1) as executor:
        large = executor.submit(server.translate, texts, source, target)
        while not large.done():
            statuses.append(server.translate("Yes.", "en", "pt").status_code)
    answer = large.result()
    assert answer.status_code == 200, answer.text
    assert [len(t["segments"]) for t in answer.json()["translations"]] == [lines] * 32
    assert set(statuses) == {200}


LONG = {
    "text": "um dois three four. " * 300,
    "generation": {"min_new_tokens": 200, "max_new_tokens": 200},
}


@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
def test_a_client_that_gives_up_frees_the_slots(server: Server, source: str, target: str) -> None:
    content = {**LONG, "source_lang": source, "target_lang": target}
    headers = {"x-request-disconnect-disabled": "?1"}  # which Serve would heed
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{server.url}/v1/translate", json=content, headers=headers, timeout=httpx.Timeout(10, read=1)
        )
    server.wait_until(lambda: num_running(server) == 0, 60)


@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
def test_a_client_that_leaves_a_stream_frees_the_slots(server: Server, source: str, target: str) -> None:
    content = {**LONG, "source_lang": source, "target_lang": target, "stream": True}
    with httpx.stream("POST", f"{server.url}/v1/translate", json=content, timeout=30) as response:
        lines = response.iter_lines()  # kept: the connection closes with it
        assert next(lines) == "event: token"
        server.wait_until(lambda: num_running(server) > 0, 60)
    server.wait_until(lambda: num_running(server) == 0, 60)


def test_metrics_cover_every_replica(server: Server) -> None:
    text = httpx.get(f"{server.url}/metrics", timeout=60).text
    loads = [line for line in text.splitlines() if line.startswith("crosslate_model_load_seconds{")]
    assert {line.split('model_name="')[1].split('"')[0] for line in loads} == {
        "starter/en-pt",
        "starter/pt-en",
    }
    assert len({line.split('replica="')[1].split('"')[0] for line in loads}) == 2


def test_nothing_of_it_listens_for_other_machines(server: Server) -> None:
    """HAProxy's own pages and Ray's ports, through which everything may be done here."""
    service = psutil.Process(server.process.pid)
    ours = {process.pid for process in (service, *service.children(recursive=True))}
    found = [listener for listener in find_listeners() if listener.pid in ours]
    assert len({listener.program for listener in found}) > 4, "gcs_server, raylet, haproxy, replicas, …"
    assert [listener for listener in found if not listener.is_local] == []
    assert all(listener.asks_for_token for listener in found)
    assert {x.port for x in found if x.program == "haproxy"} == {int(server.url.rsplit(":", 1)[1])}


@pytest.mark.parametrize(
    ("head", "status"),
    [(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431), (b"GARBAGE\r\n\r\n", 400)],
)
def test_haproxy_has_its_limits(server: Server, head: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as connection:
        connection.sendall(head)
        assert connection.recv(13) == f"HTTP/1.1 {status} ".encode()


def test_an_occupied_port_is_named(server: Server) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(DeploymentError, match=rf"127.0.0.1:{port} .*--port"):
        run(Settings(port=port))


def test_an_interrupt_finishes_what_is_under_way(server: Server) -> None:
    """Last: it stops the server."""
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(60) == 0
    log = server.log.read_text()
    assert "Traceback" not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"model_ready", "request"} <= {line["event"] for line in lines}
