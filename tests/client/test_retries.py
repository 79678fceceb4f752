"""What is sent again, what is not, and after how long; by scripted answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.client import (
    ApiError,
    AsyncClient,
    Client,
    ConnectionFailedError,
    CrosslateError,
    DoneEvent,
    NotFoundError,
    RateLimitError,
    Retries,
    ServerError,
    TokenEvent,
    UnexpectedAnswerError,
    documents,
)
from crosslate.client.errors import Problem, api_error
from crosslate.client.events import EventReader, translation_event
from crosslate.client.retries import retry_after_s
from tests.client.conftest import Connect
from tests.growth import assert_linear

DETECTED = httpx.Response(200, json={"detections": [{"lang": "en", "confidence": 1}]})
Reply = httpx.Response | Exception


def refusal(status: int, retry_after: str | None = "0") -> httpx.Response:
    body = {"title": "T", "status": status, "detail": "D", "code": "c", "request_id": "r", "errors": []}
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(status, json=body, headers=headers)


class Script:
    """Replies one after another, and counts."""

    def __init__(self, *replies: Reply) -> None:
        self.replies: Iterator[Reply] = iter(replies)
        self.num_asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.num_asked += 1
        reply = next(self.replies)
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)


def client_of(connect: Connect, script: Script) -> Client:
    return connect("http://test", transport=httpx.MockTransport(script))


def detect(client: Client) -> object:
    return client.detect("a")


def create(client: Client) -> object:
    return client.glossaries.create("g", {("en", "pt"): {"a": "b"}})


def send(client: Client) -> object:
    return client.documents.send(Path(__file__), target_lang="pt")


@pytest.mark.parametrize(
    "reply",
    [
        refusal(429),
        refusal(503),
        refusal(503, None),
        refusal(502),
        httpx.ConnectError("no"),
        httpx.ReadError("no"),
    ],
    ids=repr,
)
def test_what_only_reads_is_asked_again(connect: Connect, reply: Reply) -> None:
    script = Script(reply, reply, DETECTED)
    assert client_of(connect, script).detect("a").lang == "en"
    assert script.num_asked == 3


@pytest.mark.parametrize("ask", [create, send])
@pytest.mark.parametrize("reply", [refusal(429), refusal(503), httpx.ConnectError("no")], ids=repr)
def test_what_was_never_done_may_be_asked_again(
    connect: Connect, ask: Callable[[Client], object], reply: Reply
) -> None:
    script = Script(reply, refusal(422))
    with pytest.raises(ApiError, match="422"):
        ask(client_of(connect, script))
    assert script.num_asked == 2


@pytest.mark.parametrize("ask", [create, send])
@pytest.mark.parametrize("reply", [refusal(502), httpx.ReadError("no"), httpx.WriteError("no")], ids=repr)
def test_what_may_have_been_done_is_not_done_twice(
    connect: Connect, ask: Callable[[Client], object], reply: Reply
) -> None:
    script = Script(reply)
    with pytest.raises((ServerError, ConnectionFailedError)):
        ask(client_of(connect, script))
    assert script.num_asked == 1


@pytest.mark.parametrize(
    "reply", [refusal(500), refusal(504), refusal(422), httpx.ReadTimeout("no")], ids=repr
)
def test_what_would_fail_again_is_not_asked_again(connect: Connect, reply: Reply) -> None:
    script = Script(reply)
    with pytest.raises((ApiError, ConnectionFailedError)):
        detect(client_of(connect, script))
    assert script.num_asked == 1


def test_a_longer_pause_than_is_wanted_is_an_error_at_once(connect: Connect) -> None:
    script = Script(refusal(429, "86400"))
    with pytest.raises(RateLimitError) as raised:
        detect(client_of(connect, script))
    assert raised.value.problem.retry_after_s == 86400
    assert script.num_asked == 1


def test_an_answer_that_is_no_crosslate_s_says_so(connect: Connect) -> None:
    for reply, kind in ((httpx.Response(200, text="<html>"), UnexpectedAnswerError),
                        (httpx.Response(200, json=[]), UnexpectedAnswerError),
                        (httpx.Response(200, json={"detections": [{}]}), UnexpectedAnswerError),
                        (httpx.Response(403, text="<html>"), ApiError)):  # fmt: skip
        with pytest.raises(kind, match="URL"):
            detect(client_of(connect, Script(reply)))


@pytest.mark.parametrize(
    "body",
    [
        {"status": "error", "code": 17, "detail": "no such tenant"},
        {"status": None, "code": "x", "detail": "y"},
        {"status": [403], "code": "x", "detail": "y", "errors": ["z"]},
        ["status", "code", "detail"],
        "status code detail",
    ],
    ids=repr,
)
def test_a_refusal_that_is_no_crosslate_s_is_one_all_the_same(connect: Connect, body: object) -> None:
    """Gateways in front of a server have forms of their own, some with members of the same names."""
    with pytest.raises(ApiError, match="URL") as raised:
        detect(client_of(connect, Script(httpx.Response(403, json=body))))
    assert (raised.value.problem.status, raised.value.code) == (403, "unknown")
    with pytest.raises(UnexpectedAnswerError, match="says no more"):
        next(client_of(connect, Script(streamed(events(("error", body))))).stream_summary("a"))


def test_a_refusal_is_told_whatever_its_faults_look_like(connect: Connect) -> None:
    faults = ["a", {"loc": ["body"], "msg": "m"}, {}, {"loc": 5}, {"loc": None, "msg": 1}]
    body = {"status": 422, "code": "c", "detail": "D", "errors": faults}
    with pytest.raises(ApiError) as raised:
        detect(client_of(connect, Script(httpx.Response(422, json=body))))
    found = [(fault.loc, fault.msg) for fault in raised.value.problem.errors]
    assert found == [(("body",), "m"), ((), ""), ((), ""), ((), "1")]


def test_an_answer_that_cannot_be_unpacked_or_read_is_a_failure_as_others_are(connect: Connect) -> None:
    with pytest.raises(ConnectionFailedError, match="broke the connection off"):
        detect(connect("http://test", transport=httpx.MockTransport(Script(httpx.DecodingError("no gzip"))),
                       retries=Retries(max_tries=1)))  # fmt: skip
    with pytest.raises(UnexpectedAnswerError, match="not JSON"):
        next(client_of(connect, Script(streamed(b"data: \xff\n\n"))).stream_summary("a"))


def test_a_request_s_own_time_limit_is_none_for_the_connection(connect: Connect) -> None:
    limits: list[dict[str, float]] = []

    def note(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"])
        return refusal(404)

    client = connect("http://test", transport=httpx.MockTransport(note))
    with pytest.raises(ApiError):
        client.summarize("a")
    with pytest.raises(ApiError):
        client.summarize("a", timeout_s=600.0)
    assert [one["connect"] for one in limits] == [5.0, 5.0]
    assert [one["read"] for one in limits] == [330.0, 605.0]


class Endless(httpx.AsyncByteStream):
    """Says something again and again, until it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield events(("token", {"text": "a"}))

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_stream_that_is_closed_leaves_no_connection_open() -> None:
    stream = Endless()
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=stream))
    async with AsyncClient("http://test", transport=transport) as client:
        told = client.stream_translation("a", target_lang="pt")
        assert await anext(told) == TokenEvent("a")
        await told.aclose()
        assert stream.is_closed


