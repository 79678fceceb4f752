"""What is deployed beside what, without Ray; `test_changes.py` has a real one."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    import crosslate.service.deployment.replicas  # noqa: F401  (which releases does later)
    from crosslate.service.deployment import releases
    from crosslate.service.deployment.releases import Releases
    from crosslate.service.settings.config import Settings

Run = tuple[str, list[str], list[str]]
"""A version, the dedicated models, and those that are only kept."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    made: list[Run] = []

    def run(settings: Settings, version: str, models: Mapping[str, Any], others: Sequence[Any]) -> object:
        names = [other._bound_deployment.name for other in others]
        made.append((version.rpartition(".")[2], list(models), names))
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


def test_what_another_process_has_left_on_a_cluster_is_no_release_of_this_one() -> None:
    """Ray would leave replicas with other settings alone."""
    one, other = Releases(), Releases()
    assert one._version != other._version


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
