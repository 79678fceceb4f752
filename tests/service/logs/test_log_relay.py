from __future__ import annotations

import io
import json
import socket
import tempfile
import threading
from typing import TextIO, cast

import pytest

from crosslate.service.logs.log_relay import SocketStream, relayed_to
from crosslate.service.logs.logging import create_logger, log_defect
from crosslate.service.settings.config import LogSettings


class Console(io.StringIO):
    """Tells when so many lines have come."""

    def __init__(self, num_lines: int) -> None:
        super().__init__()
        self.is_complete = threading.Event()
        self._num_missing = num_lines

    def write(self, text: str) -> int:
        count = super().write(text)
        self._num_missing -= text.count("\n")
        if self._num_missing <= 0:
            self.is_complete.set()
        return count


def test_lines_reach_the_other_end_whole_and_in_order() -> None:
    console = Console(1000)
    with relayed_to(console) as path:
        stream = SocketStream(path)
        logger = create_logger(LogSettings(format="json"), cast("TextIO", stream))
        for number in range(1000):
            logger.info("request", number=number, model="é")
        logger.debug("unseen")
        assert console.is_complete.wait(120)
        stream.close()
    lines = [json.loads(line) for line in console.getvalue().splitlines()]
    assert [line["number"] for line in lines] == list(range(1000))
    assert lines[0]["model"] == "é"


def test_lines_of_two_processes_do_not_mix() -> None:
    console = Console(2000)
    with relayed_to(console) as path:
        streams = [SocketStream(path), SocketStream(path)]
        for number in range(2000):
            streams[number % 2].write(f"{number % 2}" * 100 + "\n")
        for stream in streams:
            stream.close()
        assert console.is_complete.wait(120)
    assert sorted(console.getvalue().splitlines()) == ["0" * 100] * 1000 + ["1" * 100] * 1000


def test_lines_go_to_standard_error_once_the_reader_is_gone(capfd: pytest.CaptureFixture[str]) -> None:
    listener = socket.socket(socket.AF_UNIX)
    with tempfile.TemporaryDirectory() as folder, listener:
        listener.bind(f"{folder}/log")
        listener.listen()
        stream = SocketStream(f"{folder}/log")
        reader, _ = listener.accept()
        reader.close()
        stream.write("first\n")
        stream.flush()
        stream.write("second\n")
        stream.close()
    assert capfd.readouterr().err == "first\nsecond\n"


def test_without_a_reader_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with relayed_to(io.StringIO()) as path:
        pass
    logger = create_logger(LogSettings(format="json", socket=path))
    logger.error("late")
    assert json.loads(capsys.readouterr().err)["event"] == "late"


def test_lines_leave_when_the_stream_likes_but_errors_at_once() -> None:
    class Held(io.StringIO):
        sent = ""

        def flush(self) -> None:
            self.sent = self.getvalue()

    output = Held()
    logger = create_logger(LogSettings(format="json"), output)
    logger.info("request")
    logger.warning("engine_warning")
    assert output.sent == ""
    logger.error("model_failed")
    assert [json.loads(line)["event"] for line in output.sent.splitlines()] == [
        "request",
        "engine_warning",
        "model_failed",
    ]


def test_a_defect_is_located_but_not_quoted() -> None:
    output = io.StringIO()
    logger = create_logger(LogSettings(format="json"), output)
    try:
        raise ValueError("the secret text")
    except ValueError as error:
        log_defect(logger, "r-1", error)
    line = json.loads(output.getvalue())
    assert (line["request_id"], line["exception"]) == ("r-1", "ValueError")
    assert "test_a_defect_is_located" in line["frames"][-1]
    assert "secret" not in output.getvalue()


def test_the_console_format_is_for_people() -> None:
    output = io.StringIO()
    create_logger(LogSettings(format="console"), output).warning("slow", model="a")
    assert "slow" in output.getvalue()
    assert "model=a" in output.getvalue()
