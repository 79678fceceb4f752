"""What replicas of this machine are told, and how the service asks itself."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from crosslate.service.config import Settings
from crosslate.service.deployment import _unreserved
from crosslate.service.rollout import answers


class _Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def test_local_replicas_reserve_no_cpus_and_keep_all_else() -> None:
    """Each new one beside an old one, and those of autoscaling, would wait for a CPU to be free."""
    settings = Settings.model_validate(
        {
            "models": [
                {"id": "starter/en-pt"},
                {"id": "starter/pt-en", "placement": "dedicated", "num_cpus": 3, "num_replicas": 2},
            ],
            "gateway": {"num_cpus": 2, "autoscaling": {"max_replicas": 8}},
        }
    )
    local = _unreserved(settings)
    assert [model.num_cpus for model in local.models] == [0, 0]
    assert local.gateway.num_cpus == 0
    assert local.models[1].num_replicas == 2
    assert local.gateway.autoscaling == settings.gateway.autoscaling
    assert settings.models[1].num_cpus == 3, "what was read stays"


def test_it_asks_itself_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody)
    monkeypatch.delenv("no_proxy", raising=False)
    with HTTPServer(("127.0.0.1", 0), _Fine) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert answers(f"http://127.0.0.1:{server.server_address[1]}/readyz")
        thread.join()
    assert not answers(f"{nobody}/readyz")
