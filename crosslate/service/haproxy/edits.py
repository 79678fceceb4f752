"""What is changed in the HAProxy configuration that Ray Serve writes.

Serve has settings for a few of HAProxy's; for the rest its file is edited each time that HAProxy starts,
between Serve, which has just written it, and HAProxy, which reads it (`launch`). An edit whose place is not
found stops the start: a service without its time-outs would look well until somebody made use of that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from crosslate.service.haproxy import inner
from crosslate.service.haproxy.blocks import PRESSURE, Blocks
from crosslate.service.haproxy.failures import Listener

EDITED = "# edited by crosslate\n"
APPLICATION = "use_backend http-"
"""Stands in every configuration that has an application."""
WORKS_WITH = "2.60"
"""Ray's minor version whose configuration this edits; `pyproject.toml` asks for it."""
_SPARE_FILES = 512
"""Descriptors for everything but clients and the replicas they talk to: two for each connection."""
_WELL = "'^(success|DRAINING)$'"
"""What a replica says to checks while it takes requests. One that is to go takes them for some time, until
HAProxy has heard of the one in its place; that may take longer than a second check where the machine is busy.
"""
_MEMORY_SHARE = 8
"""Of the memory this part is for the buffers of requests, one for each connection at worst. HAProxy keeps for
the next what it once had: whoever has opened many connections at once would have taken it for good."""


def last_edited(config: Path) -> Path:
    """Where the last configuration is kept that was edited and has an application."""
    return config.with_suffix(".last.cfg")


class EditError(Exception):
    """Serve's configuration has not the form that is edited here."""


