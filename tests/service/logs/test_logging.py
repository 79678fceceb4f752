from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from crosslate.models.engine.request import FinishReason, GenerationParams, GenerationRequest
from crosslate.models.errors import RequestFailedError
from crosslate.service.logs.logging import create_logger, log_engines
from crosslate.service.settings.config import LogSettings
from tests.models.engine.fakes import FakeRunner, make_engine
from tests.service.deployment.test_remote_engine import Replicas


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the replica's log takes of its engines."""
    stream = io.StringIO()
    handler = log_engines(create_logger(LogSettings(format="json"), stream))
    try:
        yield stream
    finally:
        for name in ("crosslate.models", "crosslate.service.deployment.remote_engine"):
            logging.getLogger(name).removeHandler(handler)


def events(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_what_fails_in_an_engine_is_in_the_log_with_where_and_why(log: io.StringIO) -> None:
    engine = make_engine(FakeRunner(failing_widths={2}))
    request = GenerationRequest(source_ids=[5], params=GenerationParams(num_beams=2))
    (output,) = engine.generate([request])
    assert output.finish_reason is FinishReason.ERROR
    (event,) = events(log)
    assert (event["event"], event["level"]) == ("engine_failed", "error")
    assert (event["exception"], event["reason"]) == ("RuntimeError", "out of memory")
    assert event["logger"] == "crosslate.models.engine.isolation"
    assert f"request {request.request_id}" in event["message"]
    assert event["frames"][-1].endswith(" _scores")


async def test_what_fails_in_the_replica_of_another_model_is_in_the_log_too(log: io.StringIO) -> None:
    with pytest.raises(RequestFailedError):
        await Replicas([ValueError("broken")]).read()
    (event,) = events(log)
    assert (event["event"], event["level"]) == ("engine_failed", "error")
    assert (event["exception"], event["reason"]) == ("ValueError", "broken")
    assert event["logger"] == "crosslate.service.deployment.remote_engine"


def test_warnings_come_too_and_what_is_for_every_day_does_not(log: io.StringIO) -> None:
    logging.getLogger("crosslate.models.engine").warning("slow: %d s", 9)
    logging.getLogger("crosslate.models.engine").info("all is well")
    (event,) = events(log)
    assert (event["event"], event["level"], event["message"]) == ("engine_warning", "warning", "slow: 9 s")


def test_a_long_reason_is_shortened(log: io.StringIO) -> None:
    try:
        raise ValueError("x" * 10_000)
    except ValueError:
        logging.getLogger("crosslate.models.engine").exception("failed")
    (event,) = events(log)
    assert len(event["reason"]) == 500


HOSTILE = "m\x1b[2J\x9b31m\u202e\u2028\r\nforged line\x7f"


def logged(form: Literal["json", "console"], **fields: object) -> str:
    output = io.StringIO()
    create_logger(LogSettings(format=form), output).info("request", **fields)
    return output.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_value_reaches_a_terminal_raw(form: Literal["json", "console"]) -> None:
    line = logged(form, model=HOSTILE, request_id=HOSTILE, frames=[HOSTILE, {HOSTILE: HOSTILE}])
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "forged line" in line


def test_a_field_of_a_json_line_is_safe_once_it_is_decoded() -> None:
    assert json.loads(logged("json", model=HOSTILE))["model"].isprintable()


def test_a_value_cannot_pretend_to_be_other_fields() -> None:
    assert 'model="a status=200"' in logged("console", model="a status=200", status=404)


def test_other_values_stay_as_they_are() -> None:
    line = json.loads(logged("json", model="modèle/中文", seconds=1.5, none=None, on=True, many=[1, "é"]))
    assert (line["model"], line["seconds"], line["many"]) == ("modèle/中文", 1.5, [1, "é"])
    assert (line["none"], line["on"]) == (None, True)


def test_a_line_for_people_has_its_fields_in_order_and_a_level_where_it_matters() -> None:
    stream = io.StringIO()
    logger = create_logger(LogSettings(format="console"), stream)
    logger.info("request", status=200, route="/v1/translate", key=None, duration_ms=3.25)
    logger.warning("engine_warning", message='no "b" = c\x1b[31m', frames=["a b"])
    request, warning = [
        re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", "", line) for line in stream.getvalue().splitlines()
    ]
    assert request == "request status=200 route=/v1/translate duration_ms=3.25"
    assert warning == r"""warning engine_warning message="no \"b\" = c\x1b[31m" frames=["a b"]"""
