from __future__ import annotations

import io
import json

import pytest

from service.config import LogSettings
from service.log_relay import relayed_to
from service.logging import create_logger, log_defect


def test_lines_reach_the_other_end_whole_and_in_order() -> None:
    console = io.StringIO()
    with relayed_to(console) as path:
        logger = create_logger(LogSettings(format="json", socket=path))
        for number in range(100):
            logger.info("request", number=number, model="é")
        logger.debug("unseen")
    lines = [json.loads(line) for line in console.getvalue().splitlines()]
    assert [line["number"] for line in lines] == list(range(100))
    assert lines[0]["model"] == "é"


def test_without_a_reader_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with relayed_to(io.StringIO()) as path:
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
