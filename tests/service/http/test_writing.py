"""Large answers are written beside the event loop, and come out as small ones do."""

from __future__ import annotations

import base64
import threading
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import BaseModel

from crosslate.models.arrays import FloatArray
from crosslate.service.http import responses, writing
from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.http.responses import MatrixAnswer
from crosslate.service.http.writing import base64_of, json_of
from tests.service.http.fakes import MODEL_ID, Service, create_service

SHAPES = arrays.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5)
MATRICES = arrays.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=16))


@given(matrix=MATRICES, step=st.sampled_from([3, 6, 3 * 2**16]))
def test_base64_is_the_same_in_steps_and_at_once(matrix: FloatArray, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_STEP", step)
        assert base64_of(matrix) == base64.b64encode(matrix.astype("<f2").tobytes()).decode()
        assert base64_of(matrix.T) == base64.b64encode(matrix.T.astype("<f2").tobytes()).decode()


class Page(BaseModel):
    """As alignments stand in an answer, among texts of whoever sent them."""

    text: str
    matrices: list[MatrixAnswer]
    after: str


@given(matrices=st.lists(MATRICES, max_size=3), text=st.text(), step=st.sampled_from([3, 3 * 2**16]))
def test_what_is_left_out_is_put_in_again(matrices: list[FloatArray], text: str, step: int) -> None:
    page = Page.model_validate({"text": text, "matrices": matrices, "after": text})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "_STEP", step)
        assert json_of(page) == page.model_dump_json().encode()
        assert json_of([{"page": page}]) == b'[{"page":' + json_of(page) + b"}]"


@pytest.fixture
async def service() -> Service:
    return create_service(dialects=DIALECTS)


LONG = "word " * 2000
ASKED: dict[str, Any] = {
    "/v1/align": {"source": LONG, "target": "x", "source_lang": "en", "target_lang": "pt"},
    "/v1/translate": {"text": LONG, "target_lang": "pt"},
    f"/hf/{MODEL_ID}": {"inputs": LONG, "parameters": {"alignment": "matrix"}},
}


@pytest.mark.parametrize("is_long", [True, False])
@pytest.mark.parametrize(
    ("path", "more"), [*((path, {}) for path in ASKED), ("/v1/translate", {"stream": True})]
)
async def test_what_is_large_is_written_in_a_thread_of_its_own(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, more: dict[str, Any], is_long: bool
) -> None:
    threads: list[str] = []

    def recorded(matrix: FloatArray) -> str:
        threads.append(threading.current_thread().name)
        return base64_of(matrix)

    monkeypatch.setattr(responses, "base64_of", recorded)
    body = {**ASKED[path], **more} | ({} if path.startswith("/hf/") else {"alignment": "matrix"})
    if not is_long:
        body = {name: "cat" if value == LONG else value for name, value in body.items()}
    answer = await client.post(path, json=body)
    assert (answer.status_code, "float16" in answer.text) == (200, True)
    assert {name.partition("_")[0] for name in threads} == {"text" if is_long else "MainThread"}
