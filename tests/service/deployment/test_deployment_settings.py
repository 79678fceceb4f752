"""What replicas of this machine are told, and how the service asks itself."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from crosslate.models.errors import CheckpointError
from crosslate.service.deployment import deployment
from crosslate.service.deployment.deployment import _check, _replaced, _wait
from crosslate.service.deployment.releases import Releases
from crosslate.service.deployment.rollout import DeploymentError, ProxyBehindError, answers
from crosslate.service.haproxy.starts import FailedStarts
from crosslate.service.process.signals import Signals
from crosslate.service.settings.config import Settings


class _Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def answering_once() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Fine) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        thread.join()


def nobody_there() -> str:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def interrupted(settings: Settings, url: str | None, stop: Signals, proxy: FailedStarts) -> bool:
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("it goes on")


def test_it_asks_itself_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = nobody_there()
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody)
    monkeypatch.delenv("no_proxy", raising=False)
    with answering_once() as url:
        assert answers(f"{url}/readyz")
    assert not answers(f"{nobody}/readyz")


def test_what_has_answered_is_ended_as_what_is_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A client may have asked already, so what is under way is finished; a second end interrupts that."""
    monkeypatch.setattr(deployment, "wait_until_ready", interrupted)
    with Signals() as signals:
        with answering_once() as url:
            _wait(Settings(), url, signals, FailedStarts(tmp_path))
        with signals.noted():
            assert not signals.wait_for_reload()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_has_not_answered_is_interrupted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(deployment, "wait_until_ready", interrupted)
    with Signals() as signals, pytest.raises(KeyboardInterrupt):
        _wait(Settings(), nobody_there(), signals, FailedStarts(tmp_path))


def test_a_model_that_is_not_there_is_named_as_the_settings_name_it() -> None:
    settings = Settings.model_validate({"models": [{"id": "news", "path": "/nowhere"}]})
    with pytest.raises(CheckpointError, match=r"^the model 'news': there is no folder '/nowhere'"):
        _check(settings, lambda _: None)
    with pytest.raises(CheckpointError, match=r"^there is no folder '/nowhere'"):
        _check(Settings.model_validate({"models": ["/nowhere"]}), lambda _: None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DeploymentError("it does\nload"), "SIGHUP: the models that were served before stay: it does load"),
        (ProxyBehindError("it is slow"), "SIGHUP: the new settings are loaded, but HAProxy may not"),
        (RuntimeError("Ray's own"), "stay: unexpected RuntimeError: Ray's own"),
    ],
)
def test_a_change_that_fails_is_told_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: object) -> bool:
        raise error

    monkeypatch.setattr(Releases, "replace", fail)
    told, is_fault = _replaced(Releases(), Settings(), Signals(), None)
    assert said in told
    assert is_fault
