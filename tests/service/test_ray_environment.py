from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from service.ray_environment import local_ray_environment, write_haproxy_wrapper


def test_the_wrapper_turns_splicing_off(tmp_path: Path) -> None:
    binary = tmp_path / "with a blank" / "haproxy"
    binary.parent.mkdir()
    binary.write_text('#!/bin/sh\necho "$@"\n')
    binary.chmod(0o755)
    wrapper = tmp_path / "wrapper"
    write_haproxy_wrapper(wrapper, str(binary))
    answer = subprocess.run([wrapper, "-f", "a b.cfg"], capture_output=True, text=True, check=True)
    assert answer.stdout == "-dS -f a b.cfg\n"


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
