from __future__ import annotations

import importlib.metadata
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from crosslate.service.deployment.deployment import run
from crosslate.service.deployment.rollout import DeploymentError
from crosslate.service.local_ray.port_owner import who_serves
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import create_service, served_model
from tests.service.http.running import running

MODELS = [{"id": f"m{i}"} for i in range(7)]


@contextmanager
def answering(answers: dict[str, object]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(answers[self.path]).encode() if self.path in answers else b"<html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


VERSION = {"name": "crosslate", "version": "9.8"}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"/version": VERSION, "/v1/models": {"data": MODELS[:2]}}, "Crosslate 9.8 runs there with m0, m1"),
        (
            {"/version": VERSION, "/v1/models": {"data": MODELS}},
            "Crosslate 9.8 runs there with m0, m1, m2, m3, m4 and 2 more",
        ),
        ({"/version": VERSION, "/v1/models": {"code": "key_missing"}}, "Crosslate 9.8 runs there"),
        ({"/version": {"name": "other", "version": "1"}}, None),
        ({}, None),
    ],
)
def test_another_crosslate_is_known_by_its_answers(answers: dict[str, object], told: str | None) -> None:
    with answering(answers) as port:
        assert who_serves("0.0.0.0", port) == told
        expected = told or "Address already in use"
        with pytest.raises(DeploymentError) as failure:
            run(Settings(port=port))
        assert str(failure.value) == (
            f"cannot listen on 127.0.0.1:{port} ({expected}): choose another one with --port"
        )


def test_who_is_mute_is_nobody_we_know() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert who_serves("127.0.0.1", silent.getsockname()[1]) is None


def test_a_service_of_this_version_is_known_with_its_models() -> None:
    with running(create_service().app) as url:
        told = who_serves("127.0.0.1", urlsplit(url).port or 0)
    version = importlib.metadata.version("crosslate")
    assert told == f"Crosslate {version} runs there with {served_model().id}"
