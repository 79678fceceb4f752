"""With Serve's own middleware, in a process of its own: importing Ray warns, and warnings are errors here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from crosslate.service.http.edge import CALLBACK, EdgeMiddleware
from crosslate.service.http.request_id import PATTERN, request_id

SCRIPT = """
import asyncio, json, sys
from ray.serve._private import constants
from ray.serve._private.http_util import RequestIdMiddleware, _apply_middlewares
from ray.serve._private.utils import call_function_from_import_path

async def answer(headers, middlewares):
    seen, answered = [], []
    async def serve(scope, receive, send):
        seen.extend(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    async def send(message):
        answered.extend(value for name, value in message.get("headers", ()) if name == b"x-request-id")
    scope = {"type": "http", "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers]}
    await _apply_middlewares(serve, middlewares)(scope, None, send)
    decoded = [(name.decode(), value.decode("latin-1")) for name, value in seen]
    return {"seen": decoded, "answered": [value.decode("latin-1") for value in answered]}

async def main(callback, cases):
    middlewares = call_function_from_import_path(callback)
    names = {name: value for name, value in vars(constants).items() if "HEADER" in name and value}
    names["SERVE_MULTIPLEXED_MODEL_ID"] = constants.SERVE_MULTIPLEXED_MODEL_ID
    names["SERVE_SESSION_ID"] = constants.SERVE_SESSION_ID
    print(json.dumps({"names": names, "answers": [await answer(case, middlewares) for case in cases]}))

asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
"""
STEERING = (
    "x-request-disconnect-disabled",
    "x-request-timeout-seconds",
    "serve_multiplexed_model_id",
    "serve-multiplexed-model-id",
    "Serve_Multiplexed-Model_Id",
    "x-session-id",
    "x_session-id",
    "x-serve-router-replica",
)
SANE = ("r-1", "x" * 128, "a/b+c=", "00-4bf92f-00f0-01", "me@host:1~2")
ODD = ("", "x" * 129, "a b", "a\x1b[31m", "\xff", "\x9b", '"', "a\n", "a,b", "%[src]")

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def serve() -> dict[str, Any]:
    cases = [
        *([[name, "?1"], ["traceparent", "00-1-2-3"], [name, "\xff"]] for name in STEERING),
        *([["x-request-id", given]] for given in (*SANE, *ODD)),
        [["x-request-id", "one"], ["x-request-id", "two"]],
    ]
    command = [sys.executable, "-c", SCRIPT, CALLBACK, json.dumps(cases)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    answers: dict[str, Any] = json.loads(result.stdout)
    return answers


def test_serve_sees_no_header_that_steers_it(serve: dict[str, Any]) -> None:
    for answer in serve["answers"][: len(STEERING)]:
        assert [name for name, _ in answer["seen"]] == ["traceparent", "x-request-id"]


def test_these_are_the_headers_that_serve_knows(serve: dict[str, Any]) -> None:
    names = serve["names"]
    own = {name for name in names if name.startswith("SERVE_")}
    assert own == {
        "SERVE_HTTP_REQUEST_ID_HEADER",
        "SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER",
        "SERVE_HTTP_REQUEST_TIMEOUT_S_HEADER",
        "SERVE_INGRESS_ROUTER_HEADER_PREFIX",
        "SERVE_MULTIPLEXED_MODEL_ID",
        "SERVE_SESSION_ID",
    }, "Serve reads another header: is it one that clients may send?"
    for name in own - {"SERVE_HTTP_REQUEST_ID_HEADER"}:
        assert any(header.startswith(names[name]) for header in STEERING), name


def test_a_sane_id_is_the_same_for_serve_and_the_client(serve: dict[str, Any]) -> None:
    for given, answer in zip(SANE, serve["answers"][len(STEERING) :], strict=False):
        assert answer == {"seen": [["x-request-id", given]], "answered": [given]}


def test_an_odd_id_is_replaced_everywhere_alike(serve: dict[str, Any]) -> None:
    replaced: list[Answer] = serve["answers"][len(STEERING) + len(SANE) :]
    assert len(replaced) == len(ODD) + 1, "and of two ids none is taken"
    for answer in replaced:
        ((_, made),) = answer["seen"]
        assert answer["answered"] == [made]
        assert uuid.UUID(made).version == 4


def test_the_rule_accepts_what_it_makes() -> None:
    made = request_id([])
    assert re.fullmatch(PATTERN, made)
    assert request_id([(b"x-request-id", made.encode())]) == made


async def test_an_answers_head_leaves_with_its_body() -> None:
    """What came of an answer before its replica was killed cannot be had from another."""
    sent: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        assert sent == []
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        assert sent == ["http.response.start", "http.response.body"]
        await send({"type": "http.response.body", "body": b"b"})

    async def send(message: Message) -> None:
        sent.append(message["type"])

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    await EdgeMiddleware(app)({"type": "http", "headers": []}, receive, send)
    assert sent == ["http.response.start", "http.response.body", "http.response.body"]
