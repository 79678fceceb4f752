"""Pictures beside everything else that a process does: one at a time, in a thread of their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.render import ImageFormat, draw_alignment
from crosslate.service.pipeline.types import AlignmentMethod, AlignmentResult

_METHOD = AlignmentMethod(layer=None, heads=None, row="output", symmetric=False)
_BLANK = AlignmentResult(
    unit="codepoint",
    method=_METHOD,
    links=[],
    source_words=[(0, 1)],
    target_words=[(0, 1)],
    pharaoh="",
    sink_mass=[0.0],
)


class PictureThread:
    """Matplotlib draws one picture at a time: those that wait hold no thread that others need.

    A picture nobody waits for any more, because its client left or its time is over, is not begun.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")

    async def warm_up(self) -> None:
        """Import Matplotlib and read its fonts: some seconds that no request then waits for."""
        for image_format in ("png", "svg"):
            await self.draw(_BLANK, "a", "a", image_format, timeout_s=None)

    async def draw(
        self,
        result: AlignmentResult,
        source: str,
        target: str,
        image_format: ImageFormat,
        timeout_s: float | None,
    ) -> bytes:
        """As `draw_alignment`. Raises `ServiceError` 504 `timeout` when it takes longer, waiting included."""
        call = asyncio.get_running_loop().run_in_executor(
            self._thread, draw_alignment, result, source, target, image_format
        )
        try:
            async with asyncio.timeout(timeout_s):
                return await call
        except TimeoutError:
            raise ServiceError(
                "timeout", "The picture was not drawn within timeout_s. Allow more time, or ask for JSON."
            ) from None
