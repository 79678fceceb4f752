from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslate.service.commands.cli import app
from crosslate.service.deployment.rollout import DeploymentError
from crosslate.service.settings.config import LogSettings
from crosslate.service.terminal.serve_log import ServeLog


def events(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def run_command(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"{code}\nfrom crosslate.__main__ import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("form", ["json", "auto"])
def test_a_start_that_fails_is_json_from_the_first_line_to_the_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    monkeypatch.setenv("CROSSLATE_LOG__FORMAT", form)
    done = run_command("serve", str(tmp_path), "--port", "18999")
    assert (done.returncode, done.stdout) == (1, "")
    first, *_, last = events(done.stderr)
    assert first["message"].startswith("Starting Crosslate")
    assert (last["event"], last["level"], last["exception"]) == ("failed", "error", "CheckpointError")
    assert "holds no model" in last["message"]


def test_text_stays_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CROSSLATE_LOG__FORMAT", "console")
    done = run_command("serve", str(tmp_path), "--port", "18999")
    assert done.stderr.startswith("Starting Crosslate")
    assert done.stderr.splitlines()[-1].startswith("crosslate: ")


_INTERRUPTED = """
import signal
import crosslate.service.deployment.deployment as deployment

def run(*_):
    raise KeyboardInterrupt

deployment.run = run
"""


def test_an_interrupted_start_says_so_in_json() -> None:
    done = run_command("serve", code=_INTERRUPTED)
    assert done.returncode == 130
    assert [event["event"] for event in events(done.stderr)] == ["starting", "stopped"]


def test_a_traceback_is_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> None:
        raise DeploymentError("no replica\nstarted")

    monkeypatch.setattr("crosslate.service.deployment.deployment.run", run)
    _, failed = events(CliRunner().invoke(app, ["serve", "--debug"]).stderr)
    assert failed["message"] == "no replica started"
    assert failed["frames"][-1].endswith(" run")


def test_models_of_pairs_are_told_of_in_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    shown = CliRunner().invoke(app, ["serve", "--pairs", "de-en", "--offline"])
    told = [event["event"] for event in events(shown.stderr)]
    assert (told[0], told[-2], told[-1]) == ("starting", "pairs", "failed")


def test_what_libraries_warn_of_is_json_while_it_serves(capsys: pytest.CaptureFixture[str]) -> None:
    log = ServeLog(LogSettings(format="json"))
    handlers = list(logging.getLogger().handlers)
    with log.taking_logs(), warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(True)  # `catch_warnings` has undone it
        logging.getLogger("huggingface_hub").warning("try\nagain")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    logged, warned = events(capsys.readouterr().err)
    assert (logged["event"], logged["logger"]) == ("library_warning", "huggingface_hub")
    assert (warned["logger"], "DeprecationWarning: old" in warned["message"]) == ("py.warnings", True)
    assert logging.getLogger().handlers == handlers


def test_what_somebody_should_look_at_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    log = ServeLog(LogSettings(format="json"))
    log.say("reload", "served")
    log.alert("reload", "not served")
    told = [(line["event"], line["level"], line["message"]) for line in events(capsys.readouterr().err)]
    assert told == [("reload", "info", "served"), ("reload", "warning", "not served")]
    ServeLog(LogSettings(format="console")).alert("reload", "not served")
    assert capsys.readouterr().err == "not served\n"