def edited(
    config: str,
    blocks: Blocks,
    *,
    max_files: int,
    max_memory: int | None,
    environ: Mapping[str, str],
    listener: Listener | None = None,
) -> str:
    """The configuration with our changes; one that has them already stays as it is.

    Args:
        config: as Serve has written it.
        blocks: what to put in.
        max_files: descriptors that HAProxy may have.
        max_memory: bytes that all processes may have; None: nobody knows.
        environ: where an operator may have set something that is Serve's to decide.
        listener: told of what no replica has answered, where nobody has said to whom all lines go.

    Raises:
        EditError: a line that is to be changed is not there.
    """
    if config.startswith(EDITED):
        return config
    buffer = max(blocks.buffer_bytes, int(_find(config, r"^    tune.bufsize (\d+)$")[1]))
    connections = blocks.max_connections
    if max_memory is not None:
        connections = min(connections, max_memory // _MEMORY_SHARE // buffer)
    if "RAY_SERVE_HAPROXY_MAXCONN" in environ:
        connections = int(_find(config, r"^    maxconn (\d+)$")[1])
    connections = max(1, min(connections, inner.of_clients((max_files - _SPARE_FILES) // 2)))
    host = _find(config, r"^frontend http_frontend\n    bind (.*):\d+$")[1]
    own = inner.of_its_own(connections)
    limits = blocks.limits.replace(PRESSURE, str(connections * 3 // 4))
    sockets = inner.Sockets(Path(_find(config, r"^    stats socket (\S+)")[1]).parent)
    for edit in (
        # The socket rules HAProxy; whoever may run as this user may do so anyway, and nobody else.
        _replace(r"^(    stats socket \S+) mode 666 ", r"\1 mode 600 "),
        _replace(r"^    maxconn \d+\n", f"    maxconn {connections + own}\n    tune.http.maxhdr 256\n"),
        _replace(r"^    tune.bufsize \d+$", f"    tune.bufsize {buffer}"),
        _replace(r"^defaults\n    mode http\n", rf"\g<0>{_literal(blocks.defaults)}"),
        _timeout("client", blocks.client_timeout_s, environ),
        _timeout("server", blocks.server_timeout_s, environ),
        _end(blocks.server_timeout_s, environ),
        _retries(blocks.retries, environ),
        # See `launch.main`; and pipes would take a fifth of the descriptors.
        _replace(r"^    option splice-(?:request|response)\n", "", times=2),
        # Serve's error page for a replica that is gone or late says 500 in their place.
        _replace(r"^    errorfile (?:502|503|504) .*\n", "", times=3),
        _exporter(host, environ),
        _replace(r"^listen stats\n(?:  .*\n)*", ""),
        _replace(
            r"^frontend http_frontend\n    bind .*\n",
            rf"\g<0>    maxconn {connections}\n{_literal(blocks.requests + limits)}",
        ),
        _replace(
            r"^ *http-request return status 404 content-type text/plain .* not found\. Ping .*\n",
            _literal(blocks.unserved),
        ),
        # Serve's own proxy would hold requests until there is a replica.
        _replace(r"^( *server .* check backup)$", r"\1 disabled", times=None),
        _error_limit(environ),
        _replace(r"^    http-check expect status 200$", f"    http-check expect rstring {_WELL}", times=None),
        _replace(
            r"^backend (http-\S+)\n    log global\n",
            rf"\g<0>{_literal(blocks.bodies)}{_literal(inner.last_server(sockets))}",
            times=None,
        ),
        lambda config: inner.only_with_replicas(config, _servers(config)),
        lambda config: config + inner.without_replica(sockets, blocks.requests, blocks.gone),
        lambda config: (
            config
            + inner.with_long_body(
                config,
                sockets,
                blocks.requests,
                bodies=blocks.bodies,
                crowding=blocks.crowding,
                connections=own,
            )
        ),
        lambda config: inner.unrepeated_apart(config, blocks.repeated_bytes, blocks.once),
        lambda config: inner.through_the_next(config, sockets),
        *([] if _is_log_read(config, environ) else _told_of_failures(listener)),
    ):
        config = edit(config)
    return EDITED + config


Edit = Callable[[str], str]


def _replace(pattern: str, replacement: str, *, times: int | None = 1) -> Edit:
    """So many times exactly; None: wherever it is found, and as often as there are applications."""

    def edit(config: str) -> str:
        result, found = re.subn(pattern, replacement, config, flags=re.MULTILINE)
        if times is not None and found != times:
            raise EditError(f"{pattern!r} is there {found} times instead of {times}")
        return result

    return edit


def _timeout(side: str, seconds: int, environ: Mapping[str, str]) -> Edit:
    if f"RAY_SERVE_HAPROXY_TIMEOUT_{side.upper()}_S" in environ:
        return lambda config: config
    without = _replace(rf"^    timeout {side} \d+s\n", "", times=None)
    put_in = _replace(r"^defaults\n    mode http\n", rf"\g<0>    timeout {side} {seconds}s\n")
    return lambda config: put_in(without(config))


def _end(server_timeout_s: int, environ: Mapping[str, str]) -> Edit:
    """One that another HAProxy has taken over from ends with its last request, or so much later.

    Replicas come and go at any time. A request has its share of that time for an upload, and for an answer.
    """
    if "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S" in environ:
        return lambda config: config
    return _replace(r"^    hard-stop-after \d+s$", f"    hard-stop-after {2 * server_timeout_s}s")


def _retries(times: int, environ: Mapping[str, str]) -> Edit:
    """A request may be repeated where no answer has begun, but for those that keep something (`Blocks.once`).

    HAProxy has to have it whole in its buffer. Each further try goes to another replica, and their number is
    small: a request that ends its replica must not end all of them.
    """
    if "RAY_SERVE_HAPROXY_RETRY_ON" in environ:
        return lambda config: config
    without = _replace(r"^    retries \d+\n", "", times=None)
    put_in = _replace(
        r"^    retry-on .*\n", f"    retry-on conn-failure empty-response\n    retries {times}\n"
    )
    return lambda config: put_in(without(config))


def _is_log_read(config: str, environ: Mapping[str, str]) -> bool:
    """Whether somebody reads lines on all requests.

    That is where an operator has said so, or where Serve counts requests by these lines. Replicas log each
    request; by default these lines go to a port of this machine where mostly nobody is.
    """
    return "RAY_SERVE_HAPROXY_LOG_TARGET" in environ or "    log-format-sd " in config


def _told_of_failures(listener: Listener | None) -> list[Edit]:
    """Lines on requests that did not go well only, and those to the service itself."""
    edits = [_replace(r"^    option httplog\n", r"\g<0>    option dontlog-normal\n")]
    if listener is not None:
        edits += [
            _replace(r"^    log \S+ local0 info$", f"    log {listener.address} format raw local0 info"),
            _replace(r"^    option httplog\n", f"    log-format '{listener.line_format}'\n"),
            # What becomes of a request with a long body is known there alone.
            _replace(rf"^(frontend {inner.LONG}\n    bind .*\n)    no log\n", r"\1"),
        ]
    return edits


def _error_limit(environ: Mapping[str, str]) -> Edit:
    """Where one connection is refused nobody listens: the next try is to go elsewhere."""
    if "RAY_SERVE_HAPROXY_OBSERVE_ERROR_LIMIT" in environ:
        return lambda config: config
    return _replace(r"( check observe layer4 error-limit) \d+ ", r"\1 1 ", times=None)


def _exporter(host: str, environ: Mapping[str, str]) -> Edit:
    """HAProxy's own metrics only for an operator who has named a port, and where the service listens."""
    if "RAY_SERVE_HAPROXY_METRICS_PORT" in environ:
        return _replace(r"^(frontend prometheus\n    bind ):(\d+)$", rf"\g<1>{_literal(host)}:\g<2>")
    return _replace(r"^frontend prometheus\n(?:    .*\n)*", "")


def _find(config: str, pattern: str) -> re.Match[str]:
    found = re.search(pattern, config, re.MULTILINE)
    if found is None:
        raise EditError(f"{pattern!r} is not there")
    return found


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")


_SERVERS = re.compile(
    r"^backend (http-\S+)\n(?:(?!backend ).*\n)*?    # Servers in this backend\n", re.MULTILINE
)
_SERVER = re.compile(r"    server (\S+) \S+ check(?!.* backup).*\n")


def with_known_servers(config: str, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The configuration with no application bereft of all its servers at once, and the servers of each.

    While an application is being built anew, Serve's controller lists none of its replicas, though they are
    all at work: every change of a setting would be an outage. Those that it listed before stay then; the ones
    that are gone in truth fail HAProxy's checks.

    Args:
        config: Serve's.
        known: the servers' lines by backend, as this gave them last time.
    """
    now: dict[str, str] = {}

    def keep(found: re.Match[str]) -> str:
        name = found[1]
        listed = "".join(line[0] for line in _listed(config, found.end()))
        now[name] = listed or known.get(name, "")
        return found[0] + ("" if listed else now[name])

    return _SERVERS.sub(keep, config), now


def _servers(config: str) -> dict[str, list[str]]:
    """The names of each application's replicas."""
    sections = _SERVERS.finditer(config)
    return {found[1]: [line[1] for line in _listed(config, found.end())] for found in sections}


def _listed(config: str, start: int) -> Iterator[re.Match[str]]:
    while (line := _SERVER.match(config, start)) is not None:
        yield line
        start = line.end()
