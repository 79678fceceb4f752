"""What is put into the configuration that Ray Serve writes, in the words of HAProxy; `edits` does it."""

from __future__ import annotations

import dataclasses
import shlex
from dataclasses import dataclass
from pathlib import Path

PRESSURE = "@PRESSURE@"
"""Stands in `Blocks.limits` for three quarters of the connections that may be open."""
ORIGINS = "@ORIGINS@"
"""Stands in `Blocks.origins` for the file with the origins."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Lines to put in, and limits.

    Attributes:
        defaults: of every proxy: time-outs and answers to failures.
        requests: of every frontend, before anything else: what is kept of a request for answers to it.
        limits: of the service's frontend, after that: what is refused.
        unserved: instead of Serve's 404 where no application takes a request.
        gone: the same where one has just lost its last replica.
        origins: of every frontend where pages of other origins may call the service: what is told to them.
        preflights: before `unserved` and `gone` there: what their browsers ask.
        bodies: of every application's backend.
        crowding: the answer to an address that has its share of the requests with long bodies.
        buffer_bytes: what is held of a request; its headers must fit.
        repeated_bytes: how long a body may be that is held as a whole.
        once: the condition for requests that must not be given to a second replica.
        max_connections: the most that may be open at once, if descriptors and memory suffice.
        client_timeout_s: how long a client may be silent where it is its turn, or take nothing.
        server_timeout_s: how long a replica may be silent.
        retries: how often a request whose replica is gone is given to another one.
    """

    defaults: str
    requests: str
    limits: str
    unserved: str
    gone: str
    origins: str
    preflights: str
    bodies: str
    crowding: str
    buffer_bytes: int
    repeated_bytes: int
    once: str
    max_connections: int
    client_timeout_s: int
    server_timeout_s: int
    retries: int

    def with_origins(self, file: Path) -> Blocks:
        """For pages of the origins in a file; `*` are all."""
        origins = self.origins.replace(ORIGINS, shlex.quote(str(file)))
        return dataclasses.replace(
            self,
            requests=self.requests + origins,
            unserved=self.preflights + self.unserved,
            gone=self.preflights + self.gone,
        )
