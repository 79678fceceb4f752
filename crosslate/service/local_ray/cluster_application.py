"""Ending an application on a cluster, which goes on with that by itself where nobody waits any more."""

from __future__ import annotations

import time
from collections.abc import Callable

_POLL_S = 0.2
_TOLD_AFTER_S = 5.0


def end_application(name: str, limit_s: float, say: Callable[[str], object]) -> None:
    """Have it end, and wait for that.

    Args:
        name: of the application.
        limit_s: how long to wait; replicas that are being replaced take requests for a minute.
        say: told of a wait that people notice, and of what is left to them.
    """
    from ray import serve
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    try:
        serve.delete(name, _blocking=False)
        if not _has_ended(name, limit_s, say):
            say(
                f"The cluster is still ending the application {name!r} and goes on by itself: "
                "`serve status` says when it is gone."
            )
    except RayServeException:
        return  # there is no Serve, and so no application
    except (RayError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        say(
            f"The cluster does not answer, so the application {name!r} may still be there ({reason}): "
            "see `serve status`, and end it with `serve shutdown`."
        )


def _has_ended(name: str, limit_s: float, say: Callable[[str], object]) -> bool:
    """Whether it was gone within the limit."""
    from ray import serve

    began, is_told = time.monotonic(), False
    while name in serve.status().applications:
        waited_s = time.monotonic() - began
        if waited_s >= limit_s:
            return False
        if not is_told and waited_s >= _TOLD_AFTER_S:
            is_told = True
            say(f"Stopping: the cluster is ending the replicas, for {limit_s:g} s at most.")
        time.sleep(_POLL_S)
    return True