def test_new_fields_of_a_newer_server_are_left_out(connect: Connect) -> None:
    answer = {"detections": [{"lang": "en", "confidence": 0.5, "script": "Latn"}], "more": 1}
    assert client_of(connect, Script(httpx.Response(200, json=answer))).detect("a").confidence == 0.5


def events(*named: tuple[str, object]) -> bytes:
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in named).encode()


def streamed(content: bytes) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"Content-Type": "text/event-stream"})


def test_a_stream_is_asked_for_again_until_it_has_said_something(connect: Connect) -> None:
    refused = ("error", {"status": 503, "code": "draining", "detail": "D", "retry_after": 0})
    script = Script(
        streamed(b": ping\n\n" + events(refused)), streamed(b""), streamed(events(("token", {"text": "a"})))
    )
    stream = client_of(connect, script).stream_translation("a", target_lang="pt")
    assert next(stream) == TokenEvent("a")
    with pytest.raises(ConnectionFailedError, match="before its last event"):
        next(stream)
    assert script.num_asked == 3


@settings(max_examples=40)
@given(st.data())
def test_events_are_read_from_pieces_of_any_size(data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(), max_size=5))
    ended = ("done", {"translations": [TRANSLATION], "model": "m", "usage": USAGE})
    content = b": ping\n\n" + "".join(
        f"event: token\ndata: {json.dumps({'text': text}, ensure_ascii=False)}\n\n" for text in texts
    ).encode("utf-8", "surrogatepass") + events(ended)  # fmt: skip
    reader = EventReader(translation_event)
    seen = []
    while content:
        size = data.draw(st.integers(1, len(content)))
        seen += list(reader.feed(content[:size]))
        content = content[size:]
    reader.end()
    assert [event.text for event in seen if isinstance(event, TokenEvent)] == texts
    assert isinstance(seen[-1], DoneEvent)


