"""The real service in processes of its own: Ray, HAProxy, the starter models."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from loadtests.processes import command_of, replica_pids
from tests.service.e2e.container import ENVIRON, contained


@dataclass
class Server:
    """A `crosslate serve` and its log."""

    process: subprocess.Popen[str]
    url: str
    probes: str
    """Where it says whether it is ready."""
    config: Path
    log: Path
    while_loading: dict[str, httpx.Response] = field(default_factory=dict)
    """The last answers before it was ready, by path."""

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.told()
        try:
            answer = httpx.get(f"{self.probes}/readyz", timeout=30)
            if answer.status_code != 200:
                self.while_loading["/readyz"] = answer
                self.while_loading["/livez"] = httpx.get(f"{self.probes}/livez", timeout=30)
            return answer.status_code == 200
        except httpx.TransportError:
            return False

    def wait_until(self, condition: Callable[[], bool], limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < deadline, self.told()
            assert self.process.poll() is None, self.told()
            time.sleep(0.1)

    def told(self) -> str:
        """The log without its lines for requests."""
        return "\n".join(line for line in self.log.read_text().splitlines() if '"request"' not in line)

    def replicas(self, deployment: str) -> list[int]:
        """The processes of a deployment's replicas, those that load included."""
        title = f"ray::ServeReplica:crosslate:{deployment}"
        return [pid for pid in replica_pids(self.process.pid) if command_of(pid).startswith(title)]

    def kill_one(self, deployment: str) -> None:
        os.kill(self.replicas(deployment)[0], signal.SIGKILL)

    def translate(self, text: str | list[str], source: str, target: str, **fields: object) -> httpx.Response:
        content = {"text": text, "source_lang": source, "target_lang": target, **fields}
        return httpx.post(f"{self.url}/v1/translate", json=content, timeout=60)

    def reload(self, settings: Mapping[str, object]) -> str:
        """With other settings; what the log says of it."""
        start = len(self.log.read_text())
        self.config.write_text(json.dumps(settings))
        self.process.send_signal(signal.SIGHUP)

        def said() -> str:
            return self.log.read_text()[start:].partition("SIGHUP: ")[2]

        self.wait_until(lambda: said().endswith("\n"), 120)
        return said()


@contextlib.contextmanager
def starting(folder: Path, settings: Mapping[str, object], *, is_contained: bool = False) -> Iterator[Server]:
    """A service that loads; stopped afterwards, if it still runs."""
    config, log = folder / "config.yaml", folder / "log"
    config.write_text(json.dumps(settings))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CROSSLATE_")}
    with log.open("w") as stderr:
        command = [sys.executable, "-m", "crosslate", "serve", "--config", str(config)]
        if is_contained:
            command, environ = contained(*command), {**environ, **ENVIRON}
        process = subprocess.Popen(command, stderr=stderr, env=environ, text=True)
    url, probes = (
        f"http://127.0.0.1:{port}"
        for port in (settings["port"], settings.get("operation_port", settings["port"]))
    )
    try:
        yield Server(process, url, probes, config, log)
    finally:
        process.terminate()
        process.wait(60)
    for line in log.read_text().splitlines():
        assert isinstance(json.loads(line), dict), line
