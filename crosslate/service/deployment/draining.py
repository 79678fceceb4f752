"""Letting replicas finish what is under way before the service ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crosslate.service.local_ray.ray_runtime import APP_NAME

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

_POLL_S = 0.2
_MARGIN_S = 5.0
"""Beyond the limit that replicas keep to by themselves."""
_ANSWER_S = 10.0
"""Within which a replica says how much it has to do. One that still imports what it needs says nothing."""


def drain(handle: DeploymentHandle[Any], limit_s: float) -> bool:
    """Have all gateways refuse new requests and finish those under way; False if that took too long.

    One that was being replaced gets no more requests, but may have some, and is none that a handle reaches.

    Args:
        handle: of the gateway.
        limit_s: how long it may take.

    Raises:
        Exception: what a gateway failed with.
    """
    from ray.exceptions import RayActorError
    from ray.serve.exceptions import DeploymentUnavailableError

    deadline = time.monotonic() + limit_s
    try:
        answers = handle.broadcast("drain").results(timeout_s=limit_s + _MARGIN_S, return_exceptions=True)
    except DeploymentUnavailableError:
        answers = []  # there is none that could be told
    except TimeoutError:
        return False
    is_idle = _wait_until_idle(_gateways(), deadline)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, RayActorError):
            raise answer
    return is_idle and all(answer is not False for answer in answers)


def _gateways() -> list[Any]:
    """Actors of all gateways that have not ended, whatever they do."""
    import ray
    from ray.util import list_named_actors

    from crosslate.service.deployment.replicas import GATEWAY

    found = []
    for actor in list_named_actors(all_namespaces=True):
        if actor["name"].startswith(f"SERVE_REPLICA::{APP_NAME}#{GATEWAY}#"):
            try:
                found.append(ray.get_actor(actor["name"], namespace=actor["namespace"]))
            except ValueError:
                continue  # it has just ended
    return found


def _wait_until_idle(gateways: Sequence[Any], deadline: float) -> bool:
    """Whether they were before then."""
    busy = list(gateways)
    while busy := _busy(busy, deadline):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _busy(gateways: Sequence[Any], deadline: float) -> list[Any]:
    """Those that have requests. Who has ended has none, nor who is only being loaded."""
    import ray
    from ray.exceptions import RayActorError

    asked = {gateway.get_num_ongoing_requests.remote(): gateway for gateway in gateways}
    patience_s = min(_ANSWER_S, max(_POLL_S, deadline - time.monotonic()))
    answered, _ = ray.wait(list(asked), num_returns=len(asked), timeout=patience_s) if asked else ([], [])
    busy = []
    for answer in answered:
        try:
            if ray.get(answer):
                busy.append(asked[answer])
        except RayActorError:
            continue
    return busy
