"""The ports that Ray Serve opens in each replica: for calls from other deployments, and for HTTP."""

from __future__ import annotations

import importlib
from typing import Any


def keep_replica_port_local() -> None:
    """Have this replica open it for this machine only; to be called before the replica is ready.

    Serve opens it on every address, whether or not calls come that way, and unpickles what arrives: where
    Ray does not ask for its token, whoever reached it could run anything here. By default calls do not come
    that way. Where the operator chose that they do (`RAY_SERVE_USE_GRPC_BY_DEFAULT`), nodes must reach it.
    """
    from ray.serve._private import constants

    replica: Any = importlib.import_module("ray.serve._private.replica")
    open_port = replica.add_port_to_grpc_server
    if constants.RAY_SERVE_USE_GRPC_BY_DEFAULT:
        return

    def open_local_port(server: object, address: str) -> int:
        port: int = open_port(server, address.replace("[::]", "127.0.0.1"))
        return port

    replica.add_port_to_grpc_server = open_local_port


def close_at_once() -> None:
    """Have this replica's HTTP port close as soon as it has nothing to do, once Serve ends it.

    Otherwise it stays open until HAProxy has had time to hear that there are others.
    """
    replica: Any = importlib.import_module("ray.serve._private.replica")
    replica.RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S = 0.0
