"""The real service while parts of it are killed, replaced, added and taken away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from loadtests.faults.local import slowed
from tests.service.e2e.asking import asking
from tests.service.e2e.ray_service import Server, starting
from tests.service.http.running import free_port
from tests.service.tracing.collector import Collector, attributes, collecting

pytestmark = pytest.mark.e2e

EN_PT, PT_EN = {"id": "starter/en-pt"}, {"id": "starter/pt-en", "placement": "dedicated"}
MINE = {"id": "mine", "path": "starter/pt-en", "placement": "dedicated"}
FRIEND, OTHER = "https://friend.example", "https://other.example"
LONG = "A casa é pequena. Chove na rua. O gato preto dorme. " * 4


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def settings(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "port": free_port(),
        "operation_port": free_port(),
        "gateway": {"num_replicas": 1},
        "models": [EN_PT, PT_EN],
        "cors": {"allow_origins": [FRIEND]},
        "tracing": {"endpoint": collector.url},
        "state_dir": str(tmp_path_factory.mktemp("state")),
    }


@pytest.fixture(scope="module")
def server(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of whose replicas each was killed while it loaded. It sends spans only when a replica goes.

    Where the port for probes says that it is ready, clients reach it.
    """
    folder = tmp_path_factory.mktemp("changes")
    with pytest.MonkeyPatch.context() as variables, contextlib.ExitStack() as stack:
        variables.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
        # Of a replica that is to go, and may not have been noticed: here for twice `slow_to_read`.
        variables.setenv("RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S", "15")
        server = stack.enter_context(starting(folder, settings))
        for deployment in ("starter--pt-en", "Gateway"):
            server.wait_until(lambda name=deployment: bool(server.replicas(name)), 600)  # type: ignore[misc]
            server.kill_one(deployment)
        assert not server.is_ready()
        server.while_loading |= {"preflight": preflight(server, FRIEND), "answer": post(server, FRIEND)}
        server.wait_until(server.is_ready, 600)
        assert httpx.get(f"{server.url}/version", timeout=30).status_code == 200
        yield server


def served(server: Server) -> set[str]:
    listed = httpx.get(f"{server.url}/v1/models", timeout=30).json()["data"]
    return {model["id"] for model in listed}


def preflight(server: Server, origin: str) -> httpx.Response:
    """What a browser asks before a page of this origin may send its request."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    return httpx.options(f"{server.url}/v1/translate", headers={"Origin": origin, **asked}, timeout=30)


def post(server: Server, origin: str) -> httpx.Response:
    content = {"text": "It rains.", "source_lang": "en", "target_lang": "pt"}
    return httpx.post(f"{server.url}/v1/translate", json=content, headers={"Origin": origin}, timeout=60)


@contextlib.contextmanager
def slow_to_read(server: Server, seconds: int) -> Iterator[None]:
    """Its HAProxy takes so long to start anew with other replicas, as on a machine that is busy."""
    (replica,) = server.replicas("Gateway")
    with slowed(Path(psutil.Process(replica).environ()["RAY_SERVE_HAPROXY_BINARY_PATH"]), seconds):
        yield


@contextlib.contextmanager
def asking_both(server: Server) -> Iterator[Counter[str]]:
    """As `asking`, of the gateway's own model and of the dedicated one."""
    answers: Counter[str] = Counter()
    with asking(server.url) as own, asking(server.url, "pt", "en") as dedicated:
        yield answers
    answers.update(own + dedicated)


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@contextlib.contextmanager
def streaming(
    server: Server, source: str, target: str, *, length: int = 1
) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """The events of a stream that has begun; it goes on for a while where it has some length."""
    options = {"source_lang": source, "target_lang": target, "stream": True, "timeout_s": 120}
    content = {"text": LONG * length, **options}
    with httpx.stream("POST", f"{server.url}/v1/translate", json=content, timeout=120) as response:
        all_events = events(response.iter_lines())
        assert next(all_events)[0] == "token"
        yield all_events


def test_a_replica_that_is_killed_while_it_loads_is_replaced(server: Server) -> None:
    assert served(server) == {"starter/en-pt", "starter/pt-en"}
    assert server.process.poll() is None


def test_pages_of_other_origins_are_told_what_the_service_is_told_while_it_loads(server: Server) -> None:
    """By HAProxy, as by replicas later."""
    asked, answer = server.while_loading["preflight"], server.while_loading["answer"]
    assert (asked.status_code, answer.status_code, answer.json()["code"]) == (200, 503, "loading")
    later = preflight(server, FRIEND), post(server, FRIEND)
    assert [each.status_code for each in later] == [200, 200]
    for before, now in zip((asked, answer), later, strict=True):
        assert of_browsers(before) == of_browsers(now)
        assert before.headers["access-control-allow-origin"] == FRIEND


def of_browsers(answer: httpx.Response) -> list[tuple[str, str]]:
    names = ("access-control-", "vary")
    return sorted((name, value) for name, value in answer.headers.multi_items() if name.startswith(names))


def test_a_stream_goes_on_when_its_models_replica_is_killed(server: Server) -> None:
    expected = server.translate(LONG, "pt", "en").json()["translations"][0]["text"]
    with streaming(server, "pt", "en") as following:
        server.kill_one("starter--pt-en")
        *_, (last, answer) = following
    assert last == "done", answer
    assert answer["translations"][0]["text"] == expected