TRANSLATION: dict[str, object] = {
    "model": "m",
    "text": "",
    "source_lang": "en",
    "target_lang": "pt",
    "detected": None,
    "finish_reason": "stop",
    "score": 0,
    "warnings": [],
    "segments": [],
    "alignment": None,
    "alternatives": [],
    "terms": None,
}
USAGE = {"characters": 0, "prompt_tokens": 0, "generation_tokens": 0}


def test_a_long_event_in_short_pieces_takes_no_more_than_its_length() -> None:
    """A matrix at its limit is one line of 43 MB, which the network brings in a thousand pieces and more."""

    def read(text: str) -> None:
        content = events(("token", {"text": text * 50}))
        reader = EventReader(translation_event)
        found = [event for at in range(0, len(content), 50) for event in reader.feed(content[at : at + 50])]
        assert len(found) == 1

    assert_linear(read, lambda size: "a" * size)


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_breaks_after_the_last_event_breaks_nothing(connect: Connect, is_whole: bool) -> None:
    last = events(("done", {"model": "m", "translations": [TRANSLATION], "usage": USAGE}))

    async def broken() -> AsyncIterator[bytes]:
        yield last if is_whole else last[:-1]
        raise httpx.RemoteProtocolError("the end of the chunks did not come")

    class Broken(httpx.AsyncByteStream, httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield last if is_whole else last[:-1]
            raise httpx.RemoteProtocolError("the end of the chunks did not come")

        def __aiter__(self) -> AsyncIterator[bytes]:
            return broken()

    client = connect(
        "http://test",
        transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=Broken())),
        retries=Retries(max_tries=1),
    )
    stream = client.stream_translation("a", target_lang="pt")
    if is_whole:
        assert [type(event) for event in stream] == [DoneEvent]
    else:
        with pytest.raises(ConnectionFailedError):
            list(stream)


def test_dates_are_read_too() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after_s(in_a_minute) == pytest.approx(60, abs=5)
    assert [retry_after_s(header) for header in ("3", " 3 ", "soon", None)] == [3, 3, None, None]


@given(st.integers(1, 50), st.none() | st.floats(0, 100))
def test_waits_grow_and_are_never_shorter_than_asked(num_tries: int, asked_s: float | None) -> None:
    retries = Retries(max_tries=100, max_wait_s=20)
    error = api_error(Problem(status=429, code="c", title="", detail="", retry_after_s=asked_s))
    wait_s = retries.wait_s(error, num_tries, repeatable=False)
    if asked_s is None:
        assert wait_s is not None
        assert 0 < wait_s <= 20
    elif asked_s > 20:
        assert wait_s is None
    else:
        assert wait_s is not None
        assert asked_s <= wait_s <= asked_s + 0.25


