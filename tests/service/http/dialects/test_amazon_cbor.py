"""CBOR as Amazon's SDK for Python writes and reads it, and whatever else may come as such."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import botocore.session
import httpx
import pytest
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.http.dialects.amazon.cbor import read_cbor, write_cbor
from tests.service.http.dialects.amazon import CBOR_PATH

atoms = (
    st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.booleans()
)
values: st.SearchStrategy[Any] = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=30), inner, max_size=30),
    max_leaves=30,
)


def read_by_botocore(content: bytes) -> Any:
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(content))


@given(value=values)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    content = write_cbor(value)
    assert read_by_botocore(content) == value
    assert read_cbor(content) == value


def test_times_are_seconds_with_a_tag() -> None:
    at = datetime(2026, 11, 29, 1, 2, 3, 500_000, UTC)
    assert read_by_botocore(write_cbor({"at": at})) == {"at": at}
    assert read_cbor(write_cbor(at)) == at.timestamp()


def test_requests_are_read_as_the_sdk_writes_them() -> None:
    loader = botocore.session.Session().get_component("data_loader")
    model = botocore.session.ServiceModel(loader.load_service_model("translate", "service-2"), "translate")
    document = {"Content": b"\x00\xff" * 200, "ContentType": "text/plain"}
    asked = {
        "Document": document,
        "TerminologyNames": ["a", "b"],
        "SourceLanguageCode": "en",
        "TargetLanguageCode": "pt",
        "Settings": {"Formality": "FORMAL"},
    }
    serializer = create_serializer("smithy-rpc-v2-cbor")
    written = serializer.serialize_to_request(asked, model.operation_model("TranslateDocument"))
    assert read_cbor(written["body"]) == asked


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("bf616101ff", {"a": 1}),
        ("9f0102ff", [1, 2]),
        ("7f61616162ff", "ab"),
        ("5f41014102ff", b"\x01\x02"),
        ("f93c00", 1.0),
        ("fa3fc00000", 1.5),
        ("f7", None),
        ("81f7", [None]),
        ("a16161f7", {"a": None}),
        ("c1fb41d452d9e2000000", 1363896200.0),
        ("c11a514b67b0", 1363896240),
    ],
)
def test_other_forms_of_the_standard_are_read(content: str, value: Any) -> None:
    """RFC 8949's, which other SDKs write."""
    assert read_cbor(bytes.fromhex(content)) == value


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "premature end"),
        ("bf6161", "premature end"),
        ("9bffffffffffffffff", "premature end"),
        ("5bffffffffffffffff", "premature end"),
        ("a1010203", "text string"),
        ("a1414103", "no text"),
        ("7f4161ff", "non-text string"),
        ("c16161", "no number of seconds"),
        ("bf6161ff", "missing value"),
        ("ff", "break code"),
        ("82ff00", "break code"),
        ("f8ff", "unknown kind"),
        ("81e0", "unknown kind"),
        ("1f", "indefinite length"),
        ("0000", "follows"),
        ("61ff", "text string"),
        ("81" * 40, "nesting depth"),
        ("c1" * 40 + "00", "nesting depth"),
    ],
)
def test_what_is_none_is_said(content: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_cbor(bytes.fromhex(content))


@pytest.mark.parametrize(
    "tag", [0, *range(2, 6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 1004, 43000, 55799]
)
def test_tags_are_refused_unread(tag: int) -> None:
    """Those that the library knows: a body could ask for work by them, or for values within themselves."""
    with pytest.raises(ValueError, match=f"tag {tag} is none of a time"):
        read_cbor(bytes([0xD9]) + tag.to_bytes(2))


@given(content=st.binary(max_size=40))
def test_anything_else_is_a_fault_of_the_body(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_cbor(content)


@pytest.mark.parametrize("content", [b"{}", b"\x80", b"\xff", b"\xa1\x64Text\x01", b""])
async def test_a_body_that_is_none_is_refused_in_its_form(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post(CBOR_PATH, content=content)
    assert answer.status_code == 400
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert answer.headers["content-type"] == "application/cbor"
    said = read_by_botocore(answer.content)
    assert said["__type"] == "com.amazonaws.translate#InvalidRequestException"
    assert said["Message"]
