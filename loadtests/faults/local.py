"""A `crosslate serve` of this machine, whose parts can be made slow. Linux."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import psutil

from loadtests.processes import command_of, descendants, replica_pids

_LIMIT_S = 600.0
_POLL_S = 0.1
_RELOADED = '"event": "reload"'
_LOADED = '"event": "model_ready"'


class Service:
    """One that runs.

    Args:
        process: `crosslate serve`.
        settings: that it was started with.
        folder: of its settings and its log.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], settings: Mapping[str, object], folder: Path
    ) -> None:
        self._process = process
        self._settings = settings
        self._folder = folder
        self._num_changes = 0
        self.url = f"http://127.0.0.1:{settings['port']}"

    def reload(self) -> str:
        """With another setting, which replaces all replicas; what it says of it."""
        self._num_changes += 1
        return self._reload({**self._settings, "limits": {"max_texts": 100 + self._num_changes}})

    def reload_broken(self) -> str:
        """With a model more, which does not load; as `reload`."""
        broken = self._folder / "broken"
        broken.mkdir(exist_ok=True)
        (broken / "config.json").write_text('{"model_type": "marian"}')
        model = {"id": "broken", "path": str(broken)}
        models = cast("list[object]", self._settings["models"])
        return self._reload({**self._settings, "models": [*models, model]})

    def _reload(self, settings: Mapping[str, object]) -> str:
        num_before = self._count(_RELOADED)
        (self._folder / "config.json").write_text(json.dumps(settings))
        self.hang_up()
        self.wait_until(lambda: self._count(_RELOADED) > num_before)
        lines = [line for line in self._log().splitlines() if _RELOADED in line]
        return str(json.loads(lines[-1])["message"])

    def hang_up(self) -> None:
        """Have it read its settings."""
        self._process.send_signal(signal.SIGHUP)

    def once_loaded(self, num_models: int, do: Callable[[], None]) -> threading.Thread:
        """Have something done when so many more models are loaded: when replicas are about to be replaced."""
        num_wanted = self._count(_LOADED) + num_models

        def wait() -> None:
            self.wait_until(lambda: self._count(_LOADED) >= num_wanted)
            do()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        return thread

    def pids(self, words: str) -> list[int]:
        """Its processes whose commands have these words; HAProxy's has the path of its folder."""
        own = descendants(self._process.pid)
        return [pid for pid in own if words in command_of(pid)]

    def kill(self, words: str) -> None:
        """Those of `pids`."""
        for pid in self.pids(words):
            os.kill(pid, signal.SIGKILL)

    def pause(self, words: str, seconds: float) -> None:
        """Have those of `pids` stand still for some time."""
        pids = self.pids(words)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def slow_haproxy(self, seconds: float) -> Iterator[None]:
        """HAProxy takes so much longer to start anew with other replicas."""
        replica = psutil.Process(replica_pids(self._process.pid)[0])
        with slowed(Path(replica.environ()["RAY_SERVE_HAPROXY_BINARY_PATH"]), seconds):
            yield

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Raises `RuntimeError` where it has ended, or after ten minutes."""
        deadline = time.monotonic() + _LIMIT_S
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._log()[-2000:])
            time.sleep(_POLL_S)

    def is_ready(self) -> bool:
        """Whether clients may come."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=30):
                return True
        except OSError:
            return False

    def _log(self) -> str:
        return (self._folder / "log").read_text()

    def _count(self, event: str) -> int:
        return self._log().count(event)


@contextlib.contextmanager
def slowed(wrapper: Path, seconds: float) -> Iterator[None]:
    """What is started in HAProxy's place waits before it takes over from another one."""
    content = wrapper.read_text()
    wrapper.write_text(content.replace("exec ", f'case "$*" in *-sf*) sleep {seconds:g} ;; esac\nexec ', 1))
    try:
        yield
    finally:
        wrapper.write_text(content)


@contextlib.contextmanager
def started(settings: Mapping[str, object]) -> Iterator[Service]:
    """A service that is ready, on a port of its own; ended afterwards."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as probe:
        folder = Path(name)
        settings = {**settings, "port": probe.getsockname()[1], "log": {"format": "json"}}
        probe.close()
        config = folder / "config.json"
        config.write_text(json.dumps(settings))
        command = [sys.executable, "-m", "crosslate", "serve", "--config", str(config)]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
            service = Service(process, settings, folder)
            try:
                service.wait_until(service.is_ready)
                yield service
            finally:
                process.terminate()
                process.wait(_LIMIT_S)
