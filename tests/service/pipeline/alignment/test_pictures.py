from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment import pictures
from crosslate.service.pipeline.alignment.pictures import PictureThread
from crosslate.service.pipeline.alignment.render import ImageFormat
from crosslate.service.pipeline.types import AlignmentMethod, AlignmentResult

RESULT = AlignmentResult(
    unit="codepoint",
    method=AlignmentMethod(layer=0, heads=None, row="output", symmetric=False),
    links=[],
    source_words=[(0, 1)],
    target_words=[(0, 1)],
    pharaoh="",
    sink_mass=[0.0],
)


class SlowDrawing:
    """Draws nothing before it may; keeps whose turn it was."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.drawn: list[str] = []
        self.threads: set[int] = set()

    def __call__(self, _: AlignmentResult, source: str, target: str, image_format: ImageFormat) -> bytes:
        self.drawn.append(source)
        self.threads.add(threading.get_ident())
        assert self.may_end.wait(60)
        return source.encode()


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> SlowDrawing:
    drawing = SlowDrawing()
    monkeypatch.setattr(pictures, "draw_alignment", drawing)
    return drawing


async def test_pictures_are_drawn_one_by_one_in_one_thread(drawing: SlowDrawing) -> None:
    thread = PictureThread()
    calls = [asyncio.create_task(thread.draw(RESULT, name, "", "png", timeout_s=60)) for name in "abc"]
    while not drawing.drawn:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    assert drawing.drawn == ["a"]
    drawing.may_end.set()
    assert await asyncio.gather(*calls) == [b"a", b"b", b"c"]
    assert len(drawing.threads) == 1


async def test_nothing_is_drawn_for_those_who_have_left_or_whose_time_is_over(drawing: SlowDrawing) -> None:
    thread = PictureThread()
    first = asyncio.create_task(thread.draw(RESULT, "a", "", "png", timeout_s=60))
    gone = asyncio.create_task(thread.draw(RESULT, "gone", "", "png", timeout_s=60))
    await asyncio.sleep(0)
    with pytest.raises(ServiceError) as raised:
        await thread.draw(RESULT, "late", "", "png", timeout_s=0.001)
    assert (raised.value.status, raised.value.code) == (504, "timeout")
    gone.cancel()
    await asyncio.wait([gone])
    drawing.may_end.set()
    assert await first == b"a"
    assert await thread.draw(RESULT, "b", "", "png", timeout_s=60) == b"b"
    assert drawing.drawn == ["a", "b"]


def test_after_the_warm_up_nothing_is_left_to_import() -> None:
    script = """
import asyncio, sys
from crosslate.service.pipeline.alignment.pictures import PictureThread
from tests.service.pipeline.alignment.test_pictures import RESULT
thread = PictureThread()
asyncio.run(thread.warm_up())
assert "matplotlib.pyplot" not in sys.modules
before = set(sys.modules)
for form in ("png", "svg"):
    asyncio.run(thread.draw(RESULT, "a", "b", form, timeout_s=None))
print(*set(sys.modules) - before)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("", "")
