"""A dedicated model's answers, over replicas that go away in the middle of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from crosslate.models.engine.request import FinishReason, GenerationOutput, GenerationRequest, Hypothesis
from crosslate.models.errors import EngineUnavailableError, QueueFullError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray.exceptions import RayActorError, RayTaskError
    from ray.serve._private.common import DeploymentID
    from ray.serve.exceptions import DeploymentUnavailableError

    from crosslate.service.deployment.remote_engine import RemoteEngine

REQUEST = GenerationRequest(source_ids=[1])
GONE = RayActorError()


def output(*token_ids: int) -> GenerationOutput:
    hypothesis = Hypothesis(token_ids=list(token_ids), score=0.0, finish_reason=FinishReason.STOP)
    return GenerationOutput(request_id=1, finish_reason=FinishReason.STOP, hypotheses=(hypothesis,))


Script = Sequence[list[int] | GenerationOutput | Exception]


class Replicas:
    """A handle: each call is answered by the next of the scripts."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.answers: list[Answer] = []

    def options(self, *, stream: bool) -> Replicas:
        assert stream
        return self

    @property
    def stream(self) -> Replicas:
        return self

    def remote(self, request: GenerationRequest, timeout_s: float | None) -> Answer:
        assert request is REQUEST
        self.answers.append(Answer(self.scripts[len(self.answers)]))
        return self.answers[-1]

    async def read(self) -> Iterator[list[int] | GenerationOutput]:
        engine = RemoteEngine(cast("Any", self))
        return iter([item async for item in engine.stream(REQUEST)])


class Answer:
    def __init__(self, script: Script) -> None:
        self._script = iter(script)
        self.is_cancelled = False

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> list[int] | GenerationOutput:
        item = next(self._script, None)
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, Exception):
            raise item
        return item

    def cancel(self) -> None:
        self.is_cancelled = True


@pytest.mark.parametrize(
    "scripts",
    [
        [[[5], [6, 7], [8], output(5, 6, 7, 8)]],
        [[GONE], [[5], [6, 7, 8], output(5, 6, 7, 8)]],
        [[[5], [6], GONE], [[5], [6, 7], [8], output(5, 6, 7, 8)]],
        [[[5, 6], [7, 8], GONE], [[5, 6, 7, 8], output(5, 6, 7, 8)]],
        [[[5, 6, 7], GONE], [[5], GONE], [[5], [6], [7], [8], output(5, 6, 7, 8)]],
    ],
)
async def test_a_stream_goes_on_where_it_was(scripts: list[Script]) -> None:
    replicas = Replicas(*scripts)
    *tokens, last = await replicas.read()
    assert [token for item in tokens for token in cast("list[int]", item)] == [5, 6, 7, 8]
    assert all(tokens), "nothing empty"
    assert isinstance(last, GenerationOutput)
    assert last.token_ids == [5, 6, 7, 8]
    assert len(replicas.answers) == len(scripts)
    assert all(answer.is_cancelled for answer in replicas.answers)


@pytest.mark.parametrize(
    "second",
    [
        [[5], [9], output(5, 9)],
        [[5, 9, 9], output(5, 9, 9)],
        [[5], output(5)],
        [output()],
    ],
)
async def test_what_comes_to_something_else_is_no_continuation(second: Script) -> None:
    """As sampling without a seed does: a text must not change its mind in the middle."""
    replicas = Replicas([[5], [6], GONE], second)
    with pytest.raises(EngineUnavailableError):
        await replicas.read()
    assert all(answer.is_cancelled for answer in replicas.answers)


async def test_a_request_that_ends_its_replicas_ends_three_at_most() -> None:
    script: Script = [[5], GONE]
    replicas = Replicas(*[script] * 9)
    with pytest.raises(EngineUnavailableError):
        await replicas.read()
    assert len(replicas.answers) == 3


async def test_a_refusal_is_not_tried_again() -> None:
    refusal = RayTaskError("stream", "", QueueFullError(3, 1.0))  # type: ignore[no-untyped-call]
    replicas = Replicas([[5], GONE], [refusal])
    with pytest.raises(QueueFullError):
        await replicas.read()
    assert len(replicas.answers) == 2


GONE_FOR_GOOD = DeploymentUnavailableError(DeploymentID(name="starter--pt-en"))


class NoDeployment:
    """A handle of what Serve has taken away; it may be said in the call, or in its answer."""

    def options(self, *, stream: bool) -> NoDeployment:
        return self

    @property
    def stream(self) -> NoDeployment:
        return self

    generate = align = stream

    def remote(self, *arguments: object) -> object:
        raise GONE_FOR_GOOD


@pytest.mark.parametrize("handle", [Replicas([GONE_FOR_GOOD]), NoDeployment()])
async def test_a_model_that_was_taken_away_is_one_to_ask_for_again(
    handle: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """`serve deploy` without it ends it at once, and gateways that know it answer for a while yet."""
    with pytest.raises(EngineUnavailableError):
        [item async for item in RemoteEngine(handle).stream(REQUEST)]
    if isinstance(handle, NoDeployment):
        with pytest.raises(EngineUnavailableError):
            await RemoteEngine(cast("Any", handle)).generate(REQUEST)
    assert not caplog.records, "nothing has failed"
