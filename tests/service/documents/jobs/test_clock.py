"""What comes of documents when the clock is set: leases and times are seconds since 1970."""

from __future__ import annotations

import asyncio

import pytest

from crosslate.service.documents.jobs.worker import LEASE_S
from tests.service.documents.jobs.places import Gate, Place, submitted, until


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_a_document_whose_worker_is_gone_does_not_wait_for_the_clock(
    place: Place, seconds: float
) -> None:
    """Killed, and the clock set before the lease has ended."""
    jobs = place.jobs()
    ticket = await submitted(jobs)
    now = place.clock.time
    assert place.store.claim("killed", now, now + LEASE_S)
    place.clock.time += seconds
    place.work(jobs, Gate(1000))
    await until(jobs, ticket, "done")


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_a_document_that_is_worked_on_is_done_once(place: Place, seconds: float) -> None:
    jobs, gate = place.jobs(), Gate(0)
    ticket = await submitted(jobs)
    place.work(jobs, gate)
    await asyncio.wait_for(gate.is_waiting.wait(), 120)
    place.clock.time += seconds
    gate.opened.set()
    await until(jobs, ticket, "done")
    assert place.ended == ["done"]
    assert (await jobs.status(ticket, None)).seconds >= 0


async def test_clocks_that_differ_take_no_document_from_whoever_works_on_it(place: Place) -> None:
    ticket = await submitted(place.jobs())
    now = place.clock.time
    ahead = place.store.claim("ahead", now + LEASE_S / 2, now + LEASE_S * 1.5)
    assert ahead is not None
    assert ahead.id == ticket.id
    assert place.store.claim("behind", now, now + LEASE_S) is None


async def test_what_is_put_off_does_not_wait_for_the_clock(place: Place) -> None:
    ticket = await submitted(place.jobs())
    now = place.clock.time
    assert place.store.claim("one", now, now + LEASE_S)
    place.store.put_off(ticket.id, "one", now + 15)
    assert place.store.claim("other", now, now + LEASE_S) is None
    earlier = now - 3600
    assert place.store.claim("other", earlier, earlier + LEASE_S)
