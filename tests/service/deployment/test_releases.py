"""What is deployed beside what, without Ray; `test_changes.py` has a real one."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    import crosslate.service.deployment.replicas  # noqa: F401  (which releases does later)
    from crosslate.service.deployment import releases
    from crosslate.service.deployment.releases import Releases, _Release
    from crosslate.service.deployment.rollout import DeploymentError, ProxyBehindError
    from crosslate.service.process.signals import Signals
    from crosslate.service.settings import served_origins
    from crosslate.service.settings.config import CorsSettings, Settings

Run = tuple[str, list[str], list[str]]
"""A version, the dedicated models, and those that are only kept."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    made: list[Run] = []

    def run(release: _Release, others: Sequence[Any]) -> object:
        names = [other._bound_deployment.name for other in others]
        made.append((release.version.rpartition(".")[2], list(release.models), names))
        return object()

    monkeypatch.setattr(releases, "_run", run)
    monkeypatch.setattr(releases, "_POLL_S", 0.01)
    return made


def dedicated(*names: str) -> Settings:
    models = [{"id": name, "path": "starter/en-pt", "placement": "dedicated"} for name in names]
    return Settings.model_validate({"models": models})


def test_a_model_that_only_gateways_from_before_use_stays_until_they_have_ended(
    runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    have_ended = threading.Event()
    monkeypatch.setattr(releases, "is_running", have_ended.is_set)
    made = Releases()
    first = made.deploy(dedicated("old", "both"))
    made.confirm()
    made.deploy(dedicated("both", "broken"))  # which is not confirmed
    made.deploy(dedicated("both", "new"))
    made.confirm()
    time.sleep(0.05)
    expected = [
        ("1", ["old", "both"], []),
        ("2", ["both", "broken"], ["old"]),
        ("3", ["both", "new"], ["old"]),
    ]
    assert runs == expected
    have_ended.set()
    while len(runs) < 4:
        time.sleep(0.01)
    assert runs[3] == ("3", ["both", "new"], []), "the same version: nothing else is replaced"
    assert made.deploy(dedicated("new")) is first
    assert runs[4] == ("4", ["new"], ["both"])


def test_what_another_process_has_left_on_a_cluster_is_no_release_of_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray would leave replicas with other settings alone."""
    versions: list[str] = []
    monkeypatch.setattr(releases, "_run", lambda release, others: versions.append(release.version))
    for made in (Releases(), Releases()):
        made.deploy(dedicated("a"))
    assert len(set(versions)) == 2


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The deployments that have loaded."""
    names: set[str] = set()
    monkeypatch.setattr(releases, "messages", set)
    monkeypatch.setattr(releases, "are_healthy", names.issuperset)
    return names


def failing(error: Exception) -> Any:
    def wait(*arguments: object) -> bool:
        raise error

    return wait


@pytest.mark.parametrize("error", [DeploymentError("it does not load"), RuntimeError("Ray's own")])
def test_what_fails_is_taken_back(
    runs: list[Run], healthy: set[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Serve would start it, and nothing else, when a replica ends that serves."""
    monkeypatch.setattr(releases, "is_running", lambda: True)
    monkeypatch.setattr(releases, "wait_until_replaced", failing(error))
    made = Releases()
    made.deploy(dedicated("old"))
    made.confirm()
    with pytest.raises(type(error)):
        made.replace(dedicated("new"), Signals(), None)
    assert runs == [("1", ["old"], []), ("2", ["new"], ["old"]), ("1", ["old"], [])]
    time.sleep(0.05)
    assert len(runs) == 3, "there is nothing that would have to go"


def test_who_answers_before_replicas_do_goes_by_the_settings_that_are_handed_over(
    runs: list[Run], healthy: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where they fail, by those that are served."""
    environ = dict(os.environ)
    served_origins.keep_in(tmp_path, environ)
    monkeypatch.setattr(os, "environ", environ)
    read: list[list[str]] = []

    def fail(*_: object) -> bool:
        read.append(served_origins.read(environ))
        raise DeploymentError("it does not load")

    monkeypatch.setattr(releases, "wait_until_replaced", fail)
    made = Releases()
    made.deploy(opened("https://a.example"))
    made.confirm()
    assert served_origins.read(environ) == ["https://a.example"]
    for origins in ([], ["https://b.example", "https://c.example"]):
        with pytest.raises(DeploymentError):
            made.replace(opened(*origins), Signals(), None)
        assert read[-1] == origins
        assert served_origins.read(environ) == ["https://a.example"]
    made.deploy(opened())
    assert served_origins.origins_file(environ) is None


def opened(*origins: str) -> Settings:
    return dedicated("model").model_copy(update={"cors": CorsSettings(allow_origins=origins)})


def test_what_fails_keeps_nothing_that_was_to_go(
    runs: list[Run], healthy: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a model of the release before, nor one of the failed release that its gateways may use."""
    have_ended = threading.Event()
    monkeypatch.setattr(releases, "is_running", have_ended.is_set)
    monkeypatch.setattr(releases, "wait_until_replaced", failing(DeploymentError("one of two gateways")))
    made = Releases()
    for name in ("first", "second"):
        made.deploy(dedicated(name))
        made.confirm()
    healthy.add("third")
    with pytest.raises(DeploymentError):
        made.replace(dedicated("third"), Signals(), None)
    assert runs[2:] == [("3", ["third"], ["second", "first"]), ("2", ["second"], ["third", "first"])]
    have_ended.set()
    while len(runs) < 5:
        time.sleep(0.01)
    assert runs[4] == ("2", ["second"], [])
    made.stop()


def test_what_haproxy_has_not_read_yet_is_not_taken_back(
    runs: list[Run], healthy: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would have to read of the replicas from before, too."""
    monkeypatch.setattr(releases, "is_running", lambda: True)
    monkeypatch.setattr(releases, "wait_until_replaced", failing(ProxyBehindError("it is slow")))
    made = Releases()
    made.deploy(dedicated("old"))
    made.confirm()
    with pytest.raises(ProxyBehindError):
        made.replace(dedicated("new"), Signals(), None)
    while len(runs) < 3:
        time.sleep(0.01)
    assert runs == [("1", ["old"], []), ("2", ["new"], ["old"]), ("2", ["new"], [])]


def test_another_change_comes_before_that(runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "is_running", lambda: False)
    made = Releases()
    for names in (["a"], ["b"], ["c"]):
        made.deploy(dedicated(*names))
        made.confirm()
    assert runs == [("1", ["a"], []), ("2", ["b"], ["a"]), ("3", ["c"], ["b", "a"])]
    made.stop()
    time.sleep(0.05)
    assert len(runs) == 3
