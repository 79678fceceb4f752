"""What Ray Serve says of a deployment, as it is read; `test_changes.py` has a real one."""

from __future__ import annotations

import contextlib
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

from crosslate.service.deployment import rollout
from crosslate.service.deployment.rollout import (
    DeploymentError,
    ProxyBehindError,
    are_healthy,
    is_running,
    messages,
    reach,
    wait_until_replaced,
)
from crosslate.service.process.signals import Signals
from crosslate.service.settings.config import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray import serve
    from ray.serve._private.common import DeploymentID
    from ray.serve.exceptions import DeploymentUnavailableError

FAILED = "failed to start 1 times in a row\ncrosslate.models.errors.CheckpointError: config.json says nothing"


def test_why_the_last_change_failed_is_no_failure_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve says it until it has begun with that."""
    deployment = SimpleNamespace(message=FAILED, status="UPDATING", replica_states={"RUNNING": 1})
    application = SimpleNamespace(status="DEPLOYING", message="", deployments={"Gateway": deployment})
    status = SimpleNamespace(applications={"crosslate": application})
    monkeypatch.setattr(serve, "status", lambda: status)
    before = messages()
    assert is_running(beside_others=True, stale=before)
    deployment.message = FAILED.replace("1 times", "2 times")
    with pytest.raises(DeploymentError, match=r"Gateway: config\.json says nothing$"):
        is_running(beside_others=True, stale=before)


@pytest.mark.parametrize(
    ("trigger", "is_waited_for"), [("HEALTH_CHECK_FAILED", True), ("REPLICA_STARTUP_FAILED", False)]
)
def test_a_replica_that_ends_as_the_others_come_ends_no_start(
    monkeypatch: pytest.MonkeyPatch, trigger: str, is_waited_for: bool
) -> None:
    """Clients may have been answered by then, and Ray starts another one; not where none loads."""
    gateway = SimpleNamespace(
        message="it ended", status="DEPLOY_FAILED", status_trigger=trigger, replica_states={"STARTING": 1}
    )
    fine = SimpleNamespace(message="", status="HEALTHY", status_trigger="UNSPECIFIED", replica_states={})
    there = SimpleNamespace(status="DEPLOY_FAILED", message="", deployments={"Gateway": gateway, "a": fine})
    monkeypatch.setattr(serve, "status", lambda: SimpleNamespace(applications={"crosslate": there}))
    for beside_others in (False, True):
        with contextlib.nullcontext() if is_waited_for else pytest.raises(DeploymentError, match="it ended"):
            assert not is_running(beside_others=beside_others)


def application(monkeypatch: pytest.MonkeyPatch, **states: str) -> None:
    deployments = {
        name: SimpleNamespace(message="", status=state, replica_states={"RUNNING": 1})
        for name, state in states.items()
    }
    there = SimpleNamespace(status="RUNNING", message="", deployments=deployments)
    monkeypatch.setattr(serve, "status", lambda: SimpleNamespace(applications={"crosslate": there}))


class Gateways:
    """A handle of one gateway, or of none that Ray would reach."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def broadcast(self, method: str, settings: Settings) -> Gateways:
        if not self._names:
            raise DeploymentUnavailableError(DeploymentID(name="Gateway"))
        return self

    def results(self, **options: object) -> list[tuple[str, bool]]:
        return [(name, True) for name in self._names]


def replaced(handle: Any, proxy_folder: Any) -> bool:
    settings = Settings.model_validate({"startup_timeout_s": 0.01})
    return wait_until_replaced(settings, handle, Signals(), proxy_folder)


def test_a_deployment_without_any_replica_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handle calls it unavailable where it has failed for good; another one may be on its way."""
    application(monkeypatch, Gateway="HEALTHY")
    handle: Any = Gateways()
    reach(handle, Settings())
    with pytest.raises(DeploymentError) as raised:
        replaced(handle, None)
    assert not isinstance(raised.value, ProxyBehindError)


def test_a_proxy_that_is_behind_is_told_from_replicas_that_do_not_come(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    application(monkeypatch, Gateway="HEALTHY")
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "admin.sock").touch()
    monkeypatch.setattr(rollout, "replicas_known", lambda path: {"crosslate-Gateway-old"})
    with pytest.raises(ProxyBehindError, match="HAProxy has not read"):
        replaced(Gateways("new"), tmp_path)
    monkeypatch.setattr(rollout, "replicas_known", lambda path: {"crosslate-Gateway-new"})
    assert replaced(Gateways("new"), tmp_path)


def test_deployments_are_healthy_where_all_are_there_and_up(monkeypatch: pytest.MonkeyPatch) -> None:
    application(monkeypatch, Gateway="HEALTHY", one="HEALTHY", other="UPDATING")
    assert are_healthy({"Gateway", "one"})
    assert not are_healthy({"one", "other"})
    assert not are_healthy({"one", "gone"})
