"""Documents of APIs that answer a file by one request: it waits until the file is translated."""

from __future__ import annotations

import asyncio
import contextlib

from crosslate.service.documents.jobs.jobs import DocumentStatus
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import ServiceError
from crosslate.service.http.services import Services

_LOOK_EVERY_S = 0.1


async def wait_for_document(services: Services, ticket: Ticket) -> DocumentStatus:
    """Wait as long as for any request; one that fails, takes longer, or that nobody waits for, is deleted.

    Returns:
        What is told of it once it is done.

    Raises:
        ServiceError: it failed, or was not finished within `limits.max_timeout_s`.
    """
    jobs = await services.documents.jobs()
    owner, limit_s = await jobs.owner(ticket), services.settings.limits.max_timeout_s
    try:
        async with asyncio.timeout(limit_s):
            while (status := await jobs.status(ticket, owner)).state not in {"done", "failed"}:
                await asyncio.sleep(_LOOK_EVERY_S)
        if status.state == "failed":
            await jobs.result(ticket, owner)  # raises what was wrong
    except TimeoutError:
        await jobs.delete(ticket, owner)
        raise ServiceError(
            "timeout",
            f"The file was not translated within {limit_s:g} s (limits.max_timeout_s): send it in parts.",
        ) from None
    except (asyncio.CancelledError, ServiceError):
        with contextlib.suppress(ServiceError):  # where the store is away, it goes after `documents.keep_s`
            await jobs.delete(ticket, owner)
        raise
    return status
