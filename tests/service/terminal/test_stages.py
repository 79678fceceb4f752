from __future__ import annotations

import json
import re
import sys

import pytest

from crosslate.service.settings.config import LogSettings
from crosslate.service.terminal.serve_log import ServeLog
from crosslate.service.terminal.stages import ReplicaLog, Stages, loading


def text_log() -> ServeLog:
    return ServeLog(LogSettings(format="console"))


def test_a_log_in_json_has_the_stages_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages("Starting \x1b[2J")
    assert capsys.readouterr().err == "", "the settings are not read yet"
    stages.tell(ServeLog(LogSettings(format="json", level="error")))
    stages.enter("Starting Ray")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["message"]) == ("starting", "Starting \\x1b[2J")
    assert (second["event"], second["message"]) == ("starting", "Starting Ray")
    assert second["elapsed_s"] >= 0


def test_a_file_gets_a_line_for_each_stage_and_none_twice(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages("Starting \x1b[2J")
    stages.tell(text_log())
    for stage in ("Starting Ray", "Starting Ray", loading(0, 2)):
        stages.enter(stage)
    stages.close()
    stages.enter("too late")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Starting \\x1b[2J"
    assert [re.sub(r"\(\d+\.\d s\)", "(N s)", line) for line in lines[1:]] == [
        "Starting Ray (N s)",
        "Loading models: 0 of 2 (N s)",
    ]


def test_models_are_counted_as_replicas_log_them(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages("Starting")
    stages.tell(text_log())
    log = ReplicaLog(stages, 3)
    ready = '{"model": "m", "event": "model_ready"}\n'
    for lines in ("something else\n", ready, ready + ready, ready):  # the last by a replica that was replaced
        log.write(lines)
    told = [line for line in capsys.readouterr().err.splitlines() if "of 3" in line]
    assert [line.partition(" (")[0] for line in told] == [loading(1, 3), loading(3, 3)]


def test_a_terminal_gets_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log lines of replicas stand above it, as they are."""
    written: list[str] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "write", written.append)
    monkeypatch.setenv("TERM", "xterm")
    stages = Stages("Starting")
    stages.tell(text_log())
    stages.enter("Starting Ray [bold]")
    ReplicaLog(stages, 2).write("a line of a replica\n")
    stages.enter("Waiting")
    stages.close()
    stages.close()
    screen = "".join(written)
    assert screen.startswith("Starting\n")
    assert "Starting Ray [bold]" in screen
    assert "a line of a replica\n" in screen
    assert screen.rstrip().endswith("\x1b[2K"), "what moves is gone"
