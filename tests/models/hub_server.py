"""A server that speaks the part of the Hugging Face Hub's protocol with which a model is fetched."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPO = "owner/name"
_LARGE = (".safetensors", ".bin")


@dataclass
class Hub:
    """One repository with its commits, and what was asked for.

    Attributes:
        commits: by their hash, the files of each.
        heads: branches and tags.
        breaks_off: so many bytes of a large file come, then the connection closes; once.
        damages: what is sent of a large file is not what the Hub says of it.
    """

    commits: dict[str, dict[str, bytes]]
    heads: dict[str, str]
    url: str = ""
    breaks_off: int | None = None
    damages: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    ranges: list[str] = field(default_factory=list)

    def commit_of(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.heads.get(revision)


def oid(content: bytes) -> str:
    """Git's name for it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *arguments: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        words = path.strip("/").split("/")
        if REPO in path:  # the library asks for other things, too
            self.hub.asked[f"{self.command} {words[-1]}"] += 1
        match words:
            case ["api", "models", *name, "revision", revision] if "/".join(name) == REPO:
                self._tell(
                    revision, lambda commit: {"id": REPO, "modelId": REPO, "sha": commit, "siblings": []}
                )
            case ["api", "models", *name] if "/".join(name) == REPO:
                self._tell(
                    "main", lambda commit: {"id": REPO, "modelId": REPO, "sha": commit, "siblings": []}
                )
            case ["api", "models", *name, "tree", revision] if "/".join(name) == REPO:
                self._tell(
                    revision, lambda commit: [_entry(*item) for item in self.hub.commits[commit].items()]
                )
            case [*name, "resolve", revision, file] if "/".join(name) == REPO:
                self._send_file(self.hub.commit_of(revision), file, with_body=with_body)
            case _:
                self._refuse("RepoNotFound")

    def _tell(self, revision: str, answer: Callable[[str], object]) -> None:
        commit = self.hub.commit_of(revision)
        if commit is None:
            self._refuse("RevisionNotFound")
            return
        body = json.dumps(answer(commit)).encode()
        self._head(200, {"Content-Type": "application/json", "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_file(self, commit: str | None, file: str, *, with_body: bool) -> None:
        content = self.hub.commits.get(commit or "", {}).get(file)
        if commit is None or content is None:
            self._refuse("EntryNotFound")
            return
        is_large = file.endswith(_LARGE)
        etag = hashlib.sha256(content).hexdigest() if is_large else oid(content)
        start, status = 0, 200
        if with_body and (asked := self.headers.get("Range")):
            self.hub.ranges.append(asked)
            start, status = int(asked.removeprefix("bytes=").partition("-")[0]), 206
        sent = content[start:]
        if is_large and self.hub.damages:
            sent = sent[:-1] + bytes([sent[-1] ^ 1])
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": commit, "Content-Length": str(len(sent))}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._head(status, headers)
        if not with_body:
            return
        if is_large and self.hub.breaks_off is not None:
            sent, self.hub.breaks_off = sent[: self.hub.breaks_off], None
            self.close_connection = True
        self.wfile.write(sent)

    def _refuse(self, code: str) -> None:
        self._head(404, {"X-Error-Code": code, "Content-Length": "0"})

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _entry(path: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"type": "file", "path": path, "size": len(content), "oid": oid(content)}
    if path.endswith(_LARGE):
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
    return entry


@contextlib.contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