QUEUED: dict[str, object] = {
    "id": "d",
    "state": "running",
    "progress": 0.5,
    "characters": 1,
    "warnings": [],
    "terms": None,
    "error": None,
}


def about(state: str) -> httpx.Response:
    return httpx.Response(200, json={**QUEUED, "state": state})


AWAY: tuple[Reply, ...] = (
    *(httpx.ConnectError("no"), httpx.ReadError("no"), httpx.ReadTimeout("no"), httpx.ConnectTimeout("no")),
    *(refusal(503, None), refusal(504), refusal(502), refusal(429), httpx.Response(502, text="<html>")),
)


def test_a_document_is_waited_for_while_its_server_is_away(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_FIRST_S", 0.001)
    monkeypatch.setattr(documents, "_LONGEST_S", 0.002)
    result = httpx.Response(200, content=b"x", headers={"Content-Disposition": "filename*=UTF-8''a.txt"})
    script = Script(
        httpx.Response(202, json={**QUEUED, "state": "queued"}),
        *(about("running"), *AWAY * 2, about("running"), *AWAY, about("done")),
        *(*AWAY, result, httpx.Response(204)),
    )
    client = client_of(connect, script)
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    client.documents.translate(tmp_path / "a.txt", tmp_path / "b.txt", target_lang="pt", timeout_s=60)
    assert (tmp_path / "b.txt").read_bytes() == b"x"
    assert next(script.replies, None) is None


def test_but_not_for_ever(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_LONGEST_S", 0.01)
    with pytest.raises(TimeoutError, match=r"within 0\.05 s; the last answer was: .*cannot be reached"):
        client_of(connect, Script(*[httpx.ConnectError("no")] * 999)).documents.wait("d", timeout_s=0.05)
    with pytest.raises(NotFoundError):
        client_of(connect, Script(refusal(404))).documents.wait("d", timeout_s=60)
    with pytest.raises(RateLimitError):
        client_of(connect, Script(refusal(429, "86400"))).documents.wait("d")
    monkeypatch.setattr(documents, "ABSENCE_S", 0.0)
    with pytest.raises(ConnectionFailedError):
        client_of(connect, Script(*[httpx.ConnectError("no")] * 4)).documents.wait("d")


DEEP = b"[" * 200_000
NO_TEXT = {"model": "m", "translations": [], "summaries": [], "detections": [], "usage": USAGE}


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, content=DEEP),
        httpx.Response(500, content=DEEP),
        httpx.Response(200, json=NO_TEXT),
        httpx.Response(503, headers={"Retry-After": "Mon, 1 Jan 2024 00:00:00 +99999999999999999999"}),
        httpx.Response(503, headers={"Retry-After": "9" * 400}),
    ],
    ids=["deep", "deep refusal", "no answer", "no date", "for ever"],
)
@pytest.mark.parametrize(
    "ask",
    [detect, lambda client: client.translate("a", target_lang="pt"), lambda client: client.summarize("a")],
)
def test_whatever_is_answered_a_failure_is_the_client_s(
    connect: Connect, reply: Reply, ask: Callable[[Client], object]
) -> None:
    replies = httpx.MockTransport(Script(reply))
    with pytest.raises(CrosslateError):
        ask(connect("http://test", transport=replies, retries=Retries(max_tries=1)))


@pytest.mark.parametrize(
    "content",
    [
        b"data: " + DEEP + b"\n\n",
        events(("done", NO_TEXT)),
        events(("error", {"status": 429, "code": "c", "detail": "D", "retry_after": "5"})),
    ],
    ids=["deep", "no answer", "words for a number"],
)
def test_and_in_a_stream(connect: Connect, content: bytes) -> None:
    replies = httpx.MockTransport(Script(streamed(content), streamed(content)))
    client = connect("http://test", transport=replies, retries=Retries(max_tries=2))
    with pytest.raises(CrosslateError):
        list(client.stream_translation("a", target_lang="pt"))
