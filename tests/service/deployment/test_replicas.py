"""What Ray calls of a replica, without Ray; `test_deployment.py` and `test_changes.py` have a real one."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any, cast

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from crosslate.service.deployment.replicas import GatewayReplica, build_application
    from crosslate.service.local_ray.ray_environment import RAY_DEFAULTS
    from crosslate.service.settings.config import Settings


@pytest.mark.parametrize("has_loaded", [True, False])
async def test_a_replica_may_go_whenever_ray_says_so(*, has_loaded: bool) -> None:
    """Serve logs what `__del__` raises with a traceback, and runs it while the constructor still does."""
    closed: list[str] = []

    async def close() -> None:
        closed.append("gateway")

    # Not a real one: Python runs `__del__` too, and nobody would await that.
    replica = SimpleNamespace(_gateway=SimpleNamespace(close=close)) if has_loaded else SimpleNamespace()
    await GatewayReplica.__del__(cast("GatewayReplica", replica))
    assert closed == ["gateway"] * has_loaded


class _Replicas:
    """A handle of replicas that answer, have ended, or hang."""

    def __init__(self, *answers: object) -> None:
        self._answers = answers

    def broadcast(self, method: str) -> _Replicas:
        assert method == "metrics"
        return self

    async def results_async(self, *, timeout_s: float, return_exceptions: bool = False) -> list[object]:
        failures = [answer for answer in self._answers if isinstance(answer, Exception)]
        for failure in failures:
            if isinstance(failure, TimeoutError) or not return_exceptions:  # as Ray has it
                raise failure
        return list(self._answers)


async def test_a_replica_that_has_ended_takes_only_its_own_metrics_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateways = _Replicas(("g1", []), ("g2", []), RuntimeError("it has ended"))
    context = SimpleNamespace(deployment="Gateway", app_name="crosslate")
    monkeypatch.setattr("ray.serve.get_replica_context", lambda: context)
    monkeypatch.setattr("ray.serve.get_deployment_handle", lambda *names: gateways)
    monkeypatch.setattr("crosslate.service.serving.metrics.render_metrics", sorted)
    warned: list[str] = []

    async def metrics() -> tuple[str, list[object]]:
        return "g1", []

    gateway = SimpleNamespace(
        metrics=metrics,
        _dedicated={"a": _Replicas(("a1", [])), "b": _Replicas(TimeoutError())},
        _logger=SimpleNamespace(warning=lambda event, exception: warned.append(exception)),
    )
    rendered: Any = await GatewayReplica._render_metrics(cast("GatewayReplica", gateway))
    assert rendered == ["a1", "g1", "g2"]
    assert warned == ["RuntimeError", "TimeoutError"]


def test_a_replica_that_is_replaced_finishes_what_it_has() -> None:
    """Also a request that came when HAProxy had not read yet that there is another one."""
    models = [{"id": "starter/en-pt"}, {"id": "starter/pt-en", "placement": "dedicated"}]
    settings = Settings.model_validate({"limits": {"max_timeout_s": 240}, "models": models})
    gateway: Any = build_application(settings)._bound_deployment
    (engine,) = gateway.init_args[1].values()
    takes_requests_s = float(RAY_DEFAULTS["RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S"])
    for deployment in (gateway, engine._bound_deployment):
        time_s = deployment._deployment_config.graceful_shutdown_timeout_s
        assert time_s >= takes_requests_s + settings.limits.max_timeout_s
