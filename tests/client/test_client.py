"""Both Python clients against the application behind a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pytest

from crosslate.client import (
    ApiError,
    AuthenticationError,
    ChunkEvent,
    Client,
    ConnectionFailedError,
    CrosslateError,
    Detection,
    Document,
    DocumentFailedError,
    DoneEvent,
    GlossaryEntry,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    Retries,
    SegmentEvent,
    TokenEvent,
    UnexpectedAnswerError,
)
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.glossary import terms
from tests.client.conftest import Connect, Running
from tests.service.http.fakes import MODEL_ID, SUMMARIZER_ID, unavailable
from tests.service.http.running import free_port


class Pair(TypedDict):
    source_lang: str
    target_lang: str


PAIR: Pair = {"source_lang": "en", "target_lang": "pt"}


def test_a_text_and_several(client: Client, under_way: Running) -> None:
    one = client.translate("some words", **PAIR, num_alternatives=2, generation={"num_beams": 4})
    assert (one.text, one.model, one.score, one.segments[0].source) == ("SOME WORDS", MODEL_ID, -0.5, (0, 10))
    asked = under_way.service.translator.requests[-1]
    assert (asked.num_alternatives, asked.params.num_beams) == (2, 4)
    several = client.translate_all(("a", "b c"), target_lang="pt")
    assert [each.text for each in several.translations] == ["A", "B C"]
    assert several.usage.characters == 4
    assert several.translations[0].detected == Detection("en", 0.9)


def test_a_list_is_no_text_and_a_text_no_list(client: Client, under_way: Running) -> None:
    num_asked = len(under_way.service.translator.requests)
    texts: Any = ["two", "texts"]
    for call in (
        lambda: client.translate(texts, **PAIR),
        lambda: client.translate_all("two words", **PAIR),
        lambda: client.summarize(texts),
        lambda: client.summarize_all("two words"),
        lambda: client.detect_all("two words"),
    ):
        with pytest.raises(TypeError, match="_all"):
            call()
    texts.append(None)
    with pytest.raises(TypeError, match=r"texts\[2\]"):
        client.detect_all(texts)
    assert len(under_way.service.translator.requests) == num_asked


def test_half_of_a_surrogate_pair_is_told_before_anything_is_sent(client: Client) -> None:
    with pytest.raises(ValueError, match=r"the text has half of a surrogate pair at position 2"):
        client.translate("a \ud83d", **PAIR)
    with pytest.raises(ValueError, match=r"texts\[1\] has half"):
        client.translate_all(["a", "\ude00"], **PAIR)


def test_alignments_are_arrays(client: Client) -> None:
    alignment = client.translate("a", **PAIR, alignment="matrix").alignment
    assert alignment is not None
    assert alignment.pairs.tolist() == [[0, 0]]
    assert alignment.matrix is not None
    assert alignment.matrix.dtype == np.float16
    np.testing.assert_array_equal(alignment.matrix, [[0.25, 0.75], [1, 0]])
    aligned = client.align("a b", "c", **PAIR, alignment="links", offset_unit="utf16")
    assert (aligned.model, aligned.alignment.unit, aligned.alignment.matrix) == (MODEL_ID, "utf16", None)


def test_summaries(client: Client) -> None:
    summary = client.summarize("one two", length="short", alignment="links")
    assert (summary.text, summary.model) == ("ONE", SUMMARIZER_ID)
    assert summary.alignment is not None
    assert summary.alignment.sentences[0].sources[0].source == (0, 7)
    assert summary.alignment.pairs.tolist() == [[0, 0]]
    assert [each.text for each in client.summarize_all(["a b", "c"]).summaries] == ["A", "C"]


def test_what_is_served(client: Client) -> None:
    assert client.detect("a") == Detection("en", 0.75)
    assert len(client.detect_all(["a", "b"])) == 2
    (model,) = client.models()
    assert (model.id, model.pairs, model.alignment.heads) == (MODEL_ID, (("en", "pt"),), (0,))
    assert [(one.lang, one.targets) for one in client.languages()] == [("en", ("pt",))]


@pytest.mark.parametrize("text", ["some words here", "a\u2028b\x85c \U0001f600", " \n\n x"])
def test_a_streamed_translation_comes_to_the_whole_one(client: Client, text: str) -> None:
    events = list(client.stream_translation(text, **PAIR, alignment="links"))
    last = events[-1]
    assert isinstance(last, DoneEvent)
    assert "".join(event.text for event in events if isinstance(event, TokenEvent)) == last.result.text
    assert last.result.text == text.upper()
    assert last.result.alignment is not None
    assert [type(event) for event in events[-2:]] == [SegmentEvent, DoneEvent]


def test_a_streamed_summary(client: Client) -> None:
    token, chunk, done = client.stream_summary("one two")
    assert token == TokenEvent("ONE")
    assert isinstance(chunk, ChunkEvent)
    assert (chunk.chunk.summary, chunk.num_finished, chunk.num_chunks) == ("ONE", 1, 1)
    assert isinstance(done, DoneEvent)
    assert done.result.text == "ONE"


def test_a_stream_that_fails_in_the_middle(client: Client, under_way: Running) -> None:
    failure = ServiceError("model_unavailable", "None is left.", retry_after_s=7)
    under_way.service.translator.failures["fail"] = failure
    events = client.stream_translation("one fail two", **PAIR)
    assert next(events) == TokenEvent("ONE")
    with pytest.raises(ApiError, match="None is left") as raised:
        list(events)
    assert (raised.value.code, raised.value.problem.retry_after_s) == ("model_unavailable", 7)


@pytest.mark.parametrize("options", [{"alignmet": "links"}, {"target_lang": ""}])
def test_a_malformed_request_s_faults_are_told(client: Client, options: dict[str, Any]) -> None:
    for ask in (client.translate, lambda *texts, **rest: list(client.stream_translation(*texts, **rest))):
        with pytest.raises(InvalidRequestError) as raised:
            ask("secret words", **{**PAIR, **options})
        problem = raised.value.problem
        assert (problem.status, raised.value.code) == (422, "malformed_request")
        assert [fault.loc for fault in problem.errors] == [("body", next(iter(options)))]
        assert problem.request_id is not None
        assert problem.request_id in str(raised.value)
        assert "secret" not in str(raised.value)


def test_what_is_not_there(client: Client, under_way: Running) -> None:
    under_way.service.translator.failures["a"] = ServiceError("model_not_found", "No such model.")
    with pytest.raises(NotFoundError, match="No such model") as raised:
        client.translate("a", **PAIR, model="none")
    assert raised.value.problem.title == "No such model"
    assert raised.value.problem.errors == ()


def test_a_full_queue_is_asked_again_as_often_as_is_allowed(
    connect: Connect, under_way: Running, client: Client
) -> None:
    full = unavailable()
    full.retry_after_s = None
    under_way.service.translator.failures["full"] = full
    calls = under_way.service.translator.calls
    before = len(calls)
    with pytest.raises(RateLimitError, match="queue_full"):
        client.translate("full", **PAIR)
    assert len(calls) - before == Retries().max_tries
    with pytest.raises(RateLimitError):
        connect(under_way.url, retries=Retries(max_tries=1)).translate("full", **PAIR)
    assert len(calls) - before == Retries().max_tries + 1


def test_keys(connect: Connect, behind_keys: str) -> None:
    assert connect(behind_keys, api_key="secret").translate("a", **PAIR).text == "A"
    for key in ("wrong", None):
        with pytest.raises(AuthenticationError):
            connect(behind_keys, api_key=key).translate("a", **PAIR)


@pytest.mark.parametrize("url", ["localhost:8000", "", "ftp://localhost"])
def test_what_is_no_address_is_told_at_once(connect: Connect, url: str) -> None:
    with pytest.raises(ValueError, match="http://localhost:8000"):
        connect(url)


def test_a_server_that_is_not_there_is_named(connect: Connect) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConnectionFailedError, match=rf"{url}.*cannot be reached"):
        connect(url).models()


def test_time_is_limited(connect: Connect, under_way: Running, client: Client) -> None:
    client.translate("a", **PAIR, timeout_s=12.5)  # the server's: it says itself when it is over
    assert under_way.service.translator.allowances[-1].timeout_s == 12.5
    with pytest.raises(ConnectionFailedError, match="timeout_s"):
        connect(under_way.url, timeout_s=0.3).translate("slow", **PAIR)


def test_another_server_s_answer_is_not_taken_for_one(connect: Connect, under_way: Running) -> None:
    with pytest.raises(ApiError, match="Nothing is served here"):
        connect(f"{under_way.url}/elsewhere").models()


def test_glossaries(client: Client, under_way: Running, tmp_path: Path) -> None:
    made = client.glossaries.create("mine", {("en", "pt"): {"bridge": "viaduto", "river": "ribeira"}})
    assert (made.name, made.dictionaries[0].num_entries) == ("mine", 2)
    assert client.glossaries.get(made.id) == made
    assert made in client.glossaries.all()
    entries = (GlossaryEntry("bridge", "viaduto"), GlossaryEntry("river", "ribeira"))
    assert client.glossaries.entries(made.id, **PAIR) == entries
    client.translate("a", **PAIR, glossary_id=made.id, glossary=[GlossaryEntry("a", "b")])
    asked = under_way.service.translator.requests[-1].glossary
    assert asked == (
        terms.GlossaryEntry("a", "b"),
        *(terms.GlossaryEntry(e.source, e.target) for e in entries),
    )
    (tmp_path / "terms.csv").write_text("bridge,ponte\n", encoding="utf-8")
    filed = client.glossaries.create_from_file(tmp_path / "terms.csv", name="file", **PAIR)
    assert client.glossaries.entries(filed.id, **PAIR) == (GlossaryEntry("bridge", "ponte"),)
    (tmp_path / "terms.xls").touch()
    with pytest.raises(ValueError, match=r"\.tsv, \.csv or \.tmx"):
        client.glossaries.create_from_file(tmp_path / "terms.xls", name="file", **PAIR)
    for one in (made, filed):
        client.glossaries.delete(one.id)
        with pytest.raises(NotFoundError):
            client.glossaries.get(one.id)


def test_a_document_is_translated_and_leaves_nothing_behind(
    client: Client, under_way: Running, tmp_path: Path
) -> None:
    (tmp_path / "Olá.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    states: list[Document] = []
    done = client.documents.translate(
        tmp_path / "Olá.csv",
        tmp_path / "out.csv",
        **PAIR,
        columns=["b"],
        glossary={"y": "z"},
        on_progress=states.append,
    )
    assert under_way.service.translator.requests[-1].glossary == (terms.GlossaryEntry("y", "z"),)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "a,b\nx,Y\n"
    assert (done.state, done.progress, states[-1]) == ("done", 1.0, done)
    with pytest.raises(NotFoundError):
        client.documents.get(done.id)


def test_a_document_step_by_step(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    sent = client.documents.send(tmp_path / "a.txt", **PAIR)
    client.documents.wait(sent.id, timeout_s=120)
    fetched = client.documents.fetch(sent.id)
    assert (fetched.name, fetched.content) == ("a.pt.txt", b"WORDS")
    client.documents.delete(sent.id)
    with pytest.raises(NotFoundError):
        client.documents.fetch(sent.id)


def test_a_document_that_fails_or_takes_too_long(client: Client, under_way: Running, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("slow", encoding="utf-8")
    with pytest.raises(TimeoutError):
        client.documents.translate(tmp_path / "a.txt", tmp_path / "b.txt", **PAIR, timeout_s=0.05)
    under_way.service.translator.refused_targets["pt"] = ServiceError("same_language", "The same.")
    with pytest.raises(DocumentFailedError, match="same_language: The same"):
        client.documents.translate(tmp_path / "a.txt", tmp_path / "b.txt", **PAIR)
    assert not (tmp_path / "b.txt").exists()


def test_every_failure_is_of_one_kind() -> None:
    kinds = (ApiError, ConnectionFailedError, DocumentFailedError, UnexpectedAnswerError)
    assert all(issubclass(kind, CrosslateError) for kind in kinds)
