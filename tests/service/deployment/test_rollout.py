"""What Ray Serve says of a deployment, as it is read; `test_changes.py` has a real one."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest

from crosslate.service.deployment.rollout import DeploymentError, is_running, messages

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray import serve

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