def test_a_stream_is_cut_with_the_replica_that_answers_http_and_clients_notice(server: Server) -> None:
    (replica,) = server.replicas("Gateway")
    with streaming(server, "en", "pt", length=20) as following:
        os.kill(replica, signal.SIGKILL)
        with pytest.raises(httpx.RemoteProtocolError):
            list(following)
    server.wait_until(server.is_ready, 120)
    assert server.translate(LONG, "en", "pt").status_code == 200, "sent again"


def test_models_are_added_removed_and_replaced_while_others_are_asked(
    server: Server, settings: dict[str, Any]
) -> None:
    server.translate("A casa é pequena.", "pt", "en", alignment="links")
    with slow_to_read(server, 6), asking_both(server) as answers:
        said = server.reload(settings | {"models": [EN_PT, MINE], "cors": {"allow_origins": [OTHER]}})
        assert "new settings are served" in said
        assert served(server) == {"starter/en-pt", "mine"}, "by HAProxy, too, as it says"
        check_documents(server, "mine")
    assert set(answers) == {"200"}, answers
    assert server.translate("A casa é pequena.", "pt", "en").json()["model"] == "mine"
    server.wait_until(lambda: not server.replicas("starter--pt-en"), 120)


def check_documents(server: Server, model: str) -> None:
    """Several, which any replica might take: those that are to go have never had the model."""
    fields = {"source_lang": "pt", "target_lang": "en", "model": model}
    url = f"{server.url}/v1/documents"
    file = {"file": ("a.txt", b"A casa.")}
    sent = [httpx.post(url, data=fields, files=file, timeout=60).json()["id"] for _ in range(6)]

    def states() -> set[str]:
        return {httpx.get(f"{url}/{document}", timeout=60).json()["state"] for document in sent}

    server.wait_until(lambda: states() <= {"done", "failed"}, 60)
    assert states() == {"done"}


def test_a_replica_that_goes_sends_the_spans_that_it_has(server: Server, collector: Collector) -> None:
    """Those of the replica that was replaced; and of a dedicated model's work, which came with its answer."""
    server.wait_until(lambda: bool(collector.spans), 60)
    calls = [span for span in collector.named("generate") if model_of(span) == "starter/pt-en"]
    stages = [[stage.name for stage in collector.within(call)] for call in calls]
    aligned = calls[stages.index(["queue", "encode", "decode", "align"])]
    (request,) = [span for span in collector.spans if span.span_id == aligned.parent_span_id]
    assert request.name == "POST /v1/translate"


def model_of(call: Any) -> object:
    return attributes(call)["gen_ai.request.model"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": []}, "at least one model"),
        ({"models": [{"id": "nowhere/at-all-"}]}, "nowhere/at-all-"),
        ({"port": 1}, "needs a restart"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    server: Server, settings: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    with asking(server.url) as answers:
        message = server.reload(settings | change)
    assert "settings stay as they are" in message
    assert said in message
    assert set(answers) <= {"200"}, answers
    assert served(server) == {"starter/en-pt", "mine"}


def test_a_model_that_does_not_load_leaves_the_old_in_place(
    server: Server, settings: dict[str, Any], tmp_path: Any
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "marian"}')
    with asking_both(server) as answers:
        said = server.reload(settings | {"models": [EN_PT, {"id": "broken", "path": str(tmp_path)}]})
    assert "models that were served before stay" in said
    assert served(server) == {"starter/en-pt", "mine"}
    assert set(answers) == {"200"}, answers
    for pid in server.replicas("Gateway"):
        os.kill(pid, signal.SIGKILL)
    said_meanwhile: list[httpx.Response] = []
    server.wait_until(lambda: answers_again(server, said_meanwhile), 120)
    assert served(server) == {"starter/en-pt", "mine"}, "and it is what is started again, too"
    assert 503 in {answer.status_code for answer in said_meanwhile}
    assert {answer.headers["access-control-allow-origin"] for answer in said_meanwhile} == {OTHER}


def answers_again(server: Server, said: list[httpx.Response]) -> bool:
    """Meanwhile, too, only pages are let in whose origin was named in what is served."""
    with contextlib.suppress(httpx.TransportError):
        assert preflight(server, FRIEND).status_code in {400, 502}
        said.append(post(server, OTHER))
        return said[-1].status_code == 200
    return False


@contextlib.contextmanager
def held_up(replicas: Sequence[int]) -> Iterator[None]:
    """They do nothing meanwhile: what they have takes at least so long."""
    for pid in replicas:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in replicas:
            os.kill(pid, signal.SIGCONT)


def test_streams_finish_when_it_is_told_to_end(server: Server, settings: dict[str, Any]) -> None:
    """Last: it stops the server. One stream's replicas were being replaced by then, the other's are new."""
    replicas = server.replicas("mine")
    with streaming(server, "pt", "en", length=20) as before:
        with held_up(replicas):
            said = server.reload(settings | {"models": [EN_PT, MINE], "limits": {"max_texts": 9}})
            assert "new settings are served" in said
            with streaming(server, "en", "pt") as following:
                server.process.send_signal(signal.SIGTERM)
                *_, (last, _) = following
            assert last == "done"
        *_, (last, _) = before
    assert last == "done"
    assert server.process.wait(60) == 0
