"""What comes of a document's end that the database has, and nobody has heard of."""

from __future__ import annotations

from typing import Any

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.types import TranslationResult
from crosslate.service.store.database import StoreError
from tests.service.documents.jobs.places import Gate, Place, submitted, until_told

_LOST = 5


@pytest.mark.parametrize(("end", "state"), [("finish", "done"), ("fail", "failed")])
async def test_an_end_whose_answer_is_lost_is_told_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch, end: str, state: str
) -> None:
    """The database has it, its connection ends before it has said so, and then it is away for a while."""
    for name in ("_BUSY_WAIT_S", "_RENEW_EVERY_S"):
        monkeypatch.setattr(f"crosslate.service.documents.jobs.worker.{name}", 0.01)
    jobs, commit, renew = place.jobs(), getattr(place.store, end), place.store.renew
    answers: list[bool] = []
    renewals: list[bool] = []

    def lose_the_first(*arguments: str) -> bool:
        answers.append(commit(*arguments))
        if len(answers) <= _LOST or not any(renewals):
            raise StoreError("the connection was closed")
        return answers[-1]

    def renew_after_the_end(*arguments: Any) -> bool:
        is_mine = renew(*arguments)
        if answers:
            renewals.append(is_mine)
        return is_mine

    monkeypatch.setattr(place.store, end, lose_the_first)
    monkeypatch.setattr(place.store, "renew", renew_after_the_end)
    translator = Gate(1000)
    if state == "failed":
        monkeypatch.setattr(translator, "translate_all", refusing)
    ticket = await submitted(jobs)
    place.work(jobs, translator)
    await until_told(place, state)
    assert (await jobs.status(ticket, None)).state == state
    assert len(answers) > _LOST
    assert all(answers)
    assert all(renewals), "the lease is not lost meanwhile"


async def refusing(requests: object, allowance: object) -> list[TranslationResult]:
    raise ServiceError("model_not_found", "The model is not served any more.")
