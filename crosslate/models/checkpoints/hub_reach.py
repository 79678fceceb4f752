"""Whether a server can be connected to, found out with nothing but the standard library.

That of the Hugging Face Hub takes longer to be imported than most networks take to say that there is no way.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

PATIENCE_S = 2.0
"""Then it is told that there is no answer yet."""
LIMIT_S = 10.0
"""In all, as the library has it for each of its requests."""
_PORTS = {"http": 80, "https": 443}


def check_reachable(url: str, say: Callable[[str], None] | None = None) -> None:
    """Pass where something listens, or where a proxy is asked, which alone knows.

    Args:
        url: of the server.
        say: is told once where that takes long.

    Raises:
        OSError: nothing does; the message names the host and says why.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    if (proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(host):
        return
    attempt = _connecting(host, parts.port or _PORTS.get(parts.scheme, 443))
    try:
        error = attempt.exception(PATIENCE_S)
    except TimeoutError:
        if say is not None:
            say(f"Waiting for {host}, which has not answered for {PATIENCE_S:g} s")
        try:
            error = attempt.exception(LIMIT_S - PATIENCE_S)
        except TimeoutError:
            raise TimeoutError(f"{host}: no answer within {LIMIT_S:g} s") from None
    if error is not None:
        raise ConnectionError(f"{host}: {_reason(error)}") from error


def _connecting(host: str, port: int) -> Future[None]:
    """In a thread, as looking up a name knows no time limit."""

    def connect() -> None:
        try:
            socket.create_connection((host, port), LIMIT_S).close()
        except Exception as error:
            attempt.set_exception(error)
        else:
            attempt.set_result(None)

    attempt: Future[None] = Future()
    threading.Thread(target=connect, name="hub-reach", daemon=True).start()
    return attempt


def _reason(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
