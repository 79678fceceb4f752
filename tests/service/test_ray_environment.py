from __future__ import annotations

import os

import pytest

from service.ray_environment import local_ray_environment


def test_what_the_operator_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAY_SERVE_HAPROXY_STATS_PORT", "8404")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with local_ray_environment():
        assert os.environ["RAY_SERVE_HAPROXY_STATS_PORT"] == "8404"
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
        assert (
            os.environ["RAY_SERVE_HAPROXY_METRICS_PORT"] != os.environ["RAY_SERVE_FALLBACK_PROXY_HTTP_PORT"]
        )
