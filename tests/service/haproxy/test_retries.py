"""What becomes of a request whose replica ends: it is given to another one, or the client is told."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from crosslate.service.haproxy.wrapper import REPEATED_BYTES
from tests.service.haproxy.conftest import BRIEF, Start, check_problem
from tests.service.haproxy.replica import replica

GOOGLE = "v3/projects/p/locations/global:translateDocument"
AMAZON = "service/AWSShineFrontendService_20170701/operation/TranslateDocument"


@pytest.mark.parametrize("size", [0, 100, REPEATED_BYTES])
def test_a_request_whose_replica_ends_is_given_to_another(served: str, size: int) -> None:
    assert httpx.post(f"{served}/closes-once", content=b"x" * size).text == "served"


@pytest.mark.parametrize(
    "path", ["v1/documents", "v2/document", "v3/glossaries", "translate_file", GOOGLE, AMAZON]
)
def test_what_keeps_something_is_asked_for_once(start: Start, path: str) -> None:
    """It may be there already, and would be twice; that it may not have worked is told all the same."""
    asked: Counter[bytes] = Counter()
    with replica(asked) as port, httpx.Client() as client:
        url = f"{start(port)}/{path}"
        assert client.post(url).text == "served"
        assert client.post(f"{url}/closes-once", content=b"x").status_code == 502
        assert client.get(f"{url}/closes").status_code == 502
    assert asked[f"/{path}/closes-once".lower().encode()] == 1
    assert asked[f"/{path}/closes".lower().encode()] == 1 + BRIEF.retries


@pytest.mark.parametrize("operation", ["TranslateDocument", "ImportTerminology", "DeleteTerminology"])
def test_so_is_what_keeps_something_by_a_name_in_a_header(start: Start, operation: str) -> None:
    asked: Counter[bytes] = Counter()
    with replica(asked) as port, httpx.Client() as client:
        url, headers = start(port), {"X-Amz-Target": f"AWSShineFrontendService_20170701.{operation}"}
        assert client.post(f"{url}/closes", content=b"x", headers=headers).status_code == 502
        assert asked[b"/closes"] == 1
        headers["X-Amz-Target"] = "AWSShineFrontendService_20170701.TranslateText"
        assert client.post(f"{url}/closes", content=b"x", headers=headers).status_code == 502
    assert asked[b"/closes"] == 2 + BRIEF.retries


def test_what_does_not_fit_the_buffer_is_not_repeated(served: str) -> None:
    answer = httpx.post(f"{served}/closes-once", content=b"x" * 3 * REPEATED_BYTES)
    check_problem(answer, 502, "replica_failed")


def test_a_request_that_ends_its_replica_does_not_end_all_of_them(start: Start) -> None:
    asked: Counter[bytes] = Counter()
    with replica(asked) as port:
        check_problem(httpx.post(f"{start(port)}/closes", json={"text": "x"}), 502, "replica_failed")
    assert asked[b"/closes"] == 1 + BRIEF.retries


@pytest.mark.parametrize("path", ["/closes", "/resets"])
def test_a_failure_is_told_on_a_connection_that_had_answers(served: str, path: str) -> None:
    """HAProxy may close one without a word: browsers then send the request again, other clients do not."""
    with httpx.Client() as client:
        assert client.get(served).text == "served"
        check_problem(client.post(f"{served}{path}", json={"text": "x"}), 502, "replica_failed")


@pytest.mark.parametrize("path", ["/closes", "/resets"])
@pytest.mark.parametrize("size", [REPEATED_BYTES + 1, 10 * REPEATED_BYTES])
def test_a_failure_is_told_of_a_long_request_on_a_connection_that_had_answers(
    served: str, path: str, size: int
) -> None:
    """Such a request is not repeated, and was sent over a connection that had answers, too."""
    with httpx.Client() as client:
        assert client.post(served, content=b"x" * size).text == "served"
        check_problem(client.post(f"{served}{path}", content=b"x" * size), 502, "replica_failed")


def test_a_body_of_unknown_length_is_given_to_another_replica_if_it_is_short(served: str) -> None:
    with httpx.Client() as client:
        assert client.post(served, content=iter([b"x"] * 3)).text == "served"
        assert client.post(f"{served}/closes-once", content=iter([b"x"] * 3)).text == "served"
        long = client.post(f"{served}/closes", content=iter([b"x" * REPEATED_BYTES] * 3))
        check_problem(long, 502, "replica_failed")


AMAZON = "service/AWSShineFrontendService_20170701/operation/TranslateDocument"


@pytest.mark.parametrize("size", [0, 100, 2 * REPEATED_BYTES])
def test_the_last_replicas_end_is_told_to_those_whose_request_it_had(start: Start, size: int) -> None:
    """Where the next try finds nobody listening HAProxy would say nothing: the first one was on a connection
    that had answers."""
    with replica() as port, httpx.Client(timeout=30) as client:
        url = start(port)
        assert client.post(url, content=b"x" * size).text == "served"
        answer = client.post(f"{url}/ends", content=b"x" * size, headers={"X-Request-ID": "r-1"})
    is_repeated = size <= REPEATED_BYTES
    check_problem(answer, *((503, "unavailable") if is_repeated else (502, "replica_failed")))
    assert answer.json()["request_id"] == "r-1"


def test_a_long_request_has_one_id_on_its_way(start: Start) -> None:
    """The id that HAProxy answers with is the one that the replica knows."""
    asked: Counter[bytes] = Counter()
    with replica(asked) as port:
        url = start(port)
        answer = httpx.post(f"{url}/closes", content=b"x" * 2 * REPEATED_BYTES)
        assert asked[b"id " + answer.headers["x-request-id"].encode()] == 1


def test_that_the_replica_is_gone_is_told_on_a_connection_that_had_answers(start: Start) -> None:
    with httpx.Client() as client:
        with replica() as port:
            url = start(port)
            assert client.get(url).text == "served"
        check_problem(client.post(url, json={"text": "x"}, timeout=30), 503, "unavailable")
