"""What comes of a document's end that the database has, and nobody has heard of."""

from __future__ import annotations

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.types import TranslationResult
from crosslate.service.store.database import StoreError
from tests.service.documents.jobs.places import Gate, Place, submitted, until_told


@pytest.mark.parametrize(("end", "state"), [("finish", "done"), ("fail", "failed")])
async def test_an_end_whose_answer_is_lost_is_told_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch, end: str, state: str
) -> None:
    """The database has it, and its connection ends before it has said so."""
    monkeypatch.setattr("crosslate.service.documents.jobs.worker._BUSY_WAIT_S", 0.01)
    jobs, commit = place.jobs(), getattr(place.store, end)
    answers: list[bool] = []

    def lose_the_first(*arguments: str) -> bool:
        answers.append(commit(*arguments))
        if len(answers) == 1:
            raise StoreError("the connection was closed")
        return answers[-1]

    monkeypatch.setattr(place.store, end, lose_the_first)
    translator = Gate(1000)
    if state == "failed":
        monkeypatch.setattr(translator, "translate_all", refusing)
    ticket = await submitted(jobs)
    place.work(jobs, translator)
    await until_told(place, state)
    assert (await jobs.status(ticket, None)).state == state
    assert answers == [True, True]


async def refusing(requests: object, allowance: object) -> list[TranslationResult]:
    raise ServiceError("model_not_found", "The model is not served any more.")
