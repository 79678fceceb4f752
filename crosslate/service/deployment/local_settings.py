"""Settings as replicas get them: those of this machine reserve no CPUs, and log to this process."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from crosslate.service.logs.log_relay import relayed_to
from crosslate.service.logs.logging import resolve_format
from crosslate.service.settings.config import Settings
from crosslate.service.settings.replica_settings import ReplicaSettings
from crosslate.service.terminal.stages import ReplicaLog, Stages


@contextlib.contextmanager
def settings_for_replicas(
    settings: Settings, stages: Stages, *, is_local: bool
) -> Iterator[Callable[[Settings], Settings]]:
    """Gives what turns settings into those that replicas get.

    Local ones log to this process's standard error.
    """
    if not is_local:
        yield lambda settings: settings
        return
    if settings.log.socket:
        yield unreserved
        return
    with relayed_to(ReplicaLog(stages, num_models(settings))) as path:

        def logged_here(settings: Settings) -> Settings:
            update = {"socket": path, "format": resolve_format(settings.log, sys.stderr)}
            return unreserved(settings).model_copy(update={"log": settings.log.model_copy(update=update)})

        yield logged_here


def unreserved(settings: Settings) -> Settings:
    """Without CPUs to reserve, which limit nothing on one machine: replicas would only wait for each other.

    A laptop may hold more than it has CPUs, for each new one beside an old one, or for each of autoscaling.
    """
    update = {"num_cpus": 0}
    models = tuple(model.model_copy(update=update) for model in settings.models)
    gateway = settings.gateway.model_copy(update=update)
    return settings.model_copy(update={"gateway": gateway, "models": models})


def replicas_wanted(settings: Settings) -> dict[str, int]:
    """By a model's id, how many replicas have it: its own or the gateway's; with autoscaling at least."""

    def replicas(of: ReplicaSettings) -> int:
        return of.num_replicas if of.autoscaling is None else of.autoscaling.min_replicas

    return {
        model.id: replicas(settings.gateway if model.placement == "gateway" else model)
        for model in settings.models
    }


def num_models(settings: Settings) -> int:
    """Of all replicas that there are at the start."""
    return sum(replicas_wanted(settings).values())
