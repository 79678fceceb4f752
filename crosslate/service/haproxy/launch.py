"""What Ray Serve starts in HAProxy's place: edits its configuration and becomes HAProxy.

It needs the standard library only, and keeps its process id, by which Serve knows HAProxy.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from crosslate.models.whole_file import write_whole
from crosslate.service.haproxy.admin import admin_socket, running_pid
from crosslate.service.haproxy.blocks import Blocks
from crosslate.service.haproxy.edits import (
    APPLICATION,
    WORKS_WITH,
    EditError,
    edited,
    last_edited,
    with_known_servers,
)
from crosslate.service.haproxy.failures import listener
from crosslate.service.haproxy.guard import Kin, bridge_socket, parent_of, watch
from crosslate.service.process.machine import whole_memory
from crosslate.service.settings import served_origins

_ROOT = str(Path(__file__).parents[3])


def main(arguments: Sequence[str]) -> None:
    """Edit the file after `-f`, if there is one, and become HAProxy.

    With Serve's `option splice-request`, HAProxy 2.8 does not notice a client that leaves while its request
    is being worked on, if the body came in a later packet than the headers, as most clients send it. The
    replica would then work to the end for nobody. `-dS` turns splicing off.

    Args:
        arguments: `BLOCKS.json HAPROXY ARGUMENT…`
    """
    blocks_file, binary, *rest = arguments
    config = Path(rest[rest.index("-f") + 1]) if "-f" in rest[:-1] else None
    if config is not None and config.is_file():
        is_reload, is_check = "-sf" in rest, "-c" in rest
        before = [] if is_reload or is_check else _predecessors(config)
        _edit(config, Path(blocks_file), is_successor=bool(before), is_first=not (is_reload or before))
        if not is_check:
            rest += before
            _leave_a_guard(binary, config)
    os.execv(binary, [binary, "-dS", *rest])


def _edit(config: Path, blocks_file: Path, *, is_successor: bool, is_first: bool) -> None:
    """Put what is ours into the configuration.

    Args:
        config: as Serve has written it, and as HAProxy is to read it.
        blocks_file: what to put in.
        is_successor: of a HAProxy that Serve does not know of. A new manager has not heard of any application
            yet, and HAProxy would refuse everything until it has.
        is_first: what an earlier Serve has listed tells nothing of this one's replicas.
    """
    blocks = Blocks(**json.loads(blocks_file.read_text(encoding="utf-8")))
    if (origins := served_origins.origins_file(os.environ)) is not None:
        blocks = blocks.with_origins(origins)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    max_files = sys.maxsize if limit == resource.RLIM_INFINITY else limit
    memory, last = config.with_suffix(".servers.json"), last_edited(config)
    known = {} if is_first or not memory.is_file() else json.loads(memory.read_text(encoding="utf-8"))
    content, known = with_known_servers(config.read_text(encoding="utf-8"), known)
    try:
        content = edited(
            content,
            blocks,
            max_files=max_files,
            max_memory=whole_memory(),
            environ=os.environ,
            listener=listener(config),
        )
    except EditError as error:
        sys.exit(
            "crosslate: this Ray Serve writes another configuration for HAProxy than Crosslate knows: "
            f"{error}. Install Ray {WORKS_WITH}, or do without HAProxy: RAY_SERVE_ENABLE_HA_PROXY=0."
        )
    if APPLICATION in content:
        write_whole(memory, json.dumps(known).encode())
        write_whole(last, content.encode())
    elif is_successor and last.is_file():
        content = last.read_text(encoding="utf-8")
    write_whole(config, content.encode())  # a guard may read it at any time


def _predecessors(config: Path) -> list[str]:
    """Arguments with which HAProxy takes the port over from one that is there.

    Where Serve's manager of HAProxy was killed, its HAProxy lives on, and where HAProxy was killed, the guard
    has started another one. Serve knows neither, and would fail to open the port until they are gone.
    """
    path = admin_socket(config.read_text(encoding="utf-8"))
    for candidate in () if path is None else (path, bridge_socket(path)):
        if (pid := running_pid(candidate)) is not None:
            return ["-sf", str(pid), "-x", candidate]
    return []


def guard(arguments: Sequence[str]) -> None:
    """What the guard's process does.

    Args:
        arguments: process ids as in `Kin`, then `HAPROXY FOLDER NAME`, the last two of the configuration.
    """
    haproxy, manager, node, binary, folder, name = arguments
    watch(Kin(int(haproxy), int(manager), int(node)), binary, Path(folder) / name)


def _leave_a_guard(binary: str, config: Path) -> None:
    """In a process of its own, that is nobody's child: HAProxy, as which this one goes on, expects none.

    Serve takes every process for HAProxy whose command names the configuration, so this one names its parts.
    """
    code = f"import sys; sys.path.append({_ROOT!r}); from {__name__} import guard; guard(sys.argv[1:])"
    kin = Kin(os.getpid(), os.getppid(), parent_of(os.getppid()))
    pids = (str(kin.haproxy), str(kin.manager), str(kin.node))
    if child := os.fork():
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    words = [sys.executable, "-IS", "-c", code, *pids, binary, str(config.parent), config.name]
    os.execv(sys.executable, words)
