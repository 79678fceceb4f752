"""In a process of its own: importing Ray warns, and warnings are errors here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

BUILD = """
import json, sys
from ray.serve._private.api import call_user_app_builder_with_args_if_necessary
from crosslate.service.app import build_app
call_user_app_builder_with_args_if_necessary(build_app, json.loads(sys.argv[1]))
"""


def build(arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BUILD, json.dumps(arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_serve_builds_the_shipped_configuration_and_checks_it() -> None:
    content = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "serve.yaml").read_text())
    (application,) = content["applications"]
    built = build(application["args"])
    assert built.returncode == 0, built.stderr
    refused = build({"gatway": {}})
    assert refused.returncode != 0
    assert "gatway" in refused.stderr
