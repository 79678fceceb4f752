"""Network namespaces of this machine, in each of which a node of Ray may run. Linux, as root."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from loadtests.processes import command_of

BRIDGE = "crosslate0"
_NETWORK = "10.99.7"
OUTSIDE = f"{_NETWORK}.254"
"""This machine's own address on the bridge, beside the nodes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A network namespace in which a node of Ray runs."""

    number: int
    num_cpus: int = 8
    """What it says that it has."""

    @property
    def name(self) -> str:
        """Of the namespace."""
        return f"crosslate-{self.number}"

    @property
    def address(self) -> str:
        """On the bridge between the nodes."""
        return f"{_NETWORK}.{self.number}"

    @property
    def url(self) -> str:
        """Of the service, through this node's HAProxy."""
        return f"http://{self.address}:8000"

    def command(self, *words: str) -> list[str]:
        """The command as it is run there."""
        return ["ip", "netns", "exec", self.name, *words]

    def pids(self) -> list[int]:
        """Of all processes there."""
        listed = subprocess.run(
            ["ip", "netns", "pids", self.name], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def find(self, *words: str) -> list[int]:
        """The processes whose command has all the words."""
        return [pid for pid in self.pids() if all(word in command_of(pid) for word in words)]

    def kill(self, *words: str) -> None:
        """Of the processes with these words the first one, at once.

        Raises:
            LookupError: there is none.
        """
        pids = self.find(*words)
        if not pids:
            raise LookupError(f"nothing like {words} runs on {self.name}")
        os.kill(pids[0], signal.SIGKILL)

    def kill_all(self) -> None:
        """As when a machine loses its power."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def can_have_two_nodes() -> bool:
    """Whether this user may make network namespaces here, and a bridge between them."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    try:
        with network((Node(1), Node(2))):
            return True
    except subprocess.CalledProcessError:
        return False


@contextlib.contextmanager
def network(nodes: tuple[Node, Node]) -> Iterator[None]:
    """The nodes' namespaces with a bridge between them; gone afterwards with all that runs there."""
    _remove_network(nodes)
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{OUTSIDE}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for node in nodes:
            _ip("netns", "add", node.name)
            outside, inside = f"crosslate-o{node.number}", f"crosslate-i{node.number}"
            _ip("link", "add", outside, "type", "veth", "peer", "name", inside)
            _ip("link", "set", outside, "master", BRIDGE, "up")
            _ip("link", "set", inside, "netns", node.name)
            _ip("-n", node.name, "addr", "add", f"{node.address}/24", "dev", inside)
            _ip("-n", node.name, "link", "set", inside, "up")
            _ip("-n", node.name, "link", "set", "lo", "up")
            _ip("-n", node.name, "route", "add", "default", "via", OUTSIDE)
        yield
    finally:
        _remove_network(nodes)


def _remove_network(nodes: tuple[Node, Node]) -> None:
    for node in nodes:
        node.kill_all()
        # The namespace goes when its last process is gone, which takes a moment; its name is free at once.
        subprocess.run(["ip", "link", "del", f"crosslate-o{node.number}"], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", node.name], capture_output=True, check=False)
    subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
