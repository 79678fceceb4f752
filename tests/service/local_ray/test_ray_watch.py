"""A local Ray that ends by itself ends the command, too."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest

from crosslate.service.local_ray import ray_watch
from crosslate.service.local_ray.ray_runtime import lost_process
from crosslate.service.local_ray.ray_watch import RayWatch
from crosslate.service.process.signals import Signals

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    import ray


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_watch, "_LOOK_EVERY_S", 0.001)


def test_an_end_wakes_who_waits_for_signals() -> None:
    looks = iter([None, None, "raylet"])
    with Signals() as signals, signals.noted():
        watch = RayWatch(lambda: next(looks), signals.end)
        with watch.looking():
            assert not signals.wait_for_reload()
        assert watch.ended == "raylet"
        assert signals.wait(0)


def test_after_its_block_nobody_looks() -> None:
    watch = RayWatch(lambda: None, lambda: pytest.fail("there was no end"))
    with watch.looking():
        pass
    assert watch.ended is None


@pytest.mark.parametrize(
    ("dead", "lost"),
    [
        ([], None),
        (["log_monitor"], None),
        (["log_monitor", "raylet"], "raylet"),
        (["gcs_server"], "gcs_server"),
    ],
)
def test_what_all_others_end_with(dead: list[str], lost: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ray's node tells of its processes."""
    node = SimpleNamespace(dead_processes=lambda: [(kind, None) for kind in dead])
    monkeypatch.setattr(ray._private.worker, "_global_node", node)
    assert lost_process() == lost
