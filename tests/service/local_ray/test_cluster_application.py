"""Ending an application on a cluster that takes its time, or is gone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from crosslate.service.local_ray import cluster_application
from crosslate.service.local_ray.cluster_application import end_application

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray import serve
    from ray.exceptions import RayActorError
    from ray.serve.exceptions import RayServeException


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(serve, "delete", lambda name, _blocking: names.append(name))
    monkeypatch.setattr(cluster_application, "_POLL_S", 0.001)
    monkeypatch.setattr(cluster_application, "_TOLD_AFTER_S", 0.0)
    return names


def going_on(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The application is there at so many looks."""
    left = iter(range(times))

    def status() -> SimpleNamespace:
        return SimpleNamespace(applications={"crosslate": None} if next(left, None) is not None else {})

    monkeypatch.setattr(serve, "status", status)


@pytest.mark.parametrize(
    ("looks", "limit_s", "expected"),
    [
        (0, 60.0, []),
        (3, 60.0, ["the cluster is ending the replicas, for 60 s at most"]),
        (10**9, 0.02, ["for 0.02 s at most", "still ending the application 'crosslate'"]),
        (10**9, 0.0, ["`serve status` says when it is gone"]),
    ],
)
def test_it_is_waited_for_as_long_as_was_said(
    ended: list[str], monkeypatch: pytest.MonkeyPatch, looks: int, limit_s: float, expected: list[str]
) -> None:
    going_on(monkeypatch, looks)
    said: list[str] = []
    end_application("crosslate", limit_s, said.append)
    assert ended == ["crosslate"]
    assert len(said) == len(expected)
    assert all(words in line for words, line in zip(expected, said, strict=True))


def raising(error: Exception) -> Callable[..., object]:
    def fail(*arguments: object, **options: object) -> object:
        raise error

    return fail


def test_a_cluster_that_is_gone_is_told_of(ended: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(serve, "status", raising(RayActorError()))
    end_application("crosslate", 60.0, said.append)
    (line,) = said
    assert "may still be there" in line
    assert "\n" not in line


def test_without_serve_there_is_nothing_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(serve, "delete", raising(RayServeException("There is no Serve instance running.")))
    end_application("crosslate", 60.0, said.append)
    assert said == []
