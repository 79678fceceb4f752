"""A port for probes and metrics, apart from the one that clients use.

Each replica opens it itself, whichever proxy is in front of the service and on whichever node it is. Those of
one machine share the port (`SO_REUSEPORT`): the kernel hands each connection to one of them, which answers
probes for itself, and `/metrics` for all.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Self

import uvicorn
from starlette.types import ASGIApp

_POLL_S = 0.01


class PortError(Exception):
    """The port cannot be opened; the message says why."""


class _Server(uvicorn.Server):
    """One that leaves signals to the process that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class OperationServer:
    """Serves an application beside the event loop's other work; see `open`."""

    def __init__(self, server: _Server, task: asyncio.Task[None]) -> None:
        self._server = server
        self._task = task

    @classmethod
    async def open(cls, app: ASGIApp, host: str, port: int) -> Self:
        """Listening once this returns.

        Raises:
            PortError: somebody else has the port, or it may not be opened.
        """
        listener = _listen(host, port)
        # An application of ours logs each request itself.
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(_POLL_S)
        if server.started:
            return cls(server, task)
        listener.close()
        await task  # raises what it failed with
        raise PortError(f"nothing listens on {host}:{port}: choose another operation_port")

    async def close(self) -> None:
        """Finish what is under way, and close the port."""
        self._server.should_exit = True
        await self._task


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another operation_port"
        ) from None
    return listener
