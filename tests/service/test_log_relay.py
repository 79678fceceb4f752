from __future__ import annotations

import io
import json
import threading
from typing import TextIO, cast

import pytest

from service.config import LogSettings
from service.log_relay import SocketStream, relayed_to
from service.logging import create_logger, log_defect


class Console(io.StringIO):
    """Tells when a last line has come."""

    def __init__(self) -> None:
        super().__init__()
        self.has_ended = threading.Event()

    def write(self, text: str) -> int:
        if '"end"' in text:
            self.has_ended.set()
        return super().write(text)


def test_lines_reach_the_other_end_whole_and_in_order() -> None:
    console = Console()
    with relayed_to(console) as path:
        stream = SocketStream(path)
        logger = create_logger(LogSettings(format="json"), cast("TextIO", stream))
        for number in range(1000):
            logger.info("request", number=number, model="é")
        logger.debug("unseen")
        logger.info("end")
        assert console.has_ended.wait(10)
        stream.close()
    *lines, _ = [json.loads(line) for line in console.getvalue().splitlines()]
    assert [line["number"] for line in lines] == list(range(1000))
    assert lines[0]["model"] == "é"


def test_without_a_reader_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with relayed_to(io.StringIO()) as path:
        pass
    logger = create_logger(LogSettings(format="json", socket=path))
    logger.error("late")
    assert json.loads(capsys.readouterr().err)["event"] == "late"


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
